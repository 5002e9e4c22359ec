"""What a participant receives by, as a room knows it: a transport of its own router, or one on another node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from media.ortc.parameters import (
        ConsumerLayers,
        DtlsParameters,
        IceParameters,
        MediaKind,
        RtpCapabilities,
        RtpParameters,
        TransportOptions,
    )
    from media.producer import Producer
    from media.receive.stream import ReceiveStream
    from media.router import Router
    from media.stats import TransportStats


class ReceivedTrack(Protocol):
    """A track that a participant receives (`media.consumer.Consumer`)."""

    id: str
    producer: Producer
    is_screen: bool
    priority: int
    on_stage: bool

    @property
    def preferred(self) -> ConsumerLayers: ...
    @property
    def fraction_lost(self) -> float: ...
    @property
    def rtt_s(self) -> float | None: ...
    @property
    def rtp_parameters(self) -> RtpParameters: ...
    @property
    def producer_id(self) -> str: ...
    @property
    def kind(self) -> MediaKind: ...
    @property
    def exceeds_link(self) -> bool: ...
    @property
    def withheld(self) -> bool: ...
    @property
    def current(self) -> ReceiveStream | None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def set_preferred_layers(self, layers: ConsumerLayers) -> None: ...
    def set_importance(self, priority: int, *, on_stage: bool) -> None: ...
    def request_key_frame(self) -> None: ...
    def close(self) -> None: ...


class Receiving(Protocol):
    """What a participant receives by (`media.transport.WebRtcTransport`)."""

    id: str

    @property
    def options(self) -> TransportOptions: ...
    @property
    def consumers(self) -> Mapping[str, ReceivedTrack]: ...
    @property
    def estimate_bps(self) -> int | None: ...
    def connect(self, dtls_parameters: DtlsParameters) -> None: ...
    def restart_ice(self) -> IceParameters: ...
    def consume(
        self, producer_id: str, rtp_capabilities: RtpCapabilities, listener: Any, *, paused: bool = True
    ) -> ReceivedTrack: ...
    def consume_data(self, data_producer_id: str) -> Any: ...
    def stats(self) -> TransportStats: ...
    def close(self) -> None: ...


class ReceivingElsewhere(Receiving, Protocol):
    """One on another node. `on_lost` is called when that node, or the way there, is gone."""

    on_lost: Callable[[], None]
    on_failed: Callable[[Literal["ice", "dtls"]], None]


@dataclass(frozen=True)
class Spread:
    """Parts of rooms larger than one node, and who receives by them.

    `elsewhere` are those that rooms of this node have on others, `here` those that others' rooms have on this one.
    """

    branches_elsewhere: int = 0
    receivers_elsewhere: int = 0
    branches_here: int = 0
    receivers_here: int = 0


class Elsewhere(Protocol):
    """Where else than on its home a room's participants may receive (`rooms.cascade`)."""

    def crowded(self) -> bool:
        """Whether newcomers had better receive on another node."""

    def carries(self) -> bool:
        """Whether there is another node that takes newcomers."""

    async def reserve(self, router: Router) -> ReceivingElsewhere | None:
        """A transport on another node for somebody of this router's room; None where there is none to be had."""

    def room_closed(self, router: Router) -> None:
        """A room has ended, and with it all that is elsewhere of it."""

    def spread(self) -> Spread:
        """How far rooms reach at the moment."""

    def receivers_of(self, router: Router) -> dict[str, int]:
        """How many people of this router's room receive from which other node."""


class OneNode:
    """A node by itself."""

    def crowded(self) -> bool:
        return False

    def carries(self) -> bool:
        return False

    async def reserve(self, router: Router) -> ReceivingElsewhere | None:
        del router
        return None

    def room_closed(self, router: Router) -> None:
        """There is nothing."""

    def spread(self) -> Spread:
        return Spread()

    def receivers_of(self, router: Router) -> dict[str, int]:
        del router
        return {}


ONE_NODE: Final = OneNode()
