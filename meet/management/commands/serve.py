"""`manage.py serve`: all roles on this machine, with nothing to configure.

This makes everything ready; what supervises the roles then is `meet.management.supervising`.
"""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from meet.accounts.hosts import address_of, default_account
from meet.conf.applications import CHECKS_WITHOUT_PAGES
from meet.conf.rules import check
from meet.config import ConfigError
from meet.management.supervising import Orders, become_supervisor
from meet.run.addresses import LOOPBACK, check_port_free, media_addresses, primary_address
from meet.run.cores import usable_cores
from meet.run.front import program, write
from meet.run.local_nodes import check_apart, count, environment_of, local_nodes
from meet.run.self_signed import certificate_for
from meet.run.supervisor import Role
from rooms.nodes.ended import STARTED_BY
from rooms.nodes.placement import LEAST_LOADED

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Mapping

    from meet.config import Config

OTHERS: Final = ("web", "worker", "composer")
FRONT: Final = "front"


class Command(BaseCommand):
    help = "Run everything on this machine: pages, rooms, media, background tasks."
    requires_system_checks = CHECKS_WITHOUT_PAGES

    def add_arguments(self, parser: ArgumentParser) -> None:
        config: Config = settings.CONFIG
        parser.add_argument("--host", default=config.host, help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=_port, default=config.port, help="TCP port of the pages (%(default)s)")
        parser.add_argument(
            "--node-port", type=_port, help=f"TCP port of the signalling (--port plus one, or {config.node_port})"
        )
        parser.add_argument(
            "--control-port",
            type=_port,
            help=f"TCP port of the node's control API (--port plus two, or {config.control_port})",
        )
        parser.add_argument("--media-port", type=_port, default=config.media_port, help="UDP port of media, and of TCP")
        parser.add_argument(
            "--nodes",
            type=_number,
            default=config.nodes,
            help="how many nodes, each with the next ports (0: one for each processor but one)",
        )
        parser.add_argument(
            "--public-ip", default=config.public_ip, help="this machine's addresses or names behind NAT"
        )
        parser.add_argument("--reload", action="store_true", help="for development: start again when a file changes")
        parser.add_argument(
            "--domain",
            default=config.domain,
            help="https on port 443 at this host name, with a certificate that is got and renewed (several: a,b)",
        )
        parser.add_argument("--tls", action="store_true", default=config.tls, help="https, self-signed")

    def handle(self, *args: Any, **options: Any) -> None:
        config: Config = settings.CONFIG
        moved = options["port"] != config.port
        node_port = options["node_port"] or (options["port"] + 1 if moved else config.node_port)
        control_port = options["control_port"] or (options["port"] + 2 if moved else config.control_port)
        config = replace(
            config,
            host=options["host"],
            port=options["port"],
            node_port=node_port,
            control_port=control_port,
            media_port=options["media_port"],
            public_ip=options["public_ip"],
            tls=options["tls"],
            domain=options["domain"],
            nodes=options["nodes"],
        )
        host = config.host
        try:
            check(config)
            number = count(config, usable_cores(), reloads=options["reload"])
            if config.domain:
                config = behind_front(config)
                check(replace(config, domain=""))
                self._check_front(config, host)
            nodes = local_nodes(config, number)
            self._check(config, nodes)
        except ConfigError as error:
            raise CommandError(str(error)) from error
        call_command("setup")
        certificate_for(config)  # before web and node both make one
        if config.domain:
            write(config, host, nodes)
        run_id = secrets.token_hex(8)
        orders = Orders(
            config,
            {role.name: dict(role.environment) for role in roles(nodes, front=bool(config.domain))},
            {
                "MEET_HOST": config.host,
                "MEET_PORT": str(config.port),
                "MEET_NODE_PORT": str(config.node_port),
                "MEET_CONTROL_PORT": str(config.control_port),
                "MEET_MEDIA_PORT": str(config.media_port),
                "MEET_PUBLIC_IP": config.public_ip,
                "MEET_TLS": "true" if config.tls else "false",
                "PYTHONUNBUFFERED": "1",
                STARTED_BY: run_id,
                **(front_environment(config) if config.domain else {}),
                **shared_environment(nodes, os.environ),
            },
            run_id,
            where(config, nodes),
            options["reload"],
        )
        connections.close_all()
        become_supervisor(orders)

    @staticmethod
    def _check(config: Config, nodes: list[Config]) -> None:
        """Raise `ConfigError` for what would make a role fail at once."""
        vite = settings.DJANGO_VITE["default"]
        if not (vite["dev_mode"] or vite["manifest_path"].exists()):
            message = "The browser client has not been built: run `make build`."
            raise ConfigError(message)
        check_port_free(socket.SOCK_STREAM, config.host, config.port, "--port")
        check_apart(nodes, config.port)
        for node in nodes:
            check_port_free(socket.SOCK_STREAM, node.host, node.node_port, "--node-port")
            check_port_free(socket.SOCK_STREAM, node.control_host, node.control_port, "--control-port")
            for address in {bound for bound, _ in media_addresses(node)}:
                check_port_free(socket.SOCK_DGRAM, address, node.media_port, "--media-port")
                if node.media_tcp is not None:
                    check_port_free(socket.SOCK_STREAM, address, node.media_tcp, "--media-port or MEET_MEDIA_TCP_PORT")

    @staticmethod
    def _check_front(config: Config, host: str) -> None:
        """Raise `ConfigError` where Caddy is missing or can't have its ports."""
        program()
        check_port_free(socket.SOCK_STREAM, host, config.http_port, "MEET_HTTP_PORT")
        check_port_free(socket.SOCK_STREAM, host, config.https_port, "MEET_HTTPS_PORT")


