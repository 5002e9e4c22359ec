"""What goes over the wire in Kotlin and in Swift: the generated types carry every message there is, whole."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from meet_participant import HandChanged, NewPeer, RequestRefused, SwitchOn, join

from meet.config import PROJECT
from meet.management import kotlin_types, swift_types
from meet.management.schema import OPAQUE, Schema
from rooms import protocol
from tests.sdk import kotlin_compiler, swift_source
from tests.sdk.hearing import until
from tests.sdk.messages import Recorder, classes, examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sdk.kotlin_compiler import Kotlin

WIRE = kotlin_types.TARGET.parent
SWIFT = swift_types.TARGET.read_text(encoding="utf-8")
SWIFT_SOURCES = sorted(PROJECT.glob("sdk/ios/**/*.swift")) + sorted(PROJECT.glob("examples/ios-webview/**/*.swift"))


@pytest.mark.parametrize("types", [kotlin_types, swift_types])
def test_what_goes_over_the_wire_is_up_to_date(types: Any) -> None:
    assert types.TARGET.read_text(encoding="utf-8") == types.generate(), "run `make generate`"


@pytest.mark.parametrize("path", SWIFT_SOURCES, ids=lambda path: path.name)
def test_it_is_swift(path: Path) -> None:
    assert swift_source.mistakes(path.read_text(encoding="utf-8")) == []


def test_what_is_no_swift_is_seen() -> None:
    assert swift_source.mistakes("struct A { func b( }") != []


def test_both_libraries_end_and_try_again_for_the_same_reasons() -> None:
    android = PROJECT / "sdk" / "android" / "participant" / "src" / "main" / "kotlin" / "meet" / "participant"
    texts = [android / "Endings.kt", PROJECT / "sdk" / "ios" / "Sources" / "MeetParticipant" / "Endings.swift"]
    said = [set(re.findall(r'\d{4}|"[^"]+"', path.read_text(encoding="utf-8"))) for path in texts]
    assert said[0] == said[1]
    assert '"unsupported"' in said[0]


class TestSwift:
    structs = swift_source.structs(SWIFT)
    schema = Schema.read()

    def misfit(self, name: str, data: Any) -> str | None:
        types = {name: one for name, one in self.structs.items() if one.properties or name in self.schema.shapes}
        words = set(self.schema.words)
        opaque = {name: swift_source.Struct(name) for name in OPAQUE}
        assert not opaque.keys() & types.keys()
        kinds = re.sub(rf"\b({'|'.join(OPAQUE)})\b", "JSON", json.dumps({n: t.properties for n, t in types.items()}))
        for one, properties in json.loads(kinds).items():
            types[one] = swift_source.Struct(one, properties, types[one].defaults)
        return swift_source.misfit(data, name, types, words)

    @pytest.mark.parametrize(("name", "data"), examples(), ids=lambda value: value if isinstance(value, str) else "")
    def test_it_takes_every_message(self, name: str, data: Any) -> None:
        assert self.misfit(name, data) is None

    def test_a_misfit_is_seen(self) -> None:
        assert self.misfit("Produced", {}) == "Produced needs ['producerId']"
        assert self.misfit("Produced", {"producerId": 1}) == "Produced: 1 is no String"
        assert self.misfit("Produced", {"producerId": "", "more": 1}) == "Produced has no ['more']"

    def test_decoding_reads_all_properties_as_what_they_are(self) -> None:
        for struct in self.structs.values():
            if struct.decoded:
                assert struct.decoded == {name: kind.rstrip("?") for name, kind in struct.properties.items()}

    def test_all_requests_and_events_are_there_under_their_names(self) -> None:
        methods = dict(
            re.findall(r'public typealias Answer = Wire\.(\w+)\n *public static let method = "(\w+)"', SWIFT)
        )
        assert set(re.findall(r'static let method = "(\w+)"', SWIFT)) == set(protocol.REQUESTS)
        assert set(methods) == {answer.__name__ for answer in protocol.RESPONSES.values()}
        read = dict(re.findall(r'case "(\w+)": return \.\w+\(try decoder\.decode\((\w+)\.self', SWIFT))
        assert read == {protocol.wire_name(event): event.__name__ for event in protocol.NOTIFICATIONS}


async def a_call(link: Callable[..., str]) -> None:
    """Two participants and a moderator, with some of everything."""
    async with join(link("Mod", role="moderator")) as moderator, join(link("Ada")) as ada, join(link("Ben")) as ben:
        request: Callable[..., Any] = moderator._here().connection.request
        events = moderator.events()
        await ada.enable_mic()
        await ada.enable_webcam()
        await until(events, SwitchOn)
        await ben.send_chat("Good morning 🙂")
        await ben.raise_hand()
        await until(events, HandChanged)
        for method, data in (
            ("lowerHand", {"peerId": "peer-Ben"}),
            ("allowAll", {"device": "screen", "allowed": False}),
            ("allow", {"peerId": "peer-Ada", "device": "screen", "allowed": True}),
            ("askToTurnOn", {"peerId": "peer-Ben", "device": "camera"}),
            ("setWaitingRoom", {"enabled": True}),
            ("listViewers", {}),
            ("setMaxBitrate", {"bitrateBps": 300_000}),
            ("explainQuality", {"peerId": "peer-Ada"}),
        ):
            await request(method, data)
        waiting = asyncio.Event()
        coming = asyncio.create_task(_come(link("Cem"), waiting))
        await waiting.wait()
        await request("admit", {"peerId": "peer-Cem", "admitted": True})
        await until(events, NewPeer)
        coming.cancel()
        await asyncio.wait((coming,))
        with pytest.raises(RequestRefused):
            await ben._here().connection.request("kick", {"peerId": "peer-Ada"})
        await request("stopTrack", {"peerId": "peer-Ada", "device": "mic"})
        await request("kick", {"peerId": "peer-Ben"})
        await request("endMeeting", {})


async def _come(link: str, waiting: asyncio.Event) -> None:
    async with join(link, on_waiting=waiting.set):
        await asyncio.Event().wait()


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_compiled_kotlin_reads_and_writes_all_messages(
    kotlin: Kotlin, link: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch)
    await a_call(link)
    messages = [*examples(), *recorder.messages]
    assert len({name for name, _ in recorder.messages}) > 40
    assert [TestSwift().misfit(*message) for message in recorder.messages] == [None] * len(recorder.messages)

    await asyncio.to_thread(
        kotlin.compile, tmp_path, [*WIRE.glob("*.kt"), kotlin_compiler.REQUIREMENTS.parent / "RoundTrip.kt"]
    )
    lines = [json.dumps({"type": name, "data": data}) for name, data in messages]
    frames = [*recorder.frames, {"event": "somethingNewer", "data": {}}]
    done = subprocess.run(  # noqa: ASYNC221 - the call is over
        kotlin.command(tmp_path, "RoundTripKt"),
        input="\n".join([*lines, *map(json.dumps, frames)]), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    written = done.stdout.splitlines()
    structs = classes()
    for (name, data), line in zip(messages, written, strict=False):
        assert msgspec.json.decode(line, type=structs[name]) == msgspec.convert(data, structs[name]), name
        assert json.loads(line).keys() >= data.keys()
    expected = [
        frame["event"][0].upper() + frame["event"][1:] if "event" in frame else "Answered" if frame["ok"] else "Refusal"
        for frame in recorder.frames
    ]
    assert written[len(messages) :] == [*expected, "null"]
