"""mediasoup's rules of negotiation."""

from __future__ import annotations

from itertools import count

import msgspec
import pytest

from media.errors import InvalidParameters, UnsupportedError
from media.ortc.header_extensions import TRANSPORT_WIDE_CC
from media.ortc.negotiation import (
    can_consume,
    generate_router_rtp_capabilities,
    get_consumable_rtp_parameters,
    get_consumer_rtp_parameters,
    get_producer_rtp_parameters_mapping,
    match_codecs,
    validate_rtp_capabilities,
    validate_rtp_parameters,
)
from media.ortc.parameters import (
    RtcpFeedback,
    RtpCapabilities,
    RtpCodecCapability,
    RtpCodecParameters,
    RtpEncodingParameters,
    RtpHeaderExtensionCapability,
    RtpHeaderExtensionParameters,
    RtpParameters,
    RtxParameters,
)
from tests.media.clients import audio_parameters, video_parameters

ROUTER = generate_router_rtp_capabilities()


def consumable(parameters: RtpParameters, kind: str = "video") -> RtpParameters:
    mapping = get_producer_rtp_parameters_mapping(parameters, ROUTER)
    numbers = count(900)
    return get_consumable_rtp_parameters(kind, parameters, ROUTER, mapping, lambda: next(numbers))  # type: ignore[arg-type]


def test_the_router_offers_each_codec_once_and_rtx_for_video() -> None:
    types = [codec.preferred_payload_type for codec in ROUTER.codecs]
    assert len(set(types)) == len(types)
    names = [codec.mime_type for codec in ROUTER.codecs]
    assert names[:3] == ["audio/opus", "audio/red", "video/VP8"]
    for before, after in zip(ROUTER.codecs, ROUTER.codecs[1:], strict=False):
        if after.mime_type == "video/rtx":
            assert after.parameters["apt"] == before.preferred_payload_type


def test_a_router_can_be_told_its_codecs() -> None:
    vp8 = RtpCodecCapability("video/VP8", "video", 90_000)
    made = generate_router_rtp_capabilities([vp8])
    assert [(c.mime_type, c.preferred_payload_type) for c in made.codecs] == [("video/VP8", 96), ("video/rtx", 97)]
    assert vp8.preferred_payload_type is None


def test_payload_types_are_mapped_to_the_routers() -> None:
    mapping = get_producer_rtp_parameters_mapping(video_parameters(), ROUTER)
    assert mapping.codecs == {120: 96, 121: 97}
    with pytest.raises(UnsupportedError, match="VP7"):
        get_producer_rtp_parameters_mapping(video_parameters(mime_type="video/VP7"), ROUTER)


def test_consumable_parameters_are_in_the_routers_terms() -> None:
    made = consumable(video_parameters())
    assert [(codec.mime_type, codec.payload_type) for codec in made.codecs] == [("video/VP8", 96), ("video/rtx", 97)]
    assert made.codecs[1].parameters == {"apt": 96}
    assert [encoding.ssrc for encoding in made.encodings] == [900]
    assert made.mid is None
    assert made.rtcp.cname == "alice"
    ids = {extension.uri: extension.id for extension in made.header_extensions}
    assert ids["urn:3gpp:video-orientation"] == 8
    with pytest.raises(InvalidParameters, match="kind audio"):
        consumable(video_parameters(), kind="audio")


def test_a_consumer_gets_one_encoding_with_rtx_if_it_can() -> None:
    parameters = get_consumer_rtp_parameters(consumable(video_parameters()), ROUTER, iter([1, 2]).__next__)
    assert [(codec.mime_type, codec.payload_type) for codec in parameters.codecs] == [
        ("video/VP8", 96),
        ("video/rtx", 97),
    ]
    assert parameters.encodings == [RtpEncodingParameters(ssrc=1, rtx=RtxParameters(2))]
    assert RtcpFeedback("nack", "pli") in parameters.codecs[0].rtcp_feedback
    plain = msgspec.structs.replace(ROUTER, codecs=[c for c in ROUTER.codecs if c.mime_type != "video/rtx"])
    without = get_consumer_rtp_parameters(consumable(video_parameters()), plain)
    assert [codec.mime_type for codec in without.codecs] == ["video/VP8"]
    assert without.encodings[0].rtx is None


