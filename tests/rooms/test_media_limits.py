"""What a client may ask of media: hostile values are refused, what browsers send is not."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest

from media.ortc.parameters import ConsumerLayers, DtlsParameters, RtpParameters, SctpStreamParameters
from rooms.protocol.errors import Refused
from rooms.runtime.media_limits import check_dtls_parameters, check_layers, check_rtp_parameters, check_sctp_stream

# As Chromium and mediasoup-client make them for a simulcast camera.
CHROMIUM: dict[str, Any] = {
    "mid": "1",
    "codecs": [
        {
            "mimeType": "video/VP8",
            "payloadType": 96,
            "clockRate": 90000,
            "parameters": {},
            "rtcpFeedback": [
                {"type": "goog-remb", "parameter": ""},
                {"type": "transport-cc", "parameter": ""},
                {"type": "ccm", "parameter": "fir"},
                {"type": "nack", "parameter": ""},
                {"type": "nack", "parameter": "pli"},
            ],
        },
        {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000, "parameters": {"apt": 96}, "rtcpFeedback": []},
    ],
    "headerExtensions": [{"uri": "urn:ietf:params:rtp-hdrext:sdes:mid", "id": 4, "encrypt": False, "parameters": {}}],
    "encodings": [
        {"active": True, "scaleResolutionDownBy": 4, "maxBitrate": 150000, "scalabilityMode": "L1T3", "rid": "r0"},
        {"active": True, "scaleResolutionDownBy": 2, "maxBitrate": 500000, "scalabilityMode": "L1T3", "rid": "r1"},
        {"active": True, "scaleResolutionDownBy": 1, "maxBitrate": 1500000, "scalabilityMode": "L1T3", "rid": "r2"},
    ],
    "rtcp": {"cname": "kJ2l3k4j5l6k7j8", "reducedSize": True},
}


def parameters(**changes: Any) -> RtpParameters:
    """Chromium's parameters with changes: `codecs__0__mime_type="x"`."""
    changed = copy.deepcopy(CHROMIUM)
    for path, value in changes.items():
        *steps, last = path.split("__")
        place: Any = changed
        for step in steps:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
    return msgspec.convert(changed, RtpParameters)


@pytest.mark.parametrize("mode", ["L1T1", "L3T3_KEY", "L2T2h", "S3T3", "L3T3_KEY_SHIFT"])
def test_what_browsers_send_is_fine(mode: str) -> None:
    check_rtp_parameters(parameters(encodings__0__scalabilityMode=mode))


@pytest.mark.parametrize(
    "changes",
    [
        {"mid": ""},
        {"mid": "m" * 17},
        {"rtcp__cname": "c" * 256},
        {"rtcp__cname": "é" * 128},
        {"rtcp__cname": "a\x00b"},
        {"codecs__0__parameters": {"x": "y" * 2000}},
        {"codecs__0__rtcpFeedback": [{"type": "nack"}] * 100},
        {"codecs__1__payloadType": 96},
        {"codecs__1__parameters": {}},
        {"codecs__1__parameters": {"apt": 97}},
        {"codecs__1__parameters": {"apt": [96]}},
        {"codecs__1__parameters": {"apt": 96.0}},
        {"codecs__1__parameters": {"apt": "96"}},
        {"codecs__0__mimeType": "audio/opus"},
        {"encodings__0__rid": ""},
        {"encodings__0__rid": "r" * 17},
        {"encodings__0__rid": "r\n"},
        {"encodings__0__scalabilityMode": "L9T9"},
        {"encodings__0__scalabilityMode": "x" * 1000},
        {"encodings__0__maxBitrate": 0},
        {"encodings__0__maxBitrate": -1},
        {"encodings__0__maxBitrate": 2**53},
        {"encodings__0__codecPayloadType": 97},
        {"encodings__0__codecPayloadType": 5},
    ],
)
def test_hostile_rtp_parameters_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        check_rtp_parameters(parameters(**changes))
    assert caught.value.info.code == "invalidData"


@pytest.mark.parametrize(
    ("value", "count", "fine"),
    [
        (":".join(["aB"] * 32), 1, True),
        (":".join(["00"] * 20), 8, True),
        (":".join(["00"] * 64), 1, True),
        (":".join(["00"] * 65), 1, False),
        (":".join(["00"] * 32), 9, False),
        (":".join(["00"] * 32), 0, False),
        ("", 1, False),
        ("zz", 1, False),
        (":".join(["GG"] * 32), 1, False),
        (":".join(["00"] * 32) + "\n", 1, False),
    ],
)
def test_fingerprints_are_few_and_of_hexadecimal_octets(value: str, count: int, fine: bool) -> None:
    wanted = {"fingerprints": [{"algorithm": "sha-256", "value": value}] * count}
    dtls = msgspec.convert(wanted, DtlsParameters)
    if fine:
        check_dtls_parameters(dtls)
    else:
        with pytest.raises(Refused):
            check_dtls_parameters(dtls)


@pytest.mark.parametrize(
    ("spatial", "temporal", "fine"),
    [(0, None, True), (2, 2, True), (7, 7, True), (-1, None, False), (8, 0, False), (0, -1, False), (0, 2**40, False)],
)
def test_layers_are_within_what_codecs_have(spatial: int, temporal: int | None, fine: bool) -> None:
    layers = ConsumerLayers(spatial, temporal)
    if fine:
        check_layers(layers)
    else:
        with pytest.raises(Refused):
            check_layers(layers)


@pytest.mark.parametrize(
    ("life_time", "retransmits", "fine"),
    [
        (None, None, True),
        (100, None, True),
        (None, 0, True),
        (1, 1, False),
        (-1, None, False),
        (None, 65536, False),
    ],
)
def test_a_data_channel_has_one_limit_at_most(life_time: int | None, retransmits: int | None, fine: bool) -> None:
    stream = SctpStreamParameters(1, ordered=True, max_packet_life_time=life_time, max_retransmits=retransmits)
    if fine:
        check_sctp_stream(stream)
    else:
        with pytest.raises(Refused):
            check_sctp_stream(stream)
