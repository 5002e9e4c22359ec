"""In-place SRTP (RFC 3711, RFC 7714) on pylibsrtp's own sessions.

pylibsrtp copies each packet into and out of a `bytes` object. The functions here call the same library on
memory that the caller owns. They go through `ctypes.PyDLL`, which keeps the GIL: giving it up and taking it
back for each packet costs nothing on an idle process, but waits a whole switch interval for each packet as
soon as another thread is busy.

The two private members used, `Session._srtp` and the shared library behind `pylibsrtp._binding`, are part
of the contract that `tests/media/test_srtp.py` holds.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from pylibsrtp import _binding

if TYPE_CHECKING:
    from pylibsrtp import Session

# libsrtp writes up to this many bytes behind a packet (SRTP_MAX_TRAILER_LEN plus the SRTCP index).
TRAILER_ROOM: Final = 148

_library = ctypes.PyDLL(_binding.__file__)


def _function(name: str) -> ctypes._FuncPointer:
    function = getattr(_library, name)
    function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    function.restype = ctypes.c_int
    return function


# Each takes (context, packet address, address of an int with the length) and returns 0 or an error code;
# the length is updated. `protect` needs TRAILER_ROOM bytes behind the packet.
protect: Final = _function("srtp_protect")
unprotect: Final = _function("srtp_unprotect")
unprotect_rtcp: Final = _function("srtp_unprotect_rtcp")


def context_of(session: Session) -> int:
    """The address of a session's libsrtp context; valid while the session lives."""
    return int(_binding.ffi.cast("uintptr_t", session._srtp[0]))
