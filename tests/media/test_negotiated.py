"""What a router negotiates once for all who are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from media.errors import InvalidParameters, UnsupportedError
from media.ortc import negotiated as module
from media.ortc.negotiated import MOST_KNOWN, Negotiated
from media.ortc.negotiation import generate_router_rtp_capabilities, get_consumer_rtp_parameters
from media.ortc.parameters import RtpCapabilities, RtpCodecCapability
from tests.media.clients import Call, audio_parameters, video_parameters
from tests.media.parts import Track

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTER = generate_router_rtp_capabilities()
VIDEO = Track().producer.consumable
OPUS = RtpCapabilities([codec for codec in ROUTER.codecs if codec.kind == "audio"], ROUTER.header_extensions)


def another(capabilities: RtpCapabilities) -> RtpCapabilities:
    """The same from another client."""
    return msgspec.json.decode(msgspec.json.encode(capabilities), type=RtpCapabilities)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was negotiated, and validated."""
    done: list[str] = []

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            done.append(name)
            return function(*args)

        return call

    for name in ("get_common_rtp_parameters", "validate_rtp_capabilities"):
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return done


def test_a_crowd_of_like_browsers_costs_one_negotiation(counted: list[str]) -> None:
    known = Negotiated()
    made = []
    for _ in range(100):
        capabilities = known.admit(another(ROUTER))
        assert known.can_consume("p", VIDEO, capabilities)
        made.append(known.parameters("p", VIDEO, capabilities, "transport-cc"))
    assert counted == ["validate_rtp_capabilities", "get_common_rtp_parameters"]
    assert len({one.encodings[0].ssrc for one in made}) == 100
    assert len({one.encodings[0].rtx.ssrc for one in made if one.encodings[0].rtx}) == 100


@pytest.mark.parametrize("feedback", ["transport-cc", "remb", "none"])
def test_it_is_what_would_be_negotiated_anew(feedback: Any) -> None:
    known, numbers = Negotiated(), iter([1, 2])
    known.parameters("p", VIDEO, ROUTER, feedback)
    kept = known.parameters("p", VIDEO, another(ROUTER), feedback)
    anew = get_consumer_rtp_parameters(VIDEO, ROUTER, numbers.__next__, feedback)
    (encoding,) = kept.encodings
    assert encoding.ssrc
    assert encoding.rtx is not None
    encoding.ssrc, encoding.rtx.ssrc = 1, 2
    assert kept == anew


def test_what_one_client_is_told_of_itself_is_not_told_to_the_next() -> None:
    known = Negotiated()
    first, second = (known.parameters("p", VIDEO, ROUTER, "remb") for _ in range(2))
    first.mid = "7"
    assert (second.mid, first.encodings[0]) != ("7", second.encodings[0])
    assert known.parameters("p", VIDEO, ROUTER, "remb").mid is None


def test_who_can_not_decode_it_is_told_so_each_time(counted: list[str]) -> None:
    known = Negotiated()
    for _ in range(3):
        assert not known.can_consume("p", VIDEO, OPUS)
        with pytest.raises(UnsupportedError, match="cannot decode"):
            known.parameters("p", VIDEO, OPUS, "transport-cc")
    assert counted.count("get_common_rtp_parameters") == 1


def test_what_is_absurd_is_never_admitted() -> None:
    known, absurd = Negotiated(), RtpCapabilities([RtpCodecCapability("video/VP8", "video", -1)])
    for _ in range(2):
        with pytest.raises(InvalidParameters):
            known.admit(absurd)


def test_whoever_makes_up_new_capabilities_fills_no_memory(counted: list[str]) -> None:
    known = Negotiated()
    for number in range(3 * MOST_KNOWN):
        made_up = RtpCapabilities([*ROUTER.codecs, RtpCodecCapability("video/x", "video", number + 1)])
        known.parameters("p", VIDEO, known.admit(made_up), "remb")
    assert len(known._by_content) <= MOST_KNOWN
    assert len(known._by_object) <= MOST_KNOWN
    assert counted.count("get_common_rtp_parameters") == 3 * MOST_KNOWN


async def test_of_a_track_that_has_ended_nothing_is_kept() -> None:
    call = Call()
    await call.start()
    try:
        sender, *receivers = [await call.join() for _ in range(4)]
        for producer in (sender.produce("video", video_parameters()), sender.produce("audio", audio_parameters())):
            for receiver in receivers:
                receiver.consume(producer, another(call.capabilities))
            (endpoint,) = call.router.negotiated._by_object.values()
            assert endpoint.common
            producer.close()
            assert not endpoint.common
    finally:
        await call.close()
