"""Parts of the Python SDK that need no server."""

from __future__ import annotations

import ast
import asyncio
import gc
import re
import sys
import tomllib
import weakref

import numpy as np
import pytest
from aiortc import (
    RTCCertificate,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceTransport,
    RTCRtpReceiver,
    RTCRtpSender,
)
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame as DecodedSound
from meet_participant import Behind, Camera, Feed, LinkInvalid, Microphone, TicketRefused
from meet_participant.capabilities import sending, supported
from meet_participant.endings import CURABLE_BY_TICKET, MAY_PASS, PASSING, after_close, delay_s, ended_by, is_curable
from meet_participant.errors import ConnectionLost, RequestRefused
from meet_participant.frames import Pieces
from meet_participant.links import read_link
from meet_participant.signalling import Closed, Connection
from meet_participant.sources import Lent, stereo
from meet_participant.transports import ESTIMATOR, NACKS, Estimator

from meet.config import PROJECT
from meet.management import python_types

SDK = PROJECT / "sdk" / "python"
ROUTER = {
    "codecs": [
        {"mimeType": "audio/opus", "kind": "audio", "clockRate": 48_000, "channels": 2, "preferredPayloadType": 111},
        {"mimeType": "video/VP8", "kind": "video", "clockRate": 90_000, "preferredPayloadType": 96,
         "rtcpFeedback": [{"type": "nack"}, {"type": "transport-cc"}, {"type": "goog-remb"}]},
        {"mimeType": "video/rtx", "kind": "video", "clockRate": 90_000, "preferredPayloadType": 97,
         "parameters": {"apt": 96}},
        {"mimeType": "video/AV1", "kind": "video", "clockRate": 90_000, "preferredPayloadType": 98},
        {"mimeType": "video/rtx", "kind": "video", "clockRate": 90_000, "preferredPayloadType": 99,
         "parameters": {"apt": 98}},
    ],
    "headerExtensions": [
        {"kind": "audio", "uri": "urn:ietf:params:rtp-hdrext:ssrc-audio-level", "preferredId": 1},
        {"kind": "video", "uri": "urn:3gpp:video-orientation", "preferredId": 2},
    ],
}  # fmt: skip


def test_what_goes_over_the_wire_is_up_to_date() -> None:
    assert python_types.TARGET.read_text(encoding="utf-8") == python_types.generate(), "run `make generate`"


