"""What a room's home and another node say to each other over a link (`rooms.cascade.link`).

A *branch* is what another node has of a room: the far end of a pipe, and transports of some who receive. The home
numbers its branches on a link; it decides everything, and the other node carries it out in order.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from media.ortc.parameters import (
    ConsumerLayers,
    DtlsParameters,
    IceParameters,
    MediaKind,
    RtpCodecCapability,
    RtpParameters,
    TransportOptions,
)
from media.pipe.parameters import PipeParameters
from media.stats import TransportStats

# Links are between nodes of one version of this; others are refused.
VERSION = 1


class _Message(msgspec.Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class _Of(_Message, frozen=True):
    """About one branch."""

    branch: int


# --- either way ---


class Alive(_Message, frozen=True):
    """Nothing else; each side says so every second."""


# --- from the home ---


class OpenBranch(_Of, frozen=True):
    """Make a router with these codecs and the far end of a pipe; answered by `BranchOpened`."""

    codecs: list[RtpCodecCapability]
    pipe: PipeParameters


class CloseBranch(_Of, frozen=True):
    """End all of it."""


class Carry(_Of, frozen=True):
    """A track comes by the pipe from now on."""

    producer_id: str
    kind: MediaKind
    rtp_parameters: RtpParameters
    paused: bool


class PauseTrack(_Of, frozen=True):
    """It is paused, or goes on."""

    producer_id: str
    paused: bool


class DropTrack(_Of, frozen=True):
    """It has ended."""

    producer_id: str


class MakeTransport(_Of, frozen=True):
    """Somebody is to receive here; answered by `TransportMade` with this number."""

    request: int


class _OfTransport(_Of, frozen=True):
    transport_id: str


class Connect(_OfTransport, frozen=True):
    """The client's DTLS parameters."""

    dtls_parameters: DtlsParameters


class RestartIce(_OfTransport, frozen=True):
    """Our side has these credentials from now on."""

    ice_parameters: IceParameters


class CloseTransport(_OfTransport, frozen=True):
    """They receive nothing more."""


class Consume(_OfTransport, frozen=True):
    """They receive a track."""

    consumer_id: str
    producer_id: str
    rtp_parameters: RtpParameters


class _OfConsumer(_OfTransport, frozen=True):
    consumer_id: str


class KeepSharp(_OfConsumer, frozen=True):
    """It is of a screen, or not."""

    sharp: bool


class PauseConsumer(_OfConsumer, frozen=True):
    """They want nothing of it for now, or want it again."""

    paused: bool


class PreferLayers(_OfConsumer, frozen=True):
    """What their page makes of it."""

    layers: ConsumerLayers
    priority: int
    on_stage: bool


class AskForKeyFrame(_OfConsumer, frozen=True):
    """Their decoder is stuck."""


class CloseConsumer(_OfConsumer, frozen=True):
    """They receive it no more."""


# --- to the home ---


class BranchOpened(_Of, frozen=True):
    """The far end of the pipe; None where there can't be one, with the reason."""

    pipe: PipeParameters | None
    problem: str = ""


class TransportMade(_Of, frozen=True):
    """What the client needs; None where there can't be one."""

    request: int
    options: TransportOptions | None


class LayersWanted(_Of, frozen=True):
    """The receivers here want so many layers of a track (`PipeConsumer.set_layers`)."""

    producer_id: str
    count: int
    max_bitrates: list[int]


class TransportFailed(_OfTransport, frozen=True):
    """Nothing gets through to somebody: by `ice` or `dtls`."""

    reason: Literal["ice", "dtls"]


class LayersTold(_OfConsumer, frozen=True):
    """What of a video is sent to somebody now."""

    layers: ConsumerLayers | None
    exceeds_link: bool


class Counted(_Of, frozen=True):
    """What the transports of a branch count, some of them at a time."""

    transports: list[TransportStats]


FromHome = (
    Alive
    | OpenBranch
    | CloseBranch
    | Carry
    | PauseTrack
    | DropTrack
    | MakeTransport
    | Connect
    | RestartIce
    | CloseTransport
    | Consume
    | KeepSharp
    | PauseConsumer
    | PreferLayers
    | AskForKeyFrame
    | CloseConsumer
)
ToHome = Alive | BranchOpened | TransportMade | LayersWanted | TransportFailed | LayersTold | Counted
