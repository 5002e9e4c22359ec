"""A run of packets in fixed memory, protected in place: one after the other, or all by one call.

Where the packet path is compiled (`media/compiled.py`) `OneCall` goes over the run in C, so that ctypes turns arguments
into C's once a run instead of once a packet. `OneByOne` is the reference for tests, and the way of all other nodes.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from media.net.buffers import SLOT_SIZE, Block
from media.net.srtp import pointer, protect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MODULE: Final = "media.net._srtp_run"
STRUCT: Final = "struct run { uintptr_t protect, contexts, packets, lengths, failures; int step; };"
DECLARATION: Final = f"{STRUCT} int protect_run(struct run *run, int count);"
SOURCE: Final = (
    f"#include <stdint.h>\n{STRUCT}"
    """
static int protect_run(struct run *run, int count) {
    int (*protect)(void *, void *, int *) = (int (*)(void *, void *, int *))run->protect;
    void **contexts = (void **)run->contexts;
    int *lengths = (int *)run->lengths, *failures = (int *)run->failures, failed = 0;
    for (int row = 0; row < count; row++) {
        failures[row] = protect(contexts[row], (char *)run->packets + (long)row * run->step, &lengths[row]);
        failed += failures[row] != 0;
    }
    return failed;
}
"""
)
"""libsrtp is pylibsrtp's, and handed over as the address of its function: nothing is linked."""


class Run(Protocol):
    """`count` packets at most, a slot for each."""

    contexts: NDArray[np.uint64]
    """The address of each packet's SRTP context (`media.net.srtp.address_of`)."""
    lengths: NDArray[np.int32]
    """Of the packets, before `protect` and after."""

    def protect(self, count: int) -> Sequence[int]:
        """Protect the first packets; which of them could not be."""


class OneByOne:
    """One call a packet."""

    def __init__(self, packets: Block, count: int) -> None:
        self._packets = packets
        self._length_block = Block(count * 4)
        self.contexts = np.zeros(count, np.uint64)
        self.lengths = np.frombuffer(self._length_block.view, np.int32)
        self._packet_pointers = [pointer(packets.address + row * SLOT_SIZE) for row in range(count)]
        self._length_pointers = [pointer(self._length_block.address + row * 4) for row in range(count)]

    def protect(self, count: int) -> Sequence[int]:
        """Protect the first packets; which of them could not be."""
        contexts = map(pointer, self.contexts[:count].tolist())
        failures = list(map(protect, contexts, self._packet_pointers, self._length_pointers))
        return [row for row, failure in enumerate(failures) if failure] if any(failures) else ()


class OneCall:
    """One call for all of them, by `protect_run` of `SOURCE`. The GIL is kept, as in `media.net.srtp`."""

    def __init__(self, packets: Block, count: int, compiled: Any) -> None:
        self._packets = packets
        self._length_block = Block(count * 4)
        self._context_block = Block(count * 8)
        self._failure_block = Block(count * 4)
        self.contexts = np.frombuffer(self._context_block.view, np.uint64)
        self.lengths = np.frombuffer(self._length_block.view, np.int32)
        self._failures = np.frombuffer(self._failure_block.view, np.int32)
        ffi = compiled.ffi
        run = {
            "protect": ctypes.cast(protect, ctypes.c_void_p).value,
            "contexts": self._context_block.address,
            "packets": packets.address,
            "lengths": self._length_block.address,
            "failures": self._failure_block.address,
            "step": SLOT_SIZE,
        }
        self._run = ffi.new("struct run *", run)
        self._pointer = pointer(int(ffi.cast("uintptr_t", self._run)))
        function = int(ffi.cast("uintptr_t", ffi.addressof(compiled.lib, "protect_run")))
        # By cffi itself it would give up the GIL.
        self._protect_run: Callable[[Any, int], int] = ctypes.PYFUNCTYPE(ctypes.c_int)(function)

    def protect(self, count: int) -> Sequence[int]:
        """Protect the first packets; which of them could not be."""
        if self._protect_run(self._pointer, count) == 0:
            return ()
        failed: list[int] = np.flatnonzero(self._failures[:count]).tolist()
        return failed


def make_run(packets: Block, count: int) -> Run:
    """The fastest way that there is."""
    try:
        from media.net import _srtp_run  # type: ignore[attr-defined]  # noqa: PLC0415 - only where it was compiled
    except ImportError:
        return OneByOne(packets, count)
    return OneCall(packets, count, _srtp_run)
