"""What aiortc can do of what a room can do, in the words of ORTC. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meet_participant.wire import (
        RtcpFeedback,
        RtpCapabilities,
        RtpCodecCapability,
        RtpHeaderExtensionCapability,
        RtpParameters,
    )

# Every browser decodes these; a room takes another codec only where everybody in it can.
MIME_TYPES: Final = {"audio": "audio/opus", "video": "video/VP8"}
# RTP header extensions that aiortc reads or writes.
EXTENSIONS: Final = {
    "audio": ("urn:ietf:params:rtp-hdrext:sdes:mid", "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
    "video": (
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    ),
}
FEEDBACK: Final = (("nack", ""), ("nack", "pli"), ("goog-remb", ""))


def supported(router: RtpCapabilities) -> RtpCapabilities:
    """What this participant can receive, of a router's capabilities."""
    media = [codec for codec in router.get("codecs", []) if codec["mimeType"] == MIME_TYPES[codec["kind"]]]
    types = {codec.get("preferredPayloadType") for codec in media}
    repair = [
        codec
        for codec in router.get("codecs", [])
        if codec["mimeType"].lower() == "video/rtx" and codec.get("parameters", {}).get("apt") in types
    ]
    extensions = [one for one in router.get("headerExtensions", []) if one["uri"] in EXTENSIONS[one["kind"]]]
    return {"codecs": [_with_our_feedback(codec) for codec in (*media, *repair)], "headerExtensions": extensions}


def _with_our_feedback(codec: RtpCodecCapability) -> RtpCodecCapability:
    return {**codec, "rtcpFeedback": _feedback(codec.get("rtcpFeedback", []))}


def _feedback(offered: Sequence[RtcpFeedback]) -> list[RtcpFeedback]:
    return [one for one in offered if (one["type"], one.get("parameter", "")) in FEEDBACK]


def sending(ours: RtpCapabilities, kind: str, mid: str, ssrc: int, rtx_ssrc: int, cname: str) -> RtpParameters:
    """The parameters of one stream that is sent. `ours` is what `supported` found."""
    codecs = [
        {
            "mimeType": codec["mimeType"],
            "payloadType": codec.get("preferredPayloadType"),
            "clockRate": codec["clockRate"],
            **({"channels": codec["channels"]} if codec.get("channels") else {}),
            "parameters": codec.get("parameters", {}) | ({"sprop-stereo": 1} if kind == "audio" else {}),
            "rtcpFeedback": codec.get("rtcpFeedback", []),
        }
        for codec in ours.get("codecs", [])
        if codec["kind"] == kind
    ]
    encoding: dict[str, Any] = {"ssrc": ssrc}
    if len(codecs) > 1:
        encoding["rtx"] = {"ssrc": rtx_ssrc}
    made: Any = {
        "mid": mid,
        "codecs": codecs,
        "headerExtensions": [_extension(one) for one in ours.get("headerExtensions", []) if one["kind"] == kind],
        "encodings": [encoding],
        "rtcp": {"cname": cname, "reducedSize": True},
    }
    parameters: RtpParameters = made
    return parameters


def _extension(one: RtpHeaderExtensionCapability) -> dict[str, Any]:
    return {"uri": one["uri"], "id": one["preferredId"]}
