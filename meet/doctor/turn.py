"""Whether TURN servers give a relay to those who have our credentials: a real Allocate request (RFC 8656)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Final

from aioice import stun, turn

from meet.config import split_list
from meet.doctor.findings import one_line, well, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meet.config import Config
    from meet.doctor.findings import Finding

TIMEOUT_S: Final = 5.0
LIFETIME_S: Final = 300
PORTS: Final = {"turn": 3478, "turns": 5349}


def turn_servers(config: Config) -> Iterable[Finding]:
    """Each server that pages are told of."""
    urls = split_list(getattr(config, "turn_urls", ""))
    if not urls:
        yield well("TURN", "None is set: people behind firewalls without UDP may not get media.")
    for url in urls:
        yield allocated(url, getattr(config, "turn_secret", ""))


def allocated(url: str, secret: str) -> Finding:
    """Ask one server for a relay, with credentials as a page would get them."""
    username = f"{int(time.time()) + LIFETIME_S}:doctor"
    password = base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()
    try:
        relayed = asyncio.run(_allocate(url, username, password))
    except TimeoutError:
        hint = "See that it runs and that firewalls let its ports through."
        return wrong("TURN", f"{url} does not answer.", hint)
    except (OSError, ValueError, stun.TransactionError) as error:
        code = getattr(getattr(error, "response", None), "attributes", {}).get("ERROR-CODE", (0, ""))
        if code[0] == 401:
            hint = "Its static-auth-secret must be MEET_TURN_SECRET."
            return wrong("TURN", f"{url} refuses our credentials.", hint)
        hint = "See its log, and whether firewalls let its ports through."
        return wrong(
            "TURN", f"{url} gives no relay ({one_line(error)}{f', {code[0]} {code[1]}' if code[0] else ''}).", hint
        )
    return well("TURN", f"{url} gives a relay at {relayed[0]}.")


async def _allocate(url: str, username: str, password: str) -> tuple[str, int]:
    """The relayed address. Raises `OSError`, `TimeoutError`, `ValueError` or `stun.TransactionError`."""
    scheme, host, port, transport = _parts(url)
    async with asyncio.timeout(TIMEOUT_S):
        endpoint, _ = await turn.create_turn_endpoint(
            asyncio.DatagramProtocol,
            (host, port),
            username,
            password,
            lifetime=LIFETIME_S,
            ssl=scheme == "turns",
            transport=transport,
        )
    relayed: tuple[str, int] = endpoint.get_extra_info("sockname")
    endpoint.close()
    return relayed


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and transport of a TURN URI (RFC 7065). Raises `ValueError`."""
    scheme, _, rest = url.partition(":")
    if scheme not in PORTS:
        raise ValueError(f"{url} is no address of a TURN server")
    rest, _, query = rest.partition("?")
    transport = query.removeprefix("transport=") or ("tcp" if scheme == "turns" else "udp")
    host, separator, port = rest.rpartition(":")
    if not separator or rest.endswith("]"):
        host, port = rest, str(PORTS[scheme])
    return scheme, host.strip("[]"), int(port), transport
