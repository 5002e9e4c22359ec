"""Sockets for httpcore that reach only addresses that were checked, and only until a deadline."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

import httpcore

from meet.outgoing.errors import AddressRefusedError, ConnectionFailedError, TimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from meet.outgoing.policy import Policy

    # The addresses of a host's name, at most so many seconds later. Raises OSError, UnicodeError or TimeoutError.
    Resolve = Callable[[str, int, float], Sequence[str]]

MAX_LOOKUPS: Final = 64


class SystemResolver:
    """The system's resolver with a time limit.

    A name server that does not answer keeps a thread until the system gives up, long after our deadline: there are
    never more than so many of them.
    """

    def __init__(self, max_lookups: int = MAX_LOOKUPS) -> None:
        self._free = threading.BoundedSemaphore(max_lookups)

    def __call__(self, host: str, port: int, timeout_s: float) -> list[str]:
        """The addresses of a host's name. Raises `OSError`, `UnicodeError` or `TimeoutError`."""
        if not self._free.acquire(blocking=False):
            raise TimeoutError
        found: Future[list[str]] = Future()
        threading.Thread(target=self._look_up, args=(host, port, found), name="lookup", daemon=True).start()
        return found.result(timeout_s)

    def _look_up(self, host: str, port: int, found: Future[list[str]]) -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result([str(row[4][0]) for row in rows])
        except (OSError, UnicodeError) as error:
            found.set_exception(error)
        finally:
            self._free.release()


class Deadline:
    """One moment until which everything must be done."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._at_s = time.monotonic() + timeout_s

    def left_s(self) -> float:
        """The seconds that are left. Raises `TimedOutError` when there are none."""
        left = self._at_s - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> TimedOutError:
        """What to raise when a socket noticed it first."""
        return TimedOutError(f"There was no complete answer within {self._timeout_s:g} seconds.")


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves a host once, and connects to one of its addresses if all of them are allowed."""

    def __init__(self, policy: Policy, look_up: Resolve, deadline: Deadline) -> None:
        self._policy = policy
        self._resolve = look_up
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is in charge
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Raises `OutgoingError`."""
        for address in self._addresses(host, port):
            try:
                connection = socket.create_connection((address, port), self._deadline.left_s())
            except TimeoutError as error:
                raise self._deadline.passed() from error
            except OSError:
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Stream(connection, self._deadline)
        raise ConnectionFailedError(f"Nobody answers at {host}.")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolve(host, port, self._deadline.left_s())
        except TimeoutError as error:
            raise self._deadline.passed() from error
        except (OSError, UnicodeError) as error:
            raise ConnectionFailedError(f"The name {host} is not known.") from error
        if not addresses or not all(map(self._policy.allows, addresses)):
            raise AddressRefusedError(f"{host} leads to an address that is not public.")
        return list(dict.fromkeys(addresses))


class _Stream(httpcore.NetworkStream):
    """A connection, until the deadline. The time limits that httpcore hands in are for each step only: unused."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline
        self._answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        self._socket.settimeout(self._deadline.left_s())
        try:
            data = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise self._deadline.passed() from error
        except OSError as error:
            raise ConnectionFailedError("The connection broke before the answer was there.") from error
        if not data and not self._answered:
            raise ConnectionFailedError("The connection was closed without an answer.")
        self._answered = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        view = memoryview(buffer)
        while view:
            self._socket.settimeout(self._deadline.left_s())
            try:
                view = view[self._socket.send(view) :]
            except TimeoutError as error:
                raise self._deadline.passed() from error
            except OSError as error:  # the answer may have come before: httpcore goes on to read it
                raise httpcore.WriteError from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        try:
            self._socket.settimeout(self._deadline.left_s())
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise self._deadline.passed() from error
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise ConnectionFailedError(
                f"The certificate of {server_hostname} can't be trusted: {error.verify_message}"
            ) from error
        except (OSError, ValueError) as error:
            self.close()
            raise ConnectionFailedError(f"There is no encrypted connection to {server_hostname}.") from error
        return _Stream(secured, self._deadline)

    def close(self) -> None:
        self._socket.close()
