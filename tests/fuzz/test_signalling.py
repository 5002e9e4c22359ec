"""Whatever a client sends: it gets an answer with a code, and nobody else notices.

The frames go through the node's ASGI application to a live room on a real SFU; only the TCP connection is left out,
so that there can be thousands. The last test sends them through a real one and watches the node's memory.
"""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import random
import secrets
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from media.config import MediaConfig
from rooms import protocol
from rooms.protocol import AllowAll, SetLocked, SetWaitingRoom
from rooms.protocol.frames import BadFrame, decode_request
from rooms.room_key import RoomKey
from rooms.runtime.node import Node, NodeConfig
from rooms.signalling import socket as consumers
from rooms.signalling.asgi import node_application
from rooms.state.commands import By, Command
from tests.rooms.client import Client, ticket
from tests.rooms.conftest import NodeProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_EVENTS = {protocol.wire_name(event) for event in protocol.NOTIFICATIONS}
FINGERPRINT = ":".join(["AB"] * 32)

# What a well-meaning client sends. CAPITALS are replaced by ids of the live room.
AUDIO: dict[str, Any] = {
    "mid": "0",
    "codecs": [
        {
            "mimeType": "audio/opus",
            "payloadType": 111,
            "clockRate": 48000,
            "channels": 2,
            "parameters": {"minptime": 10},
            "rtcpFeedback": [{"type": "nack", "parameter": ""}],
        }
    ],
    "headerExtensions": [{"uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 1, "encrypt": False, "parameters": {}}],
    "encodings": [{"ssrc": 1111, "dtx": True}],
    "rtcp": {"cname": "cname", "reducedSize": True, "mux": True},
}
VIDEO: dict[str, Any] = {
    "mid": "1",
    "codecs": [
        {
            "mimeType": "video/VP8",
            "payloadType": 96,
            "clockRate": 90000,
            "rtcpFeedback": [{"type": "nack"}, {"type": "nack", "parameter": "pli"}, {"type": "transport-cc"}],
        },
        {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000, "parameters": {"apt": 96}},
    ],
    "headerExtensions": [
        {"uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 1},
        {"uri": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", "id": 5},
    ],
    "encodings": [
        {"rid": "r0", "scalabilityMode": "L1T3", "maxBitrate": 150000, "scaleResolutionDownBy": 4.0},
        {"rid": "r1", "scalabilityMode": "L1T3"},
        {"ssrc": 5, "rid": "r2", "rtx": {"ssrc": 6}, "codecPayloadType": 96},
    ],
    "rtcp": {},
}
CAPABILITIES: dict[str, Any] = {
    "codecs": [
        {
            "mimeType": "audio/opus",
            "kind": "audio",
            "clockRate": 48000,
            "channels": 2,
            "preferredPayloadType": 111,
            "parameters": {},
            "rtcpFeedback": [{"type": "nack"}],
        },
        {"mimeType": "video/VP8", "kind": "video", "clockRate": 90000, "preferredPayloadType": 96},
        {
            "mimeType": "video/H264",
            "kind": "video",
            "clockRate": 90000,
            "parameters": {"profile-level-id": "42e01f", "packetization-mode": 1},
        },
        {"mimeType": "video/rtx", "kind": "video", "clockRate": 90000, "parameters": {"apt": 96}},
    ],
    "headerExtensions": [{"kind": "audio", "uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "preferredId": 1}],
}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("ping", {}),
    ("join", {"ticket": "TICKET", "rtpCapabilities": CAPABILITIES, "displayName": "Eve"}),
    ("connectTransport", {"transportId": "SEND", "dtlsParameters": {"role": "client", "fingerprints": [
        {"algorithm": "sha-256", "value": FINGERPRINT}]}}),
    ("connectTransport", {"transportId": "RECV", "dtlsParameters": {"role": "auto", "fingerprints": [
        {"algorithm": "sha-256", "value": FINGERPRINT}]}}),
    ("restartIce", {"transportId": "SEND"}),
    ("produce", {"kind": "audio", "source": "mic", "rtpParameters": AUDIO, "paused": False}),
    ("produce", {"kind": "video", "source": "camera", "rtpParameters": VIDEO}),
    ("produce", {"kind": "video", "source": "screen", "rtpParameters": VIDEO}),
    ("pauseProducer", {"producerId": "PRODUCER"}),
    ("resumeProducer", {"producerId": "PRODUCER"}),
    ("closeProducer", {"producerId": "PRODUCER"}),
    ("pauseConsumer", {"consumerId": "CONSUMER"}),
    ("resumeConsumer", {"consumerId": "CONSUMER"}),
    ("reportStatistics", {"up": {"loss": 0.5, "limitedBy": "cpu"}, "down": {"freezes": 1, "width": 1280}}),
    ("explainQuality", {"peerId": "ada"}),
    ("setPreferredLayers", {"consumerId": "CONSUMER", "layers": {"spatialLayer": 1, "temporalLayer": 1}}),
    ("requestKeyFrame", {"consumerId": "CONSUMER"}),
    ("produceData", {"sctpStreamParameters": {"streamId": 1, "ordered": False, "maxRetransmits": 1},
                     "label": "chat", "protocol": ""}),
    ("setDisplayName", {"displayName": "Eve"}),
    ("setAbsent", {"absent": True}),
    ("raiseHand", {"raised": True}),
    ("sendChat", {"text": "hello"}),
    ("lowerHand", {"peerId": "bystander"}),
    ("stopTrack", {"peerId": "attacker", "device": "mic"}),
    ("stopAllTracks", {"device": "camera"}),
    ("setOnStage", {"peerId": "attacker", "onStage": True}),
    ("admit", {"peerId": "attacker", "admitted": False}),
    ("setMaxBitrate", {"bitrateBps": 100000}),
    ("lowerAllHands", {}),
    ("stopVideo", {}),
    ("allow", {"peerId": "bystander", "device": "mic", "allowed": False}),
    ("allowAll", {"device": "camera", "allowed": False}),
    ("askToTurnOn", {"peerId": "bystander", "device": "screen"}),
    ("admitAll", {"admitted": True}),
    ("setWaitingRoom", {"enabled": True}),
    ("setLocked", {"locked": True}),
    ("kick", {"peerId": "attacker"}),
    ("letBack", {"peerId": "attacker"}),
    ("endMeeting", {}),
]  # fmt: skip

# --- strategies -----------------------------------------------------------------------------------

numbers = st.one_of(
    st.integers(-3, 300),
    st.sampled_from([2**31, 2**32 - 1, 2**32, 2**53, 2**53 + 1, 2**63, 2**64, 10**40, -(2**31), -1]),
    st.floats(allow_nan=True, allow_infinity=True),
)
texts = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\ud800", "\udfff\ud800", "\x00", "\u202e", "__class__", "video/rtx", "audio/opus",
                     "video/VP9", "video/AV1", "video/H264", "a" * 300, "a" * 9000, "L9T9", "sha-256", "rtx", "/"]),
)  # fmt: skip
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places in a JSON value, the whole first; of a list's values the first three."""
    inside = data.items() if isinstance(data, dict) else enumerate(data[:3]) if isinstance(data, list) else ()
    return [path, *(place for key, value in inside for place in paths(value, (*path, key)))]


@st.composite
def mutated_requests(draw: st.DrawFn) -> dict[str, Any]:
    """A valid request with up to three things in it put wrong."""
    method, data = draw(st.sampled_from(REQUESTS))
    request: dict[str, Any] = {"id": draw(st.integers(0, 1000)), "method": method, "data": copy.deepcopy(data)}
    times = [0, 2, 4, 65, 3000]
    for _ in range(draw(st.integers(0, 3))):
        *above, last = draw(st.sampled_from(paths(request)[1:]))
        place: Any = request
        for key in above:
            place = place[key]
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "nest"])):
            case "replace":
                place[last] = draw(values)
            case "remove":
                del place[last]
            case "repeat":
                place[last] = [place[last]] * draw(st.sampled_from(times))
                times = times[:2]  # thousands in thousands would be a flood, which has its own test
            case "nest":
                for _ in range(draw(st.sampled_from([1, 8, 100]))):
                    place[last] = [place[last]]
    return request