def test_a_consumer_gets_only_feedback_and_extensions_it_knows() -> None:
    endpoint = RtpCapabilities(
        codecs=[RtpCodecCapability("video/vp8", "video", 90_000, 100, rtcp_feedback=[RtcpFeedback("nack")])],
        header_extensions=[RtpHeaderExtensionCapability("video", "urn:3gpp:video-orientation", 13)],
    )
    parameters = get_consumer_rtp_parameters(consumable(video_parameters()), endpoint)
    assert parameters.codecs[0].rtcp_feedback == [RtcpFeedback("nack")]
    assert parameters.header_extensions == [RtpHeaderExtensionParameters("urn:3gpp:video-orientation", 8)]


def test_bandwidth_feedback_needs_its_header_extension() -> None:
    bare = msgspec.structs.replace(ROUTER, header_extensions=[])
    types = {f.type for f in get_consumer_rtp_parameters(consumable(video_parameters()), bare).codecs[0].rtcp_feedback}
    assert types == {"nack", "ccm"}


def test_a_receiver_of_video_gives_one_kind_of_bandwidth_feedback() -> None:
    unnumbered = [e for e in ROUTER.header_extensions if e.uri != TRANSPORT_WIDE_CC]
    remb_only = msgspec.structs.replace(ROUTER, header_extensions=unnumbered)
    for known, wanted in ((ROUTER, "transport-cc"), (remb_only, "goog-remb")):
        parameters = get_consumer_rtp_parameters(consumable(video_parameters()), known)
        kinds = {f.type for f in parameters.codecs[0].rtcp_feedback}
        assert kinds & {"transport-cc", "goog-remb"} == {wanted}
        assert (TRANSPORT_WIDE_CC in {e.uri for e in parameters.header_extensions}) == (wanted == "transport-cc")


def test_an_operator_can_ask_for_less() -> None:
    for asked, wanted in (("remb", {"goog-remb"}), ("none", set[str]())):
        made = get_consumer_rtp_parameters(
            consumable(video_parameters()),
            ROUTER,
            bandwidth_feedback=asked,  # type: ignore[arg-type]
        )
        assert {f.type for f in made.codecs[0].rtcp_feedback} & {"transport-cc", "goog-remb"} == wanted
        assert TRANSPORT_WIDE_CC not in {e.uri for e in made.header_extensions}


def test_audio_carries_no_transport_wide_numbers() -> None:
    parameters = get_consumer_rtp_parameters(consumable(audio_parameters(), "audio"), ROUTER)
    assert TRANSPORT_WIDE_CC not in {e.uri for e in parameters.header_extensions}
    assert "transport-cc" not in {f.type for f in parameters.codecs[0].rtcp_feedback}


def test_simulcast_becomes_one_encoding_that_names_its_layers() -> None:
    made = consumable(video_parameters(rids=("a", "b", "c")))
    assert len(made.encodings) == 3
    assert get_consumer_rtp_parameters(made, ROUTER).encodings[0].scalability_mode == "L3T3"


def test_who_cannot_decode_cannot_consume() -> None:
    opus = RtpCapabilities([RtpCodecCapability("audio/opus", "audio", 48_000, channels=2)])
    assert can_consume(consumable(audio_parameters(), "audio"), opus)
    assert not can_consume(consumable(video_parameters()), opus)
    assert not can_consume(consumable(video_parameters()), RtpCapabilities())
    rtx_only = RtpCapabilities([RtpCodecCapability("video/rtx", "video", 90_000, 97, parameters={"apt": 96})])
    assert not can_consume(consumable(video_parameters()), rtx_only)
    with pytest.raises(UnsupportedError):
        get_consumer_rtp_parameters(consumable(video_parameters()), opus)
    broken = RtpCapabilities([RtpCodecCapability("video/VP9", "video", 90_000, parameters={"profile-id": []})])
    assert not can_consume(consumable(video_parameters(mime_type="video/VP9", profile_id=0)), broken)


