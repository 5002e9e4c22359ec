"""Sends one request and reads its answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import httpcore
import httpx
from django.conf import settings

from meet.outgoing.errors import AddressRefusedError, BrokenAnswerError
from meet.outgoing.network import CheckedBackend, Deadline, SystemResolver
from meet.outgoing.policy import Policy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from meet.outgoing.network import Resolve

TIMEOUT_S: Final = 5.0
MAX_ANSWER: Final = 16 * 1024


@dataclass(frozen=True)
class Answer:
    """An answer of whatever status. `body` is as it was sent, at most its first 16 KiB."""

    status: int
    body: bytes


class Sender:
    """Posts to addresses that others chose, as far as a policy allows. May be used by many threads."""

    def __init__(self, policy: Policy, context: ssl.SSLContext, look_up: Resolve) -> None:
        self._policy = policy
        self._context = context
        self._resolve = look_up

    def post(self, url: str, content: bytes, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> Answer:
        """Post `content` and return the answer, a redirect's too. Raises `OutgoingError`.

        `timeout_s` is for all of it, from looking the name up to the answer's last byte.
        """
        target = self._policy.check_url(url)
        backend = CheckedBackend(self._policy, self._resolve, Deadline(timeout_s))
        address = httpcore.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
        sent = {"Host": target.netloc.decode("ascii"), "Connection": "close", "User-Agent": "meet", **headers}
        try:
            given = [(name.encode("ascii"), value.encode("ascii")) for name, value in sent.items()]
            with (
                httpcore.ConnectionPool(ssl_context=self._context, network_backend=backend) as pool,
                pool.stream("POST", address, headers=given, content=content) as response,
            ):
                body = bytearray()
                for chunk in response.iter_stream():
                    body += chunk
                    if len(body) >= MAX_ANSWER:
                        break
                return Answer(response.status, bytes(body[:MAX_ANSWER]))
        except (httpcore.LocalProtocolError, UnicodeEncodeError) as error:
            raise AddressRefusedError("The headers for the address can't be sent.") from error
        except httpcore.RemoteProtocolError as error:
            raise BrokenAnswerError("What came back is no HTTP answer.") from error


def sender() -> Sender:
    """The one for the operator's settings."""
    return _sender(Policy(https_only=settings.CONFIG.production, networks=settings.CONFIG.networks))


@cache
def _sender(policy: Policy) -> Sender:
    # The certificates that browsers trust, or those of SSL_CERT_FILE.
    return Sender(policy, httpx.create_ssl_context(), SystemResolver())