def as_text(request: Any) -> str:
    return json.dumps(request)


@st.composite
def damaged_texts(draw: st.DrawFn) -> str:
    """A valid request's text, cut or with something in between."""
    text = as_text(draw(mutated_requests()))
    at = draw(st.integers(0, len(text)))
    return (
        text[:at]
        + draw(st.sampled_from(["", "[" * 50_000, "{", "\\u", "\x00", "\ufeff", '"', "1e999", "NaN"]))
        + (text[at + draw(st.integers(0, 5)) :])
    )


frames = st.one_of(
    mutated_requests().map(as_text),
    mutated_requests().map(as_text),
    damaged_texts(),
    values.map(as_text),
    st.text(max_size=50),
    st.binary(max_size=50),
)


AS_BEFORE: list[Command] = [
    By(None, SetLocked(locked=False)),
    By(None, SetWaitingRoom(enabled=False)),
    *(By(None, AllowAll(device, allowed=True)) for device in ("mic", "camera", "screen")),
]

# What the attacker's ticket says.
admissions = st.sampled_from([{}, {"role": "moderator", "hand_enabled": True}, {"viewer": True}])


def assume_no_end(sequence: list[str | bytes], admission: dict[str, Any]) -> None:
    """A moderator ends the meeting rightly, and with it the test."""
    assume(admission.get("role") != "moderator" or not any("endMeeting" in str(frame) for frame in sequence))


