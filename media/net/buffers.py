"""Fixed memory that the kernel and libsrtp read and write by address."""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Final

# libsrtp writes up to this many bytes behind a packet (SRTP_MAX_TRAILER_LEN plus the SRTCP index).
TRAILER_ROOM: Final = 148
# One datagram with what libsrtp writes behind it.
SLOT_SIZE: Final = 2048
MAX_PACKET: Final = SLOT_SIZE - TRAILER_ROOM
SOCKADDR_SIZE: Final = 28  # sockaddr_in6, the larger of the two


class Block:
    """`size` zeroed bytes that never move: as a memoryview (`view`), an address, and a ctypes `pointer`."""

    __slots__ = ("_keep", "address", "pointer", "view")

    def __init__(self, size: int) -> None:
        self._keep = (ctypes.c_ubyte * size)()
        self.address = ctypes.addressof(self._keep)
        self.pointer = ctypes.byref(self._keep)
        self.view = memoryview(self._keep).cast("B")

    def arrived_at(self, taken_at: float) -> float:
        """When the datagram in it came that was taken from its socket then; nothing else is known of it."""
        return taken_at


class SocketAddress(Block):
    """A `struct sockaddr_in` or `sockaddr_in6` at a fixed place, so that a roaming peer changes its bytes only."""

    __slots__ = ("length",)

    def __init__(self) -> None:
        super().__init__(SOCKADDR_SIZE)
        self.length = 0

    def set(self, address: tuple[str, int]) -> None:
        """Point at (`ip`, `port`)."""
        ip, port = address[0], address[1]
        if ":" in ip:
            packed = struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0)
            packed += socket.inet_pton(socket.AF_INET6, ip) + bytes(4)
        else:
            packed = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port)
            packed += socket.inet_pton(socket.AF_INET, ip) + bytes(8)
        self.view[: len(packed)] = packed
        self.length = len(packed)