def test_it_imports_nothing_that_it_does_not_name() -> None:
    """It is installed without the server."""
    project = tomllib.loads((SDK / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {line.partition(">")[0] for line in project["dependencies"]}
    for path in (SDK / "meet_participant").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 600 or path.name == "wire.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                top = module.partition(".")[0]
                assert top in named | {"meet_participant"} | set(sys.stdlib_module_names), f"{path.name}: {top}"


class TestLinks:
    def test_a_link_says_where_tickets_are_given(self) -> None:
        link = read_link("https://host/prefix/webinar/?roomId=a&token=x.y.z")
        assert (link.tickets_url, link.interface, link.query) == (
            "https://host/prefix/tickets/", "webinar", "roomId=a&token=x.y.z",
        )  # fmt: skip

    def test_a_name_that_is_given_counts(self) -> None:
        assert read_link("http://host/call?roomId=a&displayName=b", "c d").query == "roomId=a&displayName=c+d"

    @pytest.mark.parametrize(
        "link", ["", "team42", "ftp://host/call/?roomId=a", "https://host/?roomId=a", "https://host/call/"]
    )
    def test_what_is_no_link_is_told(self, link: str) -> None:
        with pytest.raises(LinkInvalid, match=r"\.$"):
            read_link(link)


class TestNegotiation:
    def test_opus_and_vp8_with_what_aiortc_can_do(self) -> None:
        ours = supported(ROUTER)  # type: ignore[arg-type]
        assert [codec["preferredPayloadType"] for codec in ours["codecs"]] == [111, 96, 97]
        assert ours["codecs"][1]["rtcpFeedback"] == [{"type": "nack"}, {"type": "goog-remb"}]
        assert [one["preferredId"] for one in ours["headerExtensions"]] == [1]

    def test_video_is_sent_with_a_stream_for_repairs(self) -> None:
        parameters = sending(supported(ROUTER), "video", "camera", 1, 2, "me")  # type: ignore[arg-type]
        assert [codec["payloadType"] for codec in parameters["codecs"]] == [96, 97]
        assert parameters["encodings"] == [{"ssrc": 1, "rtx": {"ssrc": 2}}]


class TestEndings:
    @pytest.mark.parametrize(
        ("file", "name", "ours"),
        [
            ("endings.ts", "PASSING: ReadonlySet<string>", MAY_PASS),
            ("reconnect.ts", "CURABLE_BY_TICKET", CURABLE_BY_TICKET),
            ("reconnect.ts", "PASSING", PASSING),
        ],
    )
    def test_it_is_the_policy_of_the_browsers_client(self, file: str, name: str, ours: frozenset[str]) -> None:
        text = (PROJECT / "sdk" / "js" / "src" / "room" / file).read_text(encoding="utf-8")
        (codes,) = re.findall(rf"const {name} = new Set\(\[(.*?)\]", text, re.DOTALL)
        assert set(re.findall(r'"(\w+)"', codes)) == ours

    @pytest.mark.parametrize(
        ("code", "reason"), [("kicked", "removed"), ("meetingEnded", "ended"), ("roomFull", "refused")]
    )
    def test_codes_have_the_reasons_of_the_bridge(self, code: str, reason: str) -> None:
        assert ended_by(code, "").reason == reason

    def test_a_server_that_goes_away_is_come_back_to(self) -> None:
        assert after_close(Closed(4001, {"code": "serverClosing", "message": ""})) is None
        assert after_close(Closed(1006, None)) is None
        assert after_close(Closed(4409, None)) is not None

    def test_only_what_may_pass_is_tried_again(self) -> None:
        assert is_curable(ConnectionLost(), 0)
        assert is_curable(RequestRefused("wrongNode", ""), 1)
        assert not is_curable(RequestRefused("wrongNode", ""), 5)
        assert not is_curable(RequestRefused("roomFull", ""), 0)
        busy = RequestRefused("serverBusy", "")
        assert [is_curable(busy, 1), is_curable(busy, 2), is_curable(busy, 4, back=True)] == [True, False, True]
        assert not is_curable(TicketRefused("tokenExpired", ""), 0)

    def test_waits_grow_to_a_limit(self) -> None:
        assert [delay_s(attempt, 1) for attempt in (0, 1, 20)] == [0.3, 0.6, 5.0]


class TestFeeds:
    async def test_the_oldest_go_and_it_can_be_told(self) -> None:
        feed: Feed[int] = Feed(2)
        feed.put_all([1, 2, 3])
        feed.close()
        assert [number async for number in feed] == [2, 3]
        strict: Feed[int] = Feed(1, Behind("Too slow."))
        strict.put_all([1, 2])
        with pytest.raises(Behind):
            await anext(strict)

    async def test_a_feed_that_nobody_holds_is_gone(self) -> None:
        feed: Feed[int] | None = Feed(2)
        held = weakref.ref(feed)
        feed = None
        gc.collect()
        assert held() is None


class TestSound:
    @pytest.mark.parametrize("samples", [480, 960, 1920, 2880])
    def test_it_comes_in_pieces_of_20_ms(self, samples: int) -> None:
        pieces = Pieces()
        wave = np.arange(samples * 2 * 4, dtype=np.int16)
        cut = []
        for number in range(4):
            part = wave[number * samples * 2 : (number + 1) * samples * 2].reshape(1, -1)
            cut += pieces.take(DecodedSound.from_ndarray(part, format="s16", layout="stereo"))
        assert {piece.shape for piece in cut} == {(960, 2)}
        assert np.array_equal(np.concatenate(cut).reshape(-1), wave[: len(cut) * 1920])

    def test_one_channel_and_floats_become_two_of_int16(self) -> None:
        assert stereo(np.array([0.5, -2.0])).tolist() == [[16383, 16383], [-32767, -32767]]
        assert stereo(np.array([[1], [2]], np.int16)).tolist() == [[1, 1], [2, 2]]
        for wrong in (np.zeros((2, 3), np.int16), np.zeros(4, np.int64)):
            with pytest.raises(ValueError, match=r"\.$"):
                stereo(wrong)

    async def test_what_is_written_is_sent_and_then_silence(self) -> None:
        microphone = Microphone()
        await microphone.write(np.full(1000, 7, np.int16))
        flushing = asyncio.create_task(microphone.flush())
        sent = [(await microphone.recv()).to_ndarray().reshape(-1, 2)[:, 0] for _ in range(3)]
        await flushing
        assert [int(np.count_nonzero(frame)) for frame in sent] == [960, 40, 0]

    async def test_so_much_is_taken_ahead_and_no_more(self) -> None:
        microphone = Microphone()
        writing = asyncio.create_task(microphone.write(np.ones(960 * 12, np.int16)))
        await asyncio.sleep(0)
        assert not writing.done()
        for _ in range(2):
            await microphone.recv()
        await writing
        microphone.clear()
        assert not (await microphone.recv()).to_ndarray().any()


async def test_a_camera_shows_the_last_picture_again_and_takes_no_other_shapes() -> None:
    camera = Camera()
    camera.show(np.full((2, 4, 3), 9, np.uint8))
    first, again = await camera.recv(), await camera.recv()
    assert (first.width, first.height) == (again.width, again.height) == (4, 2)
    assert (again.pts or 0) > (first.pts or 0)
    with pytest.raises(ValueError, match="even"):
        camera.show(np.zeros((3, 4, 3), np.uint8))


async def test_what_is_used_of_aiortc_beside_its_interface_is_there() -> None:
    ice = RTCIceTransport(RTCIceGatherer(iceServers=[]))
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    receiver, sender = RTCRtpReceiver("video", dtls), RTCRtpSender("video", dtls)
    assert vars(receiver).keys() >= {ESTIMATOR, NACKS, "_track"}
    assert vars(sender).keys() >= {"_ssrc", "_rtx_ssrc"}
    assert getattr(receiver, NACKS).missing == set()
    assert ice._connection.ice_controlling is False
    await ice.stop()


def test_an_estimate_is_of_all_videos_together_and_names_one() -> None:
    estimator, told = Estimator(), []
    for number in range(3000):  # 15 s: it says nothing in the first 5
        sent = round(number * 0.005 * 2**18) % 2**24
        found = estimator.add(ssrc=1 + number % 2, arrival_time_ms=number * 5, abs_send_time=sent, payload_size=1000)
        told += [found] if found else []
    bitrate, ssrcs = told[-1]
    assert bitrate > 1_300_000, "of 1.6 Mbit/s; each of both has 0.8"
    assert len(ssrcs) == 1


async def test_a_track_goes_on_when_its_sender_ends() -> None:
    microphone = Microphone()
    lent = Lent(microphone)
    await lent.recv()
    lent.stop()
    with pytest.raises(MediaStreamError):
        await lent.recv()
    assert (await Lent(microphone).recv()).pts == 960


async def test_several_events_may_come_in_one_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(Connection, "_listen", lambda _self: asyncio.sleep(0))
    monkeypatch.setattr(Connection, "_ping", lambda _self: asyncio.sleep(0))
    connection = Connection(None, lambda event, _data: heard.append(event))  # type: ignore[arg-type]
    connection._take({"events": [{"event": "peerLeft", "data": {}}, {"event": "closing", "data": {"code": "kicked"}}]})
    assert heard == ["peerLeft", "closing"]