# --- a line to a live room --------------------------------------------------------------------------


class Line:
    """One client of the node's ASGI application."""

    def __init__(self, node: Node) -> None:
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.ids: dict[str, str] = {}
        self._incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"type": "websocket", "path": "/ws/", "query_string": b"", "headers": [], "subprotocols": ["meet.v1"]}
        self._task = asyncio.create_task(node_application(node)(scope, self._incoming.get, self._send))
        self._incoming.put_nowait({"type": "websocket.connect"})

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = message["code"]
        elif message["type"] == "websocket.send":
            self.frames.append(json.loads(message["text"]))

    def put(self, frame: str | bytes) -> None:
        for name, value in self.ids.items():
            frame = frame.replace(name, value) if isinstance(frame, str) else frame
        kind = "text" if isinstance(frame, str) else "bytes"
        self._incoming.put_nowait({"type": "websocket.receive", kind: frame})

    async def ask(self, method: str, request_id: int = 999_999, **data: Any) -> dict[str, Any]:
        already = len(self.frames)
        self.put(json.dumps({"id": request_id, "method": method, "data": data}))
        for _ in range(2000):
            for frame in self.frames[already:]:
                if frame.get("id") == request_id:
                    return frame
            if self.closed is not None or self._task.done():
                break
            await asyncio.sleep(0)
        raise AssertionError(f"{method} was not answered; closed with {self.closed}")

    async def join(self, room_id: str, peer_id: str, **admission: Any) -> None:
        # A page of its own each time: joins of the same one in a loop are refused.
        shown = ticket(room_id, peer_id, session=secrets.token_hex(8), **admission)
        joined = await self.ask("join", ticket=shown, rtpCapabilities=CAPABILITIES)
        self.ids = {
            "SEND": joined["data"]["sendTransport"]["id"],
            "RECV": joined["data"]["recvTransport"]["id"],
            "TICKET": shown,
        }
        for consumer in joined["data"]["consumers"]:
            self.ids["CONSUMER"] = consumer["consumerId"]

    async def produce(self, **request: Any) -> None:
        answer = await self.ask("produce", **request)
        assert answer["ok"], answer
        self.ids["PRODUCER"] = answer["data"]["producerId"]

    async def hang_up(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.wait_for(self._task, 60)


class World:
    """A node with a meeting going on, and a loop to run it in."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.problems: list[str] = []
        self.loop.set_exception_handler(lambda _loop, context: self.problems.append(str(context)))
        self.node = Node(NodeConfig("serv0", MediaConfig(port=0, data_channels=True)))
        self.loop.run_until_complete(self._open())

    async def _open(self) -> None:
        await self.node.start()
        self.node.door.close()  # nobody here waits for a turn
        self.bystander = Line(self.node)
        await self.bystander.join("room", "bystander")
        await self.bystander.produce(kind="video", source="camera", rtpParameters=VIDEO)

    async def attack(self, sequence: list[str | bytes], **admission: Any) -> list[dict[str, Any]]:
        """Send frames as a newcomer, one after the other; what was answered."""
        attacker = Line(self.node)
        await attacker.join("room", "attacker", **admission)
        if not admission.get("viewer"):
            await attacker.produce(kind="audio", source="screenAudio", rtpParameters=AUDIO)
        attacker.frames.clear()
        for frame in sequence:
            attacker.put(frame)
        if attacker.closed is None:
            # Goes the way of all requests, through the room's queue, and so is answered last.
            last = await attacker.ask("requestKeyFrame", consumerId="none")
            assert last["error"]["code"] in {"notFound", "notJoined"}
            attacker.frames.remove(last)
        await attacker.hang_up()
        return [frame for frame in attacker.frames if "ok" in frame]

    async def check(self) -> None:
        """Nobody was disturbed."""
        heard = [frame["event"] for frame in self.bystander.frames if "event" in frame]
        self.bystander.frames.clear()
        assert set(heard) <= KNOWN_EVENTS - {"closing", "transportFailed"}
        assert self.bystander.closed is None
        assert (await self.bystander.ask("ping"))["ok"]
        assert self.node.room_count == self.node.peer_count == 1
        room = self.node.rooms[RoomKey(1, "room")]
        assert len(room.router._transports) == 2
        assert len(room.router._producers) == 1
        assert self.problems == []
        for command in AS_BEFORE:  # a moderator may have decided otherwise
            room._apply(command)

    def close(self) -> None:
        self.loop.run_until_complete(self.node.close())
        self.loop.run_until_complete(self.bystander.hang_up())
        self.loop.close()
        assert self.problems == []


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consumers, "SILENCE_LIMIT_S", 3600)  # the loop stands still between tests
        made = World()
        yield made
        made.close()


def judge(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        assert answer["ok"] or answer["error"]["code"] != "internalError", answer


# --- tests ------------------------------------------------------------------------------------------


@given(st.one_of(frames, st.none()))
@settings(max_examples=200, deadline=None)
def test_any_frame_is_decoded_or_refused(frame: str | bytes | None) -> None:
    refusal = None
    try:
        decode_request(frame if isinstance(frame, str) else None)
    except BadFrame as bad:
        refusal = bad.refusal.error.code
    assert refusal in {None, "malformedMessage", "unknownMethod", "invalidData"}


@given(st.lists(frames, min_size=1, max_size=25), admissions)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_no_sequence_of_frames_disturbs_a_meeting(
    world: World, sequence: list[str | bytes], admission: dict[str, Any]
) -> None:
    assume_no_end(sequence, admission)
    judge(world.loop.run_until_complete(world.attack(sequence, **admission)))
    world.loop.run_until_complete(world.check())


@given(st.lists(mutated_requests().map(as_text), min_size=1, max_size=5), admissions)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_requests_that_are_almost_right_are_answered_each(
    world: World, sequence: list[str | bytes], admission: dict[str, Any]
) -> None:
    assume_no_end(sequence, admission)
    answers = world.loop.run_until_complete(world.attack(sequence, **admission))
    judge(answers)
    gone = any('"leave"' in frame for frame in sequence if isinstance(frame, str))
    assert gone or len(answers) == len(sequence)
    world.loop.run_until_complete(world.check())


@given(mutated_requests().filter(lambda request: request.get("method") == "join").map(as_text))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_join_disturbs_a_meeting(world: World, frame: str) -> None:
    async def try_to_join() -> None:
        attacker = Line(world.node)
        attacker.ids = {"TICKET": ticket("room", "attacker")}
        attacker.put(frame)
        await asyncio.sleep(0.005)
        judge([answer for answer in attacker.frames if "ok" in answer])
        assert (await attacker.ask("ping"))["ok"]
        await attacker.hang_up()

    world.loop.run_until_complete(try_to_join())
    world.loop.run_until_complete(world.check())


def with_value(parameters: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(parameters)
    *above, last = path.split(".")
    place: Any = changed
    for key in above:
        place = place[int(key) if key.isdigit() else key]
    place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("encodings.0.ssrc", -1),
        ("encodings.0.ssrc", 0),
        ("encodings.0.ssrc", 2**32),
        ("encodings.0.ssrc", 10**30),
        ("encodings.0.ssrc", float("nan")),
        ("encodings.0.rtx", {"ssrc": -5}),
        ("encodings.2.rtx", {"ssrc": 5}),
        ("encodings.0.maxBitrate", -1),
        ("encodings.0.maxBitrate", float("inf")),
        ("encodings.0.scalabilityMode", "L99T99"),
        ("encodings.0.codecPayloadType", 97),
        ("encodings", []),
        ("encodings", [{"ssrc": number + 1} for number in range(1000)]),
        ("encodings", [{"rid": "same"}] * 3),
        ("codecs", []),
        ("codecs", [{"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000}] * 200),
        ("codecs.0.payloadType", -1),
        ("codecs.0.payloadType", 128),
        ("codecs.0.payloadType", 10**12),
        ("codecs.0.clockRate", 0),
        ("codecs.0.clockRate", -90000),
        ("codecs.0.mimeType", "video/H265"),
        ("codecs.0.mimeType", "video/rtx"),
        ("codecs.0.mimeType", ""),
        ("codecs.1.parameters", {"apt": 200}),
        ("codecs.1.parameters", {"apt": {}}),
        ("codecs.1.mimeType", "audio/rtx"),
        ("headerExtensions", [{"uri": f"urn:{number}", "id": 1} for number in range(200)]),
        ("headerExtensions.0.id", 0),
        ("headerExtensions.0.id", 256),
        ("headerExtensions.0.id", -1),
        ("headerExtensions.0.encrypt", True),
        ("rtcp.cname", "c" * 300),
        ("mid", "m" * 300),
    ],
)
def test_hostile_rtp_parameters_are_refused_with_a_code(world: World, path: str, value: Any) -> None:
    data = {"kind": "video", "source": "camera", "rtpParameters": with_value(VIDEO, path, value)}
    answers = world.loop.run_until_complete(world.attack([json.dumps({"id": 1, "method": "produce", "data": data})]))
    assert len(answers) == 1
    assert not answers[0]["ok"], answers
    assert answers[0]["error"]["code"] in {"invalidData", "unsupportedCodec", "malformedMessage"}
    world.loop.run_until_complete(world.check())


@pytest.mark.parametrize(
    "dtls",
    [
        {},
        {"fingerprints": []},
        {"fingerprints": [{"algorithm": "md5", "value": FINGERPRINT}]},
        {"fingerprints": [{"algorithm": "sha-256", "value": "nonsense"}]},
        {"fingerprints": [{"algorithm": "sha-256", "value": FINGERPRINT}] * 100},
        {"fingerprints": [{"algorithm": "sha-256", "value": FINGERPRINT}], "role": "both"},
        {"fingerprints": [{"algorithm": "sha-256", "value": 5}]},
    ],
)
def test_hostile_dtls_parameters_are_refused_with_a_code(world: World, dtls: dict[str, Any]) -> None:
    request = {"id": 1, "method": "connectTransport", "data": {"transportId": "SEND", "dtlsParameters": dtls}}
    answers = world.loop.run_until_complete(world.attack([json.dumps(request)]))
    assert [answer["error"]["code"] for answer in answers] == ["invalidData"]


def test_what_was_produced_survives_the_reports_of_the_next_second(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def live_on() -> None:
        attacker = Line(world.node)
        await attacker.join("room", "attacker")
        await attacker.produce(kind="audio", source="mic", rtpParameters=with_value(AUDIO, "rtcp.cname", "c" * 255))
        await attacker.produce(kind="video", source="camera", rtpParameters=VIDEO)
        await asyncio.sleep(1.2)
        await attacker.hang_up()

    with caplog.at_level(logging.WARNING):
        world.loop.run_until_complete(live_on())
    world.loop.run_until_complete(world.check())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.fixture(scope="module")
def node_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    process = NodeProcess(tmp_path_factory.mktemp("node") / "log")
    yield process
    process.stop()
    assert "Traceback" not in process.log, process.log


async def test_thousands_of_hostile_frames_leave_the_nodes_memory_flat(node_process: NodeProcess) -> None:
    chance = random.Random(20_240_229)  # noqa: S311 - reproducible on purpose

    def hostile() -> str | bytes:
        method, data = chance.choice(REQUESTS)
        request: dict[str, Any] = {"id": chance.randrange(2**40), "method": method, "data": copy.deepcopy(data)}
        *above, last = chance.choice(paths(request)[1:])
        place: Any = request
        for key in above:
            place = place[key]
        place[last] = chance.choice([None, -1, 2**70, 1e300, "x" * 5000, [[]] * 500, {"a": {}}, place[last]])
        text = json.dumps(request)
        choices: list[str | bytes] = [text] * 3
        return chance.choice([*choices, text[: chance.randrange(len(text))], text.encode(), "[" * 9000])

    answered: list[int] = []

    async def attack(frames_a_connection: int) -> None:
        async with Client(node_process) as attacker:
            joined = await attacker.join("fuzz", "attacker", {"session": secrets.token_hex(8)})
            for _ in range(frames_a_connection):
                frame = hostile()
                if isinstance(frame, str):
                    frame = frame.replace("SEND", joined["sendTransport"]["id"])
                await attacker.send(frame)
            await attacker.drain()
            answers = list(attacker.answers.values())
            judge(answers)
            answered.append(len(answers))

    async with Client(node_process) as bystander:
        await bystander.join("fuzz", "bystander")
        for _ in range(15):
            await attack(80)
            await bystander.drain()
        before = node_process.memory_kib
        for _ in range(40):
            await attack(80)
            await bystander.drain()
        assert node_process.memory_kib - before < 8_000
        assert sum(answered) > 1000  # not counting the answers to what had no id
        health = await asyncio.to_thread(node_process.health)
        assert (health["rooms"], health["peers"]) == (1, 1)
    assert await node_process.rooms_gone()
