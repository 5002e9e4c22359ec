"""What an SFU must be told; everything else it measures or negotiates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MediaConfig:
    """Addresses and limits of one SFU.

    `listen` pairs each address to bind with an address to announce to clients (they differ behind NAT); one that is
    bound may be announced as several. Each is bound on its own, because a reply from a wildcard socket may leave from
    another address and ICE then fails. `port` is that of UDP, `tcp_port` that of TCP, None for no TCP; 0 takes any free
    one. `tcp_connections` and `tcp_per_address` bound how many there are at once, 0 for any number.

    Times are in seconds, rates in bits/s. `max_send_bps` is what each
    client may send on one transport, 0 for any number. Data channels are refused unless `data_channels`; then each
    client may send `data_messages_per_s` messages and `data_bps` on all of its own together. `bandwidth_feedback` is
    the best way to tell what arrives that receivers are asked for: `transport-cc`, `remb`, or `none`, which limits
    nothing. Of one room at most `precise_up_to` receivers of video are asked for `transport-cc` at a time, 0 for any
    number; the others for `remb`, which costs less.
    """

    listen: tuple[tuple[str, str], ...] = (("127.0.0.1", "127.0.0.1"),)
    port: int = 40000
    tcp_port: int | None = None
    tcp_connections: int = 4000
    tcp_per_address: int = 2000
    consent_timeout_s: float = 15.0
    initial_remb_bps: int = 5_000_000
    max_message_size: int = 262_144
    max_send_bps: int = 8_000_000
    data_channels: bool = False
    data_messages_per_s: int = 50
    data_bps: int = 1_000_000
    batched: bool = True
    bandwidth_feedback: Literal["transport-cc", "remb", "none"] = "transport-cc"
    precise_up_to: int = 0
