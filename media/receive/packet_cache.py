"""The last packets of a stream, for receivers that lost one."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class PacketCache(Generic[T]):
    """A ring indexed by extended sequence number: O(1), and never more than `capacity` packets."""

    __slots__ = ("_mask", "_numbers", "_packets")

    def __init__(self, capacity: int) -> None:
        if capacity & (capacity - 1):
            message = f"The capacity must be a power of two, not {capacity}."
            raise ValueError(message)
        self._mask = capacity - 1
        self._numbers: list[int] = [-1] * capacity
        self._packets: list[T | None] = [None] * capacity

    def put(self, number: int, packet: T) -> None:
        """Keep a packet, in place of the one `capacity` before it."""
        index = number & self._mask
        self._numbers[index] = number
        self._packets[index] = packet

    def get(self, number: int) -> T | None:
        """The packet with this number, if it is still there."""
        index = number & self._mask
        return self._packets[index] if self._numbers[index] == number else None
