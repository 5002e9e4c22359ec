"""An integrator's page on another origin controls the room in its iframe; somebody else in the room is the witness."""

from __future__ import annotations

import base64
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Protocol

import jwt
import pytest
from playwright.sync_api import expect

from tests.e2e.embedding import Host, embedding_site
from tests.e2e.participant import CHROMIUM, CHROMIUM_ARGUMENTS, wait_for
from tests.e2e.server import KEY, Server, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Playwright

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

pytestmark = pytest.mark.usefixtures("small_cameras")
NO_DEVICES = {"constraints": {"video": False, "audio": False}}
BOTH_DEVICES = {"constraints": {"video": True, "audio": True}}
# What somebody hears: the loudness and the silence of all others' players.
PLAYERS = "() => [...document.querySelectorAll('audio')].map(({ volume, muted }) => muted ? 0 : volume)"
MAX_BITRATES = """
() => window.__connections.flatMap((connection) => connection.getSenders())
  .filter(({ track }) => track?.kind === 'video')
  .map((sender) => sender.getParameters().encodings)
  .map((encodings) => encodings.reduce((sum, { active, maxBitrate }) => sum + (active ? maxBitrate ?? 0 : 0), 0))
"""


class MakeHost(Protocol):
    def __call__(self, name: str = ..., browser: Browser | None = ..., server: Server | None = ...) -> Host: ...


@pytest.fixture(scope="module")
def site(server: Server) -> Iterator[str]:
    with embedding_site(server.url) as origin:
        yield origin


@pytest.fixture
def host(browser: Browser, server: Server, site: str) -> Iterator[MakeHost]:
    """Makes embedding pages, as the fixture `participant` makes participants."""
    made: list[Host] = []
    default_browser, default_server = browser, server

    def make(name: str = "Host", browser: Browser | None = None, server: Server | None = None) -> Host:
        one = Host(browser or default_browser, (server or default_server).url, site, name)
        made.append(one)
        return one

    yield make
    problems = [f"{one.name}: {message}" for one in made for message in one.messages]
    for one in made:
        one.close()
    assert not [problem for problem in problems if "error:" in problem], problems


@pytest.fixture
def meeting(host: MakeHost, participant: MakeParticipant, room: str) -> tuple[Host, Participant]:
    """A host without devices and a witness with both, in one room."""
    one, witness = host(), participant("Witness")
    witness.join(room)
    one.embed(room)
    one.call("join", NO_DEVICES)
    one.hears_event("join")
    one.sees_in_room(witness)
    return one, witness


def token(**claims: Any) -> str:
    return jwt.encode(claims, KEY, algorithm="HS256")


# --- coming in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attach", ["early", "loaded"])
def test_a_bridge_made_before_or_after_the_load_hears_ready_and_joins(host: MakeHost, room: str, attach: str) -> None:
    one = host()
    one.embed(room, attach=attach)
    one.hears_event("ready")
    one.hears_event("readyToJoin")
    result = one.call("join", NO_DEVICES)
    assert result == {"peerId": one.peer_id, "displayName": result["displayName"], "waiting": False}
    one.hears_event("join", peerId=one.peer_id, displayName=result["displayName"])
    assert one.call("isCameraEnabled") is False
    assert one.call("isMicroEnabled") is False


def test_the_module_works_as_well(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room, attach="never")
    script = """
    async (library) => {
      const { default: Bridge } = await import(library);
      window.bridge = new Bridge({ element: document.querySelector('iframe'), roomId: '' });
    }
    """
    one.page.evaluate(script, f"{one.url}/meetBridgeApi.mjs")
    assert one.call("isCameraEnabled") is not None


def test_join_brings_the_devices_along(host: MakeHost, participant: MakeParticipant, room: str) -> None:
    one, witness = host(), participant("Witness")
    witness.join(room)
    one.embed(room, displayName="Tom")
    assert one.call("join", BOTH_DEVICES)["displayName"] == "Tom"
    assert one.call("isCameraEnabled") is True
    assert one.call("isMicroEnabled") is True
    witness.sees(one)
    witness.hears(1)
    one.call("join", {"constraints": {"video": False}})
    wait_for(lambda: witness.frames(one) == -1)
    assert one.call("isMicroEnabled") is True


