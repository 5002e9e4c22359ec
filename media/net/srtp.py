"""In-place SRTP (RFC 3711, RFC 7714) on pylibsrtp's own sessions.

pylibsrtp copies each packet into and out of a `bytes` object. The functions here call the same library on
memory that the caller owns. They go through `ctypes.PyDLL`, which keeps the GIL: giving it up and taking it
back for each packet costs nothing on an idle process, but waits a whole switch interval for each packet as
soon as another thread is busy. The library's own cffi functions take a twentieth of a microsecond less and give it up.
Many packets at once are `media.net.srtp_run`'s.

The two private members used, `Session._srtp` and the shared library behind `pylibsrtp._binding`, are part
of the contract that `tests/media/test_srtp.py` holds.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pylibsrtp
from pylibsrtp import _binding

if TYPE_CHECKING:
    from pylibsrtp import Session

# A C pointer, made once by `pointer` and passed to the functions below as often as one likes: ctypes would spend
# a quarter of the time of a call on turning three integers into pointers.
Pointer = Any

_library = ctypes.PyDLL(_binding.__file__)

# Each takes (context, packet, address of an int with the length), all of them `Pointer`s, and returns 0 or an
# error code; the length is updated. `protect` needs TRAILER_ROOM bytes behind the packet.
protect: Final[Any] = _library.srtp_protect
unprotect: Final[Any] = _library.srtp_unprotect
unprotect_rtcp: Final[Any] = _library.srtp_unprotect_rtcp


@lru_cache(maxsize=8192)
def pointer(address: int) -> Pointer:
    """The pointer to an address that outlives it."""
    return ctypes.byref(ctypes.c_ubyte.from_address(address))


def address_of(session: Session) -> int:
    """Where a session's libsrtp context is; valid while the session lives."""
    return int(_binding.ffi.cast("uintptr_t", session._srtp[0]))


def context_of(session: Session) -> Pointer:
    """A session's libsrtp context; valid while the session lives."""
    return pointer(address_of(session))


def forget(session: Session, ssrc: int) -> None:
    """Free what a session keeps for one SSRC: its place in the numbering, its keys. Unknown ones are ignored.

    What is forgotten must never be protected again: the numbering, and with it the nonces, would start anew.
    """
    with suppress(pylibsrtp.Error):
        session.remove_stream(ssrc)
