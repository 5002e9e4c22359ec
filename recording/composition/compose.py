"""From a capture folder to a finished video: `compose`.

    video.mp4                   H.264 and AAC, 1280x720 at 30 pictures a second, plays while it loads; a further track
                                for each language that was captured
    hls/master.m3u8             the same in 720p and 360p, in segments; a rendition for each language
    poster.jpg                  1280x720
    sprite.jpg, sprite.vtt      thumbnails of 160x90 for who looks for a place
    chapters.vtt, .json         who came and what was shared
    result.json                 `recording.composition.result.Result`; written last

Work in progress is in the folder `work` beside them. A run that was killed goes on there. The same capture, look and
times give the same bytes.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import msgspec

from recording.composition.draw import drawing
from recording.composition.draw.pictures import FPS, tick_of
from recording.composition.draw.render import shots
from recording.composition.draw.scenes import scenes
from recording.composition.read.levels import speakers
from recording.composition.read.picture_size import MAX_PIXELS
from recording.composition.read.timeline import replay
from recording.composition.read.tracks import VideoTrack, open_capture
from recording.composition.result import VERSION, Result, ShownPeer
from recording.composition.write import chapters, passthrough
from recording.composition.write.audio import mix
from recording.composition.write.encode import HIGH, LADDER, LOW
from recording.composition.write.memory import keep_freed
from recording.composition.write.packaging import Pictures, Sound, write_hls, write_mp4
from recording.composition.write.parts import Parts
from recording.composition.write.sound import encode_sound
from recording.composition.write.stills import poster_tick, write_poster, write_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from recording.composition.draw.look import Look
    from recording.composition.draw.render import Shot
    from recording.composition.draw.scenes import Scene
    from recording.composition.read.tracks import AudioTrack, CaptureFiles

# What of the whole is done when all pictures are, and when the files are together.
PICTURES_DONE: Final = 0.92
FILES_DONE: Final = 0.98


class CompositionError(Exception):
    """A capture can't become a video."""


class NothingCaptured(CompositionError):
    """Nobody sent anything in the time that is asked for, or it has no length."""


def compose(
    capture_folder: Path,
    output_folder: Path,
    *,
    from_s: float = 0.0,
    to_s: float | None = None,
    look: Look,
    max_pixels: int = MAX_PIXELS,
    progress: Callable[[float], None] = lambda _done: None,
) -> Result:
    """Make a video of a capture, or of its part between two times in s; `progress` hears from 0 to 1.

    Pictures that somebody sent and that have more than `max_pixels` are left out.

    Raises `NothingCaptured`, and `recording.composition.read.tracks.UnreadableCapture` for a folder that is no capture.
    """
    keep_freed()
    capture = open_capture(capture_folder, max_pixels)
    to_s = capture.duration_s if to_s is None else min(to_s, capture.duration_s)
    ticks = tick_of(to_s, from_s)
    if ticks <= 0 or not any(track.to_s > from_s and track.from_s < to_s for track in capture.tracks.values()):
        raise NothingCaptured(f"Nothing was captured between {from_s:.3f} and {to_s:.3f} s.")
    return _Composition(capture, output_folder, from_s, ticks, look, progress).run()


