"""Everything the media package raises on purpose.

MediaError
├── ParseError         bytes from the network that are no valid packet (also a ValueError)
├── InvalidParameters  parameters from a client that contradict themselves or a specification
├── UnsupportedError   a codec or feature that this router cannot handle
├── InvalidState       a call that the object's state does not allow
├── NotFound           an id that nobody has
└── AddressInUse       an address or port that cannot be bound
"""

from __future__ import annotations


class MediaError(Exception):
    """Base of all. `code` is stable and for programs; the message is a full sentence for people."""

    code = "mediaError"


class ParseError(MediaError, ValueError):
    """Hostile or broken input: drop the packet, keep the transport."""

    code = "malformedPacket"


class InvalidParameters(MediaError):
    """A client sent parameters that cannot be used."""

    code = "invalidData"


class UnsupportedError(MediaError):
    """What was asked for is valid, but not possible here."""

    code = "unsupportedCodec"


class InvalidState(MediaError):
    """Too early, too late, or twice."""

    code = "notAllowed"


class NotFound(MediaError):
    """There is no such thing."""

    code = "notFound"


class AddressInUse(MediaError):
    """The network would not give us the address."""

    code = "addressInUse"