def where(config: Config, nodes: list[Config]) -> list[str]:
    """What is said of where to go, as soon as somebody answers there."""
    scheme = "https" if config.tls else "http"
    public = address_of(default_account(), config)
    if config.vite_port:
        public = f"http://localhost:{config.vite_port}"
    lines = [f"Open {public} (pid {os.getpid()}, Ctrl-C ends it)"]
    if len(nodes) > 1:
        first, last = nodes[0], nodes[-1]
        ports = "" if config.domain else f"; signalling on ports {first.node_port} to {last.node_port}/tcp"
        media = f"media on ports {first.media_port} to {last.media_port}"
        lines.append(f"{len(nodes)} nodes, {first.node_name} to {last.node_name}: {media}{ports}.")
    if config.production:
        return lines
    address = primary_address()
    if address is not None and config.host in {"0.0.0.0", address}:  # noqa: S104 - compared only
        if config.tls:
            lines.append(f"In the local network: {scheme}://{address}:{config.port}")
            lines.append("Browsers warn once, because the certificate is self-signed.")
        else:
            lines.append("For cameras on other machines of the local network browsers want https: add --tls.")
    return lines


def roles(nodes: list[Config], *, front: bool) -> list[Role]:
    """What runs on this machine. There is one composer, for all nodes."""
    _, *further = nodes
    others = [Role(f"node {node.node_name}", environment_of(node)) for node in further]
    names = ",".join(node.node_name for node in nodes)
    rest = [Role(name, {"MEET_COMPOSER_NODES": names} if name == "composer" else {}) for name in OTHERS]
    return [Role("node"), *others, *rest, *([Role(FRONT)] if front else [])]


def shared_environment(nodes: list[Config], environment: Mapping[str, str]) -> dict[str, str]:
    """With several nodes, rooms go to the least loaded one, unless the operator has named one for them."""
    return {"MEET_DEFAULT_NODE": LEAST_LOADED} if len(nodes) > 1 and not environment.get("MEET_DEFAULT_NODE") else {}


def behind_front(config: Config) -> Config:
    """The settings of web and node behind the front: production, on loopback, at addresses of the first domain.

    The secret key may be the one in the data folder.
    """
    return replace(
        config,
        env="production",
        secret_key=config.effective_secret_key(),
        host=LOOPBACK,
        behind_proxy=True,
        allowed_hosts=config.allowed_hosts or ",".join(config.domains),
        node_url=config.node_url or f"wss://{config.domains[0]}/ws/{config.node_name}/",
    )


def front_environment(config: Config) -> dict[str, str]:
    """What web, node and workers are told when they are behind the front, beside what they always are."""
    return {
        "MEET_ENV": config.env,
        "MEET_SECRET_KEY": config.secret_key,
        "MEET_DOMAIN": "",  # theirs is a reverse proxy like any other
        "MEET_BEHIND_PROXY": "true",
        "MEET_ALLOWED_HOSTS": config.allowed_hosts,
        "MEET_NODE_URL": config.node_url,
    }


def _number(text: str) -> int:
    """Zero or more, for argparse."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _port(text: str) -> int:
    """A port number for argparse."""
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number