def codec(
    mime_type: str, clock_rate: int = 90_000, channels: int | None = None, **parameters: object
) -> RtpCodecParameters:
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return RtpCodecParameters(mime_type, 100, clock_rate, channels, named)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (codec("video/VP8"), codec("video/vp8"), True),
        (codec("video/VP8"), codec("video/VP9"), False),
        (codec("audio/opus", 48_000, 2), codec("audio/opus", 48_000, 1), False),
        (codec("audio/PCMU", 8000), codec("audio/PCMU", 8000, 1), True),
        (codec("audio/opus", 48_000, 2), codec("audio/opus", 16_000, 2), False),
        (codec("video/VP9"), codec("video/VP9", profile_id=0), True),
        (codec("video/VP9", profile_id="2"), codec("video/VP9", profile_id=0), False),
        (codec("video/AV1"), codec("video/AV1", profile=1), False),
        (
            codec("video/H264", packetization_mode=1, profile_level_id="42e01f"),
            codec("video/H264", packetization_mode=1, profile_level_id="42001f"),
            False,
        ),
        (
            codec("video/H264", packetization_mode=1, profile_level_id="42e01f"),
            codec("video/H264", packetization_mode=1, profile_level_id="42C034"),
            True,
        ),
        (
            codec("video/H264", packetization_mode=0, profile_level_id="42e01f"),
            codec("video/H264", packetization_mode=1, profile_level_id="42e01f"),
            False,
        ),
        (
            codec("video/H264", packetization_mode=1, profile_level_id="64001f"),
            codec("video/H264", packetization_mode=1, profile_level_id="640028"),
            True,
        ),
    ],
    ids=str,
)
def test_codecs_match_by_format_and_profile(a: RtpCodecParameters, b: RtpCodecParameters, same: bool) -> None:
    assert match_codecs(a, b) is same
    assert match_codecs(b, a) is same


def altered(**changes: object) -> RtpParameters:
    return msgspec.structs.replace(video_parameters(), **changes)


VP8 = RtpCodecParameters("video/VP8", 120, 90_000)
INVALID = {
    "no codecs": altered(codecs=[]),
    "no encodings": altered(encodings=[]),
    "four encodings": altered(encodings=[RtpEncodingParameters(ssrc=number + 1) for number in range(4)]),
    "no MIME type": altered(codecs=[RtpCodecParameters("vp8", 120, 90_000)]),
    "payload type 128": altered(codecs=[RtpCodecParameters("video/VP8", 128, 90_000)]),
    "clock rate 0": altered(codecs=[RtpCodecParameters("video/VP8", 120, 0)]),
    "one payload type twice": altered(codecs=[VP8, RtpCodecParameters("video/H264", 120, 90_000)]),
    "RTX for nothing": altered(codecs=[VP8, RtpCodecParameters("video/rtx", 121, 90_000, parameters={"apt": 9})]),
    "RTX for a list": altered(codecs=[VP8, RtpCodecParameters("video/rtx", 121, 90_000, parameters={"apt": [1]})]),
    "RTX first": altered(codecs=[RtpCodecParameters("video/rtx", 121, 90_000, parameters={"apt": 120}), VP8]),
    "extension id 0": altered(header_extensions=[RtpHeaderExtensionParameters("x", 0)]),
    "encrypted extension": altered(header_extensions=[RtpHeaderExtensionParameters("x", 1, encrypt=True)]),
    "one SSRC twice": altered(encodings=[RtpEncodingParameters(ssrc=5, rtx=RtxParameters(5))]),
    "SSRC 0": altered(encodings=[RtpEncodingParameters(ssrc=0)]),
    "SSRC of 33 bits": altered(encodings=[RtpEncodingParameters(ssrc=2**32)]),
    "one rid twice": altered(encodings=[RtpEncodingParameters(rid="a"), RtpEncodingParameters(rid="a")]),
    "a rid missing": altered(encodings=[RtpEncodingParameters(rid="a"), RtpEncodingParameters(ssrc=5)]),
    "nothing to know it by": altered(mid=None, encodings=[RtpEncodingParameters()]),
}


@pytest.mark.parametrize("parameters", INVALID.values(), ids=INVALID)
def test_contradictions_are_refused(parameters: RtpParameters) -> None:
    with pytest.raises(InvalidParameters):
        validate_rtp_parameters(parameters)


def test_what_clients_really_send_is_valid() -> None:
    for parameters in (video_parameters(), audio_parameters(), video_parameters(rids=("a", "b"))):
        validate_rtp_parameters(parameters)


def test_malformed_codec_parameters_are_the_clients_fault() -> None:
    parameters = video_parameters(mime_type="video/H264", profile_level_id="42e01f", packetization_mode={})
    with pytest.raises(InvalidParameters, match="malformed"):
        get_producer_rtp_parameters_mapping(parameters, ROUTER)


def test_absurd_capabilities_are_refused() -> None:
    with pytest.raises(InvalidParameters):
        validate_rtp_capabilities(RtpCapabilities([RtpCodecCapability("video/VP8", "video", 90_000)] * 65))
    with pytest.raises(InvalidParameters):
        validate_rtp_capabilities(RtpCapabilities([RtpCodecCapability("video/VP8", "video", -1)]))