def test_without_a_welcome_screen_the_page_waits_for_its_bridge(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room, displayName="Tom", nameScreenDisabled="true")
    one.hears_event("readyToJoin")
    one.page.wait_for_timeout(2500)
    assert one.heard("join") == []
    one.call("join", BOTH_DEVICES)
    one.hears_event("join", displayName="Tom")


@pytest.mark.parametrize("leaves", [False, True])
def test_without_a_welcome_screen_and_without_a_bridge_the_page_joins_by_itself(
    host: MakeHost, room: str, *, leaves: bool
) -> None:
    one = host()
    one.embed(room, attach="early" if leaves else "never", displayName="Tom", nameScreenDisabled="true")
    if leaves:
        one.hears_event("ready")
        one.page.evaluate("bridge.destroy()")
    one.in_room("leave").wait_for()


def test_a_bridge_that_comes_late_is_told_what_holds(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room, attach="never", displayName="Tom", nameScreenDisabled="true")
    one.in_room("leave").wait_for()
    one.page.evaluate("window.bridge = attach(document.querySelector('iframe'))")
    one.hears_event("ready")
    one.hears_event("join", peerId=one.peer_id, displayName="Tom")


def test_an_iframe_that_is_loaded_anew_is_found_again(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    one.forget()
    one.page.evaluate("(() => { const frame = document.querySelector('iframe'); frame.src = frame.src; })()")
    one.hears_event("ready")
    one.call("join", BOTH_DEVICES)
    witness.sees(one)


# --- devices ------------------------------------------------------------------------------------------------------


def test_camera_and_microphone(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    me: dict[str, Any] = {"peerId": one.peer_id}
    one.call("enableWebcam")
    assert one.call("isCameraEnabled") is True
    one.hears_event("switchOnCamera", **me)
    witness.sees(one)
    one.call("enableMic")
    assert one.call("isMicroEnabled") is True
    one.hears_event("switchOnMic", **me)
    witness.hears(1)

    one.call("disableWebcam")
    assert one.call("isCameraEnabled") is False
    one.hears_event("switchOffCamera", **me)
    wait_for(lambda: witness.frames(one) == -1)
    one.call("disableMic")
    assert one.call("isMicroEnabled") is False
    one.hears_event("switchOffMic", **me)
    witness.hears_nothing()
    assert one.heard("errorGetCamera") == one.heard("errorGetMic") == []


def test_the_events_of_others(meeting: tuple[Host, Participant], participant: MakeParticipant, room: str) -> None:
    one, witness = meeting
    them: dict[str, Any] = {"peerId": witness.peer_id, "displayName": witness.name}
    for button, off, on in (
        ("toggle-camera", "switchOffCamera", "switchOnCamera"),
        ("toggle-mic", "switchOffMic", "switchOnMic"),
        ("toggle-share", "switchOnShare", "switchOffShare"),
    ):
        one.forget()
        witness.button(button).click()
        one.hears_event(off, **them)
        witness.button(button).click()
        one.hears_event(on, **them)
    late = participant("Late")
    late.join(room)
    one.hears_event("newPeer", peerId=late.peer_id, displayName="Late")
    late.button("leave").click()
    one.hears_event("peerClosed", peerId=late.peer_id, displayName="Late")


def test_the_screen(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    one.call("enableShare")
    assert one.call("isShareEnabled") is True
    one.hears_event("switchOnShare", peerId=one.peer_id)
    witness.sees(one, "screen")
    one.call("disableShare")
    assert one.call("isShareEnabled") is False
    one.hears_event("switchOffShare", peerId=one.peer_id)
    expect(witness.tile(one, "screen")).to_have_count(0)


def test_devices_that_the_iframe_may_not_use(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room, allow="autoplay")
    one.call("join", BOTH_DEVICES)  # people can meet without
    me: dict[str, Any] = {"peerId": one.peer_id, "error": "denied"}
    one.hears_event("nerrorGetCamera", **me)
    one.hears_event("errorGetCamera", **me)
    one.hears_event("errorGetMic", **me)
    assert one.refused("enableWebcam") == "deviceDenied"
    assert one.refused("enableMic") == "deviceDenied"
    one.messages.clear()  # the browser says so, too


def test_a_screen_that_can_not_be_captured(meeting: tuple[Host, Participant]) -> None:
    one, _ = meeting
    for name, code in (("NotReadableError", "deviceBusy"), ("NotAllowedError", "cancelled")):
        failure = "navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('', name))"
        one.frame.evaluate(f"(name) => {{ {failure}; }}", name)
        assert one.refused("enableShare") == code
        assert one.call("isShareEnabled") is False
    assert one.heard("errorGetShare") == [{"peerId": one.peer_id, "displayName": "Guest", "error": "busy"}]


def test_another_microphone(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    one.call("enableMic")
    labels = "async () => (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind === 'audioinput')"
    devices = one.frame.evaluate(labels)
    current = "() => window.__connections.flatMap(c => c.getSenders()).find(s => s.track?.kind === 'audio').track.label"
    other = next(device for device in devices if device["label"] != one.frame.evaluate(current))
    # The embedding page knows this device by another id: the label tells.
    choice = {"deviceId": "id-of-another-site", "label": other["label"], "groupId": "x", "kind": "audio"}
    one.call("changeDevice", {"constraints": {"audio": choice}})
    wait_for(lambda: one.frame.evaluate(current) == other["label"])
    witness.hears(1)
    nothing = {"deviceId": "nothing", "label": "Nothing"}
    assert one.refused("changeDevice", {"constraints": {"audio": nothing}}) == "deviceMissing"


# --- what the others notice, and what they don't ------------------------------------------------------------------


def test_the_name(meeting: tuple[Host, Participant], host: MakeHost, room: str) -> None:
    one, witness = meeting
    one.call("changeDisplayName", "Tom Sawyer")
    expect(witness.tile(one)).to_contain_text("Tom Sawyer")
    fixed = host("Fixed")
    fixed.embed(room, displayName="Huck")
    fixed.call("join", NO_DEVICES)
    assert fixed.refused("changeDisplayName", "Tom") == "nameFixed"


def test_the_sound(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting

    def players() -> Any:
        return one.frame.evaluate(PLAYERS)

    wait_for(lambda: players() == [1])
    one.call("setVolume", 30)
    wait_for(lambda: players() == [pytest.approx(0.3)])
    one.call("muteAudio")
    wait_for(lambda: players() == [0])
    one.call("unmuteAudio")
    wait_for(lambda: players() == [pytest.approx(0.3)])
    one.call("setVolume", 100)
    wait_for(lambda: players() == [1])
    assert one.call("playAudio") is True
    witness.button("leave").click()


def test_a_screenshot(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    wait_for(lambda: one.frame.evaluate("document.querySelector('video')?.videoWidth > 0"))
    picture = one.call("getScreenshotByPeerId", witness.peer_id)
    kind, _, data = picture.partition(",")
    assert kind == "data:image/png;base64"
    png = base64.b64decode(data, validate=True)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(png[place : place + 4]) for place in (16, 20))
    assert (width, height) >= (160, 90)
    assert one.refused("getScreenshotByPeerId", one.peer_id) == "noPicture"  # its camera is off
    assert one.refused("getScreenshotByPeerId", "nobody") == "notFound"


def test_the_pin(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    one.call("enablePin", witness.peer_id)
    one.hears_event("switchOnPin", peerId=witness.peer_id)
    one.call("disablePin")
    one.hears_event("switchOffPin")
    assert one.refused("enablePin", "nobody") == "notFound"
    one.hears_event("errorGetPin", peerId="nobody")


def test_controls_and_indicators(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    label = one.tile_in_room(witness).get_by_text(witness.name, exact=True)
    expect(one.in_room("leave")).to_be_visible()
    expect(label.first).to_be_visible()
    one.call("setControlsVisible", data=False)
    expect(one.in_room("leave")).not_to_be_visible()
    one.call("setHideIndicators", data=True)
    expect(label).to_have_count(0)
    one.call("setControlsVisible", data=True)
    expect(one.in_room("leave")).to_be_visible()
    one.call("setHideIndicators", data=False)
    expect(label.first).to_be_visible()


def test_full_screen(meeting: tuple[Host, Participant]) -> None:
    one, _ = meeting
    assert one.call("isFullscreenEnabled") is False
    one.page.evaluate(
        "() => { document.getElementById('click').onclick = () => { window.done = call('enableFullscreen'); }; }"
    )
    one.page.locator("#click").click()
    assert one.page.evaluate("done")["result"] is True
    wait_for(lambda: one.call("isFullscreenEnabled") is True)
    assert one.page.evaluate("document.fullscreenElement?.nodeName") == "IFRAME"
    one.call("disableFullscreen")
    wait_for(lambda: one.call("isFullscreenEnabled") is False)
    assert one.call("disableFullscreen") is True


def test_the_language(meeting: tuple[Host, Participant]) -> None:
    one, _ = meeting
    one.call("setLocale", "en-GB")
    assert one.frame.evaluate("document.documentElement.lang") == "en"
    assert one.refused("setLocale", "xx") == "invalidData"


def test_the_bitrate(meeting: tuple[Host, Participant]) -> None:
    one, _ = meeting
    one.call("enableWebcam")
    wait_for(lambda: sum(one.frame.evaluate(MAX_BITRATES)) > 120_000)
    one.call("setBitrate", 60_000)
    wait_for(lambda: 0 < sum(one.frame.evaluate(MAX_BITRATES)) <= 60_000)
    one.call("setBitrate", 0)
    wait_for(lambda: sum(one.frame.evaluate(MAX_BITRATES)) > 120_000)


# --- moderators ---------------------------------------------------------------------------------------------------


def test_a_moderator_turns_devices_off(host: MakeHost, participant: MakeParticipant, room: str) -> None:
    one, ben, cleo = host("Moderator"), participant("Ben"), participant("Cleo")
    for person in (ben, cleo):
        person.join(room)
    one.embed(room, token=token(role="moderator", roomId=room))
    one.call("join", BOTH_DEVICES)
    one.call("disabledTrackByModerator", {"userPeerId": ben.peer_id, "kind": "video"})
    one.hears_event("switchOffCamera", peerId=ben.peer_id, displayName="Ben")
    wait_for(lambda: cleo.frames(ben) == -1)
    one.call("disabledTrackByModerator", {"userPeerId": ben.peer_id, "kind": "audio"})
    one.hears_event("switchOffMic", peerId=ben.peer_id)
    one.call("disableAllCameras")
    one.hears_event("switchOffCamera", peerId=cleo.peer_id)
    wait_for(lambda: ben.frames(cleo) == -1)
    one.call("disableAllMics")
    one.hears_event("switchOffMic", peerId=cleo.peer_id)
    assert one.call("isCameraEnabled") is True
    ben.sees(one)
    nobody = {"userPeerId": "nobody", "kind": "video"}
    assert one.refused("disabledTrackByModerator", nobody) == "notFound"


def test_others_can_not(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    track = {"userPeerId": witness.peer_id, "kind": "video"}
    assert one.refused("disabledTrackByModerator", track) == "notModerator"
    assert one.refused("disableAllMics") == "notModerator"
    assert one.refused("disableAllCameras") == "notModerator"
    assert witness.frames(witness) != -1


# --- errors -------------------------------------------------------------------------------------------------------


def test_wrong_arguments(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room)
    wrong: list[tuple[str, Any]] = [
        ("setVolume", "loud"),
        ("setVolume", 101),
        ("setBitrate", -1),
        ("changeDisplayName", 5),
        ("setControlsVisible", "true"),
        ("join", {"constraints": {"video": "yes"}}),
        ("changeDevice", {"constraints": {}}),
        ("disabledTrackByModerator", {"userPeerId": "x", "kind": "screen"}),
    ]
    for name, data in wrong:
        assert one.refused(name, data) == "invalidData", (name, data)


def test_unknown_methods_and_calls_that_come_too_early(host: MakeHost, room: str) -> None:
    one = host()
    one.embed(room)
    assert one.refused("selfDestruct") == "unknownMethod"
    for name, data in (
        ("enableShare", None),
        ("setBitrate", 5),
        ("disableAllMics", None),
        ("disableAllCameras", None),
        ("disabledTrackByModerator", {"userPeerId": "x", "kind": "audio"}),
    ):
        assert one.refused(name, data) == "notJoined", name


def test_a_viewer_has_no_devices(host: MakeHost, participant: MakeParticipant, room: str) -> None:
    one, speaker = host("Viewer"), participant("Speaker")
    speaker.join(room)
    one.embed(room, "webinar")
    one.call("join", BOTH_DEVICES)
    one.sees_in_room(speaker)
    assert one.refused("enableWebcam") == "notAllowed"
    assert one.refused("enableMic") == "notAllowed"


def test_a_limit_that_is_reached(host: MakeHost, participant: MakeParticipant, room: str) -> None:
    one, other = host(), participant("Other")
    other.join(room)
    one.embed(room, maxBroadcasters="1")
    one.call("join", NO_DEVICES)
    one.sees_in_room(other)
    assert one.refused("enableWebcam") == "tooManyBroadcasters"
    assert "limit" in one.hears_event("connectionError", peerId=one.peer_id)["message"]


@pytest.mark.long
def test_an_iframe_without_a_room_is_no_silence(host: MakeHost) -> None:
    one = host()
    one.page.goto(one.site)
    one.page.evaluate("src => { window.bridge = attach(embed(src, '')); }", f"{one.url}/healthz")
    start = time.monotonic()
    assert one.refused("enableMic") == "notConnected"
    assert 15 < time.monotonic() - start < 30
    one.messages.clear()  # only rooms may be embedded: the browser says so


# --- connections --------------------------------------------------------------------------------------------------


def test_leaving(meeting: tuple[Host, Participant]) -> None:
    one, witness = meeting
    one.in_room("leave").click()
    one.hears_event("connectionClosed")
    expect(witness.tile(one)).to_have_count(0)
    assert one.refused("enableWebcam") == "notJoined"
    one.forget()
    one.call("join", BOTH_DEVICES)
    witness.sees(one)


def test_a_lost_server(meeting: tuple[Host, Participant], server: Server) -> None:
    one, witness = meeting
    os.kill(server.child("node"), signal.SIGKILL)
    one.hears_event("disconnected")
    one.forget()
    one.hears_event("join", timeout_s=40)
    one.sees_in_room(witness, timeout_s=40)
    one.messages.clear()
    witness.messages.clear()


@pytest.mark.long
def test_a_server_that_can_not_be_reached(host: MakeHost, room: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_server(tmp_path_factory.mktemp("unreachable"), node_url="ws://localhost:9/ws/serv0/") as broken:
        one = host(server=broken)
        one.embed(room)
        one.page.evaluate("call('join')")
        one.hears_event("connectionFailed", timeout_s=60)
        one.messages.clear()


def test_sound_that_needs_a_click(
    host: MakeHost, participant: MakeParticipant, playwright: Playwright, room: str
) -> None:
    arguments = [each for each in CHROMIUM_ARGUMENTS if "autoplay" not in each]
    strict = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*arguments, "--autoplay-policy=document-user-activation-required"]
    )
    try:
        witness, one = participant("Witness"), host(browser=strict)
        witness.join(room)
        # Without autoplay in its allow attribute, a click in the page around it does not count for the iframe; a page
        # that has used the microphone may play, so there must be no preview.
        one.embed(room, allow="screen-wake-lock", nameScreenDisabled="true")
        one.call("join", NO_DEVICES)
        one.hears_event("playingAudioPrevent")
        assert one.refused("playAudio") == "gestureRequired"
        one.frame.locator("body").click(position={"x": 5, "y": 5})
        assert one.call("playAudio") is True
    finally:
        strict.close()


# --- strangers ----------------------------------------------------------------------------------------------------

STRANGER = """
() => new Promise((resolve) => {
  const evil = document.createElement('iframe');
  const envelope = { protocol: 'meet-bridge', version: 1, session: '0123456789abcdef' };
  const script = (body) => `<script>${body}</` + 'script>';
  evil.srcdoc = script(`
    const envelope = ${JSON.stringify(envelope)};
    const room = parent.document.querySelector('iframe').contentWindow;
    room.postMessage({ ...envelope, type: 'hello', roomId: '' }, '*');
    room.postMessage({ ...envelope, type: 'request', id: 1, method: 'enableMic' }, '*');
    parent.postMessage({ ...envelope, type: 'event', name: 'peerClosed', data: { peerId: 'evil' } }, '*');
    parent.postMessage({ ...envelope, type: 'welcome', pageId: 'evil', roomId: '' }, '*');
    window.addEventListener('message', (event) => { parent.answered = event.data; });
  `);
  evil.onload = () => setTimeout(resolve, 1500);
  document.body.append(evil);
})
"""


def test_messages_of_strangers_are_ignored(meeting: tuple[Host, Participant]) -> None:
    one, _ = meeting
    one.page.evaluate(STRANGER)
    assert one.page.evaluate("window.answered ?? null") is None
    assert one.heard("peerClosed") == []
    assert one.call("isMicroEnabled") is False
