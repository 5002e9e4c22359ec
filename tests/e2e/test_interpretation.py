"""Interpreters speak into channels of their languages: who hears what, by the frequency and the level of tones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import av
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.administrator import run_in
from tests.e2e.participant import wait_for
from tests.e2e.recordings import captures, finished_video, moderate, timeline
from tests.e2e.tones import (
    FLOOR,
    FRENCH,
    GERMAN,
    SECOND_GERMAN,
    SOFT_DB,
    TOLERANCE_DB,
    TONES,
    UKRAINIAN,
    choose,
    hears,
    interpret,
    languages,
    levels,
    never_hears,
    speaker,
    token,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

# The four people of a recorded meeting.
SPEAKERS: Final = {"Mona": FLOOR, "Ivo": GERMAN, "Ida": SECOND_GERMAN, "Uwe": UKRAINIAN}
STRETCH_MS: Final = 5000
RATE: Final = 48_000
RECORD: Final = """
import sys
from meet.accounts.hosts import default_account
account = default_account()
account.record_interpretation = sys.argv[1] == "on"
account.save()
"""


def softened(person: Participant, full_db: float, *interpreted: int) -> dict[int, float]:
    """Wait until somebody hears these beside the original, which is softer than it was."""

    def soft() -> dict[int, float] | None:
        heard = levels(person)
        return heard if set(heard) == {FLOOR, *interpreted} and heard[FLOOR] < full_db - 10 else None

    wait_for(soft, message=f"{person} should hear {interpreted} and the original softly.")
    return hears(person, FLOOR, *interpreted)


def test_a_language_is_heard_by_who_chooses_it_and_the_original_softly(participant: MakeParticipant, room: str) -> None:
    flo, ivo, lea = speaker(participant, "Flo", FLOOR), speaker(participant, "Ivo", GERMAN), speaker(participant, "Lea")
    flo.join(room)
    lea.join(room)
    full = hears(lea, FLOOR)
    expect(lea.button("toggle-language")).to_have_count(0)
    interpret(ivo, room, "de")
    expect(lea.button("toggle-language")).to_be_visible()
    never_hears(lea, GERMAN, seconds=1)

    lea.page.evaluate("__watchVolumes()")
    choose(lea, "de")
    both = softened(lea, full[FLOOR], GERMAN)
    assert both[GERMAN] == pytest.approx(full[FLOOR], abs=TOLERANCE_DB)
    assert both[FLOOR] - full[FLOOR] == pytest.approx(SOFT_DB, abs=TOLERANCE_DB)
    volumes = lea.page.evaluate("__volumes()")
    assert volumes == sorted(volumes, reverse=True)
    assert volumes[-1] == pytest.approx(0.15)

    choose(lea, "")
    assert hears(lea, FLOOR)[FLOOR] == pytest.approx(full[FLOOR], abs=TOLERANCE_DB)
    assert set(hears(flo)) == set()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_each_hears_what_they_have_chosen_relays_and_viewers_too(participant: MakeParticipant, room: str) -> None:
    flo, lea, vic = speaker(participant, "Flo", FLOOR), speaker(participant, "Lea"), speaker(participant, "Vic")
    ivo, uwe, fay = (speaker(participant, *one) for one in (("Ivo", GERMAN), ("Uwe", UKRAINIAN), ("Fay", FRENCH)))
    flo.join(room, "webinar", itisparticipant="true")
    lea.join(room, "webinar", itisparticipant="true", interpretation="uk")
    vic.join(room, "webinar")
    full = hears(vic, FLOOR)[FLOOR]
    for interpreter, language in ((ivo, "de"), (uwe, "uk"), (fay, "fr")):
        interpret(interpreter, room, language, "webinar")

    softened(lea, full, UKRAINIAN)  # her link says so
    expect(lea.button("toggle-language")).to_have_attribute("data-language", "uk")
    assert languages(vic) == ["de", "uk", "fr"]
    never_hears(vic, GERMAN, UKRAINIAN, FRENCH)
    choose(vic, "de")
    softened(vic, full, GERMAN)
    choose(vic, "fr")
    softened(vic, full, FRENCH)
    choose(lea, "")
    assert hears(lea, FLOOR)[FLOOR] == pytest.approx(full, abs=TOLERANCE_DB)

    # Interpreters hear the original, and one of them the German of another one instead, to interpret from it
    for interpreter in (ivo, fay):
        hears(interpreter, FLOOR)
    choose(uwe, "de")
    wait_for(lambda: GERMAN in (heard := levels(uwe)) and heard.get(FLOOR, -99) < full - 10)
    hears(ivo, FLOOR)
    hears(flo)
    for interpreter in (ivo, uwe, fay):
        expect(flo.tile(interpreter)).to_have_count(0)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_two_interpreters_speak_together_and_in_turn(participant: MakeParticipant, room: str) -> None:
    flo, lea = speaker(participant, "Flo", FLOOR), speaker(participant, "Lea")
    ivo, ida = speaker(participant, "Ivo", GERMAN), speaker(participant, "Ida", SECOND_GERMAN)
    flo.join(room)
    lea.join(room)
    full = hears(lea, FLOOR)[FLOOR]
    for interpreter in (ivo, ida):
        interpret(interpreter, room, "de")
    expect(lea.button("toggle-language")).to_be_visible()
    choose(lea, "de")
    together = softened(lea, full, GERMAN, SECOND_GERMAN)
    assert together[GERMAN] == pytest.approx(together[SECOND_GERMAN], abs=TOLERANCE_DB)

    ida.button("toggle-mic").click()
    softened(lea, full, GERMAN)
    ivo.button("toggle-mic").click()
    # Nobody interprets: the original is loud again
    wait_for(lambda: levels(lea).get(FLOOR, -99) > full - TOLERANCE_DB)
    hears(lea, FLOOR)
    ida.button("toggle-mic").click()
    softened(lea, full, SECOND_GERMAN)
    hears(ivo, FLOOR)  # one's partner is not played, unless one wants that


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_language_outlives_its_interpreter_for_thirty_seconds(participant: MakeParticipant, room: str) -> None:
    flo, lea, late = speaker(participant, "Flo", FLOOR), speaker(participant, "Lea"), speaker(participant, "Late")
    ivo, back = speaker(participant, "Ivo", GERMAN), speaker(participant, "Back", GERMAN)
    flo.join(room)
    lea.join(room)
    full = hears(lea, FLOOR)[FLOOR]
    interpret(ivo, room, "de")
    choose(lea, "de")
    softened(lea, full, GERMAN)

    ivo.button("leave").click()
    hears(lea, FLOOR)
    late.join(room)
    assert languages(late) == ["de"]  # it can be chosen, though nobody is there
    choose(late, "de")
    expect(late.button("toggle-language")).to_have_attribute("data-language", "de")
    interpret(back, room, "de")
    for listener in (lea, late):
        softened(listener, full, GERMAN)

    back.page.close()
    hears(lea, FLOOR)
    expect(lea.button("toggle-language")).to_have_attribute("data-language", "de")
    for listener in (lea, late):
        expect(listener.button("toggle-language")).to_have_count(0, timeout=60_000)
    assert hears(lea, FLOOR)[FLOOR] == pytest.approx(full, abs=TOLERANCE_DB)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_moderator_mutes_an_interpreter_and_turns_it_off(participant: MakeParticipant, room: str) -> None:
    mona, lea, ivo = (
        speaker(participant, "Mona", FLOOR),
        speaker(participant, "Lea"),
        speaker(participant, "Ivo", GERMAN),
    )
    mona.join(room, token=token(room, role="moderator"))
    lea.join(room)
    full = hears(lea, FLOOR)[FLOOR]
    interpret(ivo, room, "de")
    choose(lea, "de")
    softened(lea, full, GERMAN)
    mona.button("toggle-people").click()
    line = mona.page.locator(f'[data-testid=interpreter][data-peer-id="{ivo.peer_id}"]')
    expect(line).to_have_attribute("data-live", "true")
    line.get_by_test_id("person-menu").click()
    mona.button("stop-mic").click()
    expect(line).to_have_attribute("data-live", "false")
    hears(lea, FLOOR)
    ivo.button("toggle-mic").click()
    softened(lea, full, GERMAN)

    mona.button("interpretation-switch").click()
    expect(lea.button("toggle-language")).to_have_count(0)
    assert hears(lea, FLOOR)[FLOOR] == pytest.approx(full, abs=TOLERANCE_DB)
    mona.button("interpretation-switch").click()
    expect(lea.button("toggle-language")).to_be_visible()
    never_hears(lea, GERMAN)  # who had heard it was told, and chooses anew
    choose(lea, "de")
    softened(lea, full, GERMAN)

    line.get_by_test_id("person-menu").click()
    mona.button("kick").click()
    hears(lea, FLOOR)
    expect(line).to_have_count(0)


@pytest.mark.long
@pytest.mark.timeout(500)
def test_recordings_have_the_original_and_languages_where_the_account_wants_that(
    participant: MakeParticipant, room: str, server: Server
) -> None:
    without = recorded(participant, f"{room}a", server, 1)
    with av.open(str(without / "video.mp4")) as container:
        assert len(container.streams.audio) == 1
    assert tones_of(without / "video.mp4") == {FLOOR}
    assert "LANGUAGE" not in (without / "hls" / "master.m3u8").read_text()

    run_in(server, RECORD, "on")
    try:
        folder = recorded(participant, f"{room}b", server, len(SPEAKERS))
    finally:
        run_in(server, RECORD, "off")
    with av.open(str(folder / "video.mp4")) as container:
        assert [stream.language for stream in container.streams.audio] == ["und", "ukr", "deu"]  # as they began
    expected = [{FLOOR}, {UKRAINIAN}, {GERMAN, SECOND_GERMAN}]
    assert [tones_of(folder / "video.mp4", number) for number in range(3)] == expected
    master = (folder / "hls" / "master.m3u8").read_text(encoding="utf-8")
    assert re.findall(r'NAME="([^"]+)",LANGUAGE="([^"]+)"', master) == [("Українська", "uk"), ("Deutsch", "de")]
    assert [tones_of(folder / "hls" / f"audio{number}.m3u8") for number in ("", 1, 2)] == expected


def recorded(participant: MakeParticipant, room: str, server: Server, microphones: int) -> Path:
    """The video of some seconds in which all speak and interpret at once; so many microphones are written."""
    people = [speaker(participant, f"{name}{room[-1]}", tone) for name, tone in SPEAKERS.items()]
    mona, ivo, ida, uwe = people
    moderate(mona, room)
    interpret(uwe, room, "uk")
    mona.button("start-recording").click()
    expect(uwe.page.get_by_test_id("recording").first).to_be_attached()
    for interpreter in (ivo, ida):
        interpret(interpreter, room, "de")
    (folder,) = captures(server, room)

    def sounding() -> bool:
        started = [entry["trackStarted"] for entry in timeline(server, room) if "trackStarted" in entry]
        sizes = [(folder / "tracks" / f"{one['number']:04}.rtpdump") for one in started if one["kind"] == "audio"]
        return len(sizes) == microphones and all(path.exists() and path.stat().st_size > 2000 for path in sizes)

    wait_for(sounding, message=f"{microphones} microphones should be written.")
    mona.page.wait_for_timeout(STRETCH_MS)
    mona.button("stop-recording").click()
    expect(mona.button("recording")).to_have_count(0)
    for one in people:
        one.page.close()  # leaves the machine to the composer
    return finished_video(server, room, timeout_s=200).folder


def tones_of(path: Path, number: int = 0) -> set[int]:
    """What is heard in the last seconds of one of a file's sounds."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=number))
    part = np.concatenate([frame.to_ndarray()[0] for frame in frames])[-3 * RATE : -RATE]
    amplitudes = np.abs(np.fft.rfft(part * np.hanning(len(part)))) * 4 / len(part)
    return {tone for tone in TONES if amplitudes[tone * 2 - 4 : tone * 2 + 5].max() > 0.02}
