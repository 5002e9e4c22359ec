"""What both ends of a pipe tell each other, and the keys that are made of it.

The names are those of mediasoup's `PipeTransport` (`SrtpParameters`, `TransportTuple`).
"""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from pylibsrtp import Policy, Session

from media.errors import InvalidParameters
from media.ortc.header_extensions import HOP_BY_HOP
from media.ortc.negotiation import is_rtx, random_ssrc

if TYPE_CHECKING:
    from media.ortc.parameters import RtpParameters

# RFC 7714 section 12: a key of 32 and a salt of 12 octets.
KEY_OCTETS: Final = 44
# Packets that may come late, as transports to clients have it.
REPLAY_WINDOW: Final = 1024
# Told by the receivers of one hop: each end has its own.
_BANDWIDTH_FEEDBACK: Final = frozenset({"transport-cc", "goog-remb"})


class SrtpParameters(msgspec.Struct, rename="camel", frozen=True):
    """What one end protects with. `key_base64` is a secret: for the control API alone."""

    key_base64: str
    crypto_suite: Literal["AEAD_AES_256_GCM"] = "AEAD_AES_256_GCM"

    def __repr__(self) -> str:
        return f"SrtpParameters({self.crypto_suite})"  # logs have no keys


class PipeParameters(msgspec.Struct, rename="camel", frozen=True):
    """One end of a pipe: where it receives, and what it sends is protected with."""

    ip: str
    port: int
    srtp_parameters: SrtpParameters


def generate_srtp_parameters() -> SrtpParameters:
    """A key that nobody has had before: the nonces of a pipe begin anew with each."""
    return SrtpParameters(base64.b64encode(secrets.token_bytes(KEY_OCTETS)).decode())


def srtp_session(parameters: SrtpParameters, *, inbound: bool) -> Session:
    """For what comes, or for what goes. Raises `InvalidParameters`."""
    try:
        key = base64.b64decode(parameters.key_base64, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_OCTETS:
        message = f"The key of a pipe is {KEY_OCTETS} octets in base64."
        raise InvalidParameters(message)
    policy = Policy(
        key=key,
        ssrc_type=Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND,
        srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
    )
    policy.window_size = REPLAY_WINDOW
    return Session(policy)


def piped_parameters(consumable: RtpParameters) -> RtpParameters:
    """How a router's track goes through a pipe: all its encodings, each under an SSRC of its own, without RTX.

    The SSRCs are new each time, since a numbering that begins anew under the same key needs another one. What is of one
    hop (mid, rid, send times, transport-wide numbers and their feedback) is left out.
    """
    replace = msgspec.structs.replace
    return replace(
        consumable,
        codecs=[
            replace(codec, rtcp_feedback=[one for one in codec.rtcp_feedback if one.type not in _BANDWIDTH_FEEDBACK])
            for codec in consumable.codecs
            if not is_rtx(codec)
        ],
        encodings=[replace(encoding, ssrc=random_ssrc()) for encoding in consumable.encodings],
        header_extensions=[one for one in consumable.header_extensions if one.uri not in HOP_BY_HOP],
    )