class _Composition:
    def __init__(
        self,
        capture: CaptureFiles,
        output: Path,
        from_s: float,
        ticks: int,
        look: Look,
        progress: Callable[[float], None],
    ) -> None:
        self._capture = capture
        self._output = output
        self._work = output / "work"
        self._from_s = from_s
        self._duration_s = ticks / FPS
        self._to_s = from_s + self._duration_s
        self._look = look
        self._tell = progress
        self._told = 0.0

    def run(self) -> Result:
        """Do what isn't done yet."""
        self._begin()
        moments = replay(self._capture.timeline, self._capture.started_at_ms)
        seen = scenes(moments, speakers(self._capture.audio_tracks), self._from_s, self._to_s)
        sounds = _Sounds(self._capture, self._from_s, self._to_s, self._work)
        try:
            drawn = shots(seen, bar=0 if self._look.is_plain else drawing.BAR)
            ladder = self._pictures(drawn)
        finally:
            sounds.join()
        high, low = ladder
        write_mp4(high, sounds.made, self._work / "video.mp4")
        shutil.rmtree(self._work / "hls", ignore_errors=True)
        write_hls(ladder, sounds.made, self._work / "hls")
        self._progress(FILES_DONE)
        write_poster(high, poster_tick(drawn) / FPS, self._work / "poster.jpg")
        write_sheet(low, self._duration_s, self._work / "sprite.jpg", self._work / "sprite.vtt")
        self._write_chapters(seen)
        result = self._finish(_peers(seen))
        self._progress(1.0)
        return result

    def _begin(self) -> None:
        """Make the folder for the work, without what was done for another video."""
        mark = self._work / "input"
        identity = self._identity()
        if not mark.exists() or mark.read_text(encoding="utf-8") != identity:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work.mkdir(parents=True)
            mark.write_text(identity, encoding="utf-8")

    def _identity(self) -> str:
        """Changes with all of which the video is made."""
        folder = self._capture.folder
        files = [folder / "timeline.jsonl", *sorted((folder / "tracks").glob("*.rtpdump"))]
        sizes = [(path.name, path.stat().st_size) for path in files if path.exists()]
        told = (VERSION, self._capture.started_at_ms, sizes, self._from_s, self._to_s, self._look.name)
        return hashlib.sha256(msgspec.json.encode(told) + (self._look.logo or b"")).hexdigest()

    def _pictures(self, drawn: Sequence[Shot]) -> tuple[Pictures, Pictures]:
        """The ladder's sizes, the larger one first."""
        tracks = {number: track for number, track in self._capture.tracks.items() if isinstance(track, VideoTrack)}

        def progress(done: float) -> None:
            self._progress(done * PICTURES_DONE)

        camera = tracks.get(passthrough.only_camera(drawn) or 0)
        if camera is None or not passthrough.playable(camera, self._from_s, self._to_s):
            parts = Parts(self._work / "parts", drawn, LADDER)
            parts.make(tracks, self._look, self._from_s, progress)
            return parts.pictures(HIGH), parts.pictures(LOW)
        whole = self._work / f"{HIGH.name}.mp4"
        passthrough.copy(camera.encoded(self._from_s, self._to_s), self._from_s, self._to_s, whole)
        parts = Parts(self._work / "parts", passthrough.bare(drawn), (LOW,))
        parts.make(tracks, self._look, self._from_s, progress)
        return Pictures(HIGH, [(whole, Fraction(0))]), parts.pictures(LOW)

    def _write_chapters(self, seen: Sequence[Scene]) -> None:
        found = chapters.chapters(seen)
        (self._work / "chapters.vtt").write_text(chapters.to_vtt(found), encoding="utf-8")
        (self._work / "chapters.json").write_bytes(msgspec.json.encode(chapters.to_json(found)))

    def _finish(self, peers: list[ShownPeer]) -> Result:
        """Put what was made into its place, `result.json` at last."""
        size = (self._work / "video.mp4").stat().st_size
        result = Result(self._duration_s, HIGH.width, HIGH.height, size, peers)
        shutil.rmtree(self._output / "hls", ignore_errors=True)
        names = ("video.mp4", "hls", "poster.jpg", "sprite.jpg", "sprite.vtt", "chapters.vtt", "chapters.json")
        for name in names:
            (self._work / name).rename(self._output / name)
        (self._work / "result.json").write_bytes(msgspec.json.encode(result))
        (self._work / "result.json").rename(self._output / "result.json")
        shutil.rmtree(self._work)
        return result

    def _progress(self, done: float) -> None:
        if done > self._told:
            self._told = done
            self._tell(done)


class _Sounds:
    """The original and each language, made one after the other in a thread beside the pictures unless they are there.

    All begin with the video and last as long; where nobody interprets, a language is silent.
    """

    def __init__(self, capture: CaptureFiles, from_s: float, to_s: float, folder: Path) -> None:
        self._from_s, self._to_s = from_s, to_s
        tracks: dict[Sound, Sequence[AudioTrack]] = {Sound(folder / "sound.mp4"): capture.audio_tracks}
        for number, channel in enumerate(capture.channels(from_s, to_s), 1):
            tracks[Sound(folder / f"sound{number}.mp4", channel.language, channel.name)] = channel.tracks
        self.made = list(tracks)
        self._failed: Exception | None = None
        missing = {sound: heard for sound, heard in tracks.items() if not sound.path.exists()}
        self._thread = threading.Thread(target=self._make, args=(missing,), name="sound", daemon=True)
        if missing:
            self._thread.start()

    def join(self) -> None:
        """Wait for them. Raises what went wrong."""
        if self._thread.ident is not None:
            self._thread.join()
        if self._failed is not None:
            raise self._failed

    def _make(self, missing: Mapping[Sound, Sequence[AudioTrack]]) -> None:
        try:
            for sound, tracks in missing.items():
                draft = sound.path.with_suffix(".new")
                encode_sound(mix(tracks, self._from_s, self._to_s), draft)
                draft.rename(sound.path)
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self._failed = error


def _peers(seen: Sequence[Scene]) -> list[ShownPeer]:
    names: dict[str, str] = {}
    for scene in seen:
        names.update({tile.peer_id: tile.name for tile in scene.tiles if tile.source == "camera"})
    return [ShownPeer(peer_id, name) for peer_id, name in names.items()]
