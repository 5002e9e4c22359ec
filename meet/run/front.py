"""What a machine without a reverse proxy of its own has in front of web and node: Caddy, by `serve --domain`.

It has the ports of http and https, gets and renews the certificates (ACME, RFC 8555), and passes pages and signalling
on to loopback. All that it does stands in one file that is made here; nothing can be changed while it runs.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

from meet.config import ConfigError
from meet.private_files import write_private
from meet.run.patience import HEAD_S, IDLE_S

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from meet.config import Config

PROGRAM: Final = "caddy"
LETS_ENCRYPT: Final = "https://acme-v02.api.letsencrypt.org/directory"
# In the data folder: the file, and what Caddy keeps (accounts, keys, certificates), for its owner only.
FOLDER: Final = "front"
FILE: Final = "caddy.json"
# A connection that says nothing; a WebSocket is none, its pings are the node's business.
IDLE: Final = "2m"
MAX_HEAD: Final = 16 * 1024
TO_HTTPS: Final[dict[str, Any]] = {
    "handler": "static_response",
    "status_code": 308,
    "headers": {"Location": ["https://{http.request.host}{http.request.uri}"], "Connection": ["close"]},
}
# Where web says whether somebody has a name (`meet.views.certificate`).
ASK: Final = "/certificate"
# How often Caddy looks whether a certificate has less than a third of its life left.
LOOK_EVERY: Final = "10m"


def program() -> str:
    """Where Caddy is. Raises `ConfigError` where it is not installed."""
    found = shutil.which(PROGRAM)
    if found is None:
        message = (
            "--domain needs Caddy, which gets the certificate: apt install caddy, and systemctl disable --now caddy, "
            "because it is started from here."
        )
        raise ConfigError(message)
    return found


def folder_of(config: Config) -> Path:
    """Where Caddy's file and certificates are."""
    return config.data_path / FOLDER


def write(config: Config, host: str, nodes: Sequence[Config] = ()) -> Path:
    """Make the file, for Caddy to listen on `host` with these settings; its path. `nodes`: as for `content`."""
    folder = folder_of(config)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / FILE
    write_private(path, json.dumps(content(config, host, nodes), indent=2))
    return path


def content(config: Config, host: str, nodes: Sequence[Config] = (), *, look_every: str = LOOK_EVERY) -> dict[str, Any]:
    """The file (Caddy's JSON). Pure. `nodes` are the settings of each node on this machine, if there are several.

    HTTP/1.1 only, as web and node have it. What comes by http is sent on to https (308) for the names that we have;
    Caddy itself answers an authority that asks for its proof (HTTP-01). For other names it asks web before it gets a
    certificate, when somebody comes by one, and web answers at them, also by http: it knows the accounts' domains.
    `X-Forwarded-…` of strangers is replaced: Caddy trusts no other proxy.
    """
    names = list(config.domains)
    issuer: dict[str, Any] = {
        "module": "acme",
        "ca": config.acme_url or LETS_ENCRYPT,
        "challenges": {
            "http": {"alternate_port": config.http_port},
            "tls-alpn": {"alternate_port": config.https_port},
        },
    }
    if config.acme_email:
        issuer["email"] = config.acme_email
    if config.acme_roots:
        issuer["trusted_roots_pem_files"] = [config.acme_roots]
    listen = "" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - compared only
    bounds = {
        "protocols": ["h1"],
        "read_header_timeout": f"{HEAD_S:.0f}s",
        "idle_timeout": IDLE,
        "max_header_bytes": MAX_HEAD,
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {
            "logs": {"default": {"writer": {"output": "stderr"}, "encoder": {"format": "console"}, "level": "WARN"}}
        },
        "storage": {"module": "file_system", "root": str(folder_of(config))},
        "apps": {
            "http": {
                "http_port": config.http_port,
                "https_port": config.https_port,
                "servers": {
                    "https": {
                        **bounds,
                        "listen": [f"{listen}:{config.https_port}"],
                        "automatic_https": {"disable_redirects": True},  # they would be for all names
                        "routes": [
                            *(_route(names, node.node_port, f"/ws/{node.node_name}/*") for node in nodes or [config]),
                            _route([], config.port),
                        ],
                    },
                    "http": {
                        **bounds,
                        "listen": [f"{listen}:{config.http_port}"],
                        "routes": [
                            {"match": [{"host": names}], "handle": [TO_HTTPS], "terminal": True},
                            _route([], config.port),
                        ],
                    },
                },
            },
            "tls": {
                "automation": {
                    "policies": [{"subjects": names, "issuers": [issuer]}, {"on_demand": True, "issuers": [issuer]}],
                    "on_demand": {"ask": f"http://127.0.0.1:{config.port}{ASK}"},
                    "renew_interval": look_every,
                }
            },
        },
    }


def _route(names: list[str], port: int, path: str = "") -> dict[str, Any]:
    """Requests for these names, or for any, all or those of a path, go to a port of ours."""
    matched = {key: value for key, value in (("host", names), ("path", [path] if path else [])) if value}
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        # Shorter than web's patience with an idle connection, so that no request meets one that is being closed.
        "transport": {"protocol": "http", "keep_alive": {"idle_timeout": f"{IDLE_S / 2:.0f}s"}},
    }
    return {**({"match": [matched]} if matched else {}), "handle": [proxy], "terminal": True}
