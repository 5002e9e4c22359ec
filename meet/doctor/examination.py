"""All that the doctor looks at, in the order in which it says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.checks import ERROR, run_checks

from meet.doctor import front, machine, network, stores, turn
from meet.doctor.findings import gather, warning, well, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from meet.config import Config
    from meet.doctor.findings import Finding, Look


def system_checks(config: Config) -> Iterable[Finding]:
    """The settings, as each command checks them at its start, and in production those for a deployment."""
    messages = [one for one in run_checks(include_deployment_checks=config.production) if not one.is_silenced()]
    for message in messages:
        kind = wrong if message.level >= ERROR else warning
        yield kind("Settings", f"{message.msg} ({message.id})", message.hint or "See docs/operator.md.")
    if not messages:
        yield well("Settings", f"They fit together; this is {config.env}.")


LOOKS: Final[Sequence[tuple[str, Look]]] = (
    ("Settings", system_checks),
    ("Python", machine.python),
    ("Packet path", machine.packet_path),
    ("Data folder", machine.data_folder),
    ("Disk", machine.disk),
    ("Open files", machine.open_files),
    ("UDP buffers", machine.udp_buffers),
    ("Codecs", machine.codecs),
    ("SRTP", machine.srtp),
    ("Fonts", machine.fonts),
    ("Database", stores.database),
    ("Clock", stores.database_clock),
    ("Redis", stores.redis_server),
    ("Nodes", network.nodes),
    ("Pages", network.pages_port),
    ("Signalling", network.signalling_port),
    ("Control", network.control_port),
    ("Large rooms", network.large_rooms),
    ("Media", network.media_port),
    ("Front", front.front),
    ("Certificate", network.own_certificate),
    ("Certificate", network.public_certificates),
    ("TURN", turn.turn_servers),
)


def examine(config: Config) -> list[Finding]:
    """Everything that can be said of this installation from this machine, without its secrets."""
    redact = settings.REDACT
    return [one._replace(text=redact(one.text), hint=redact(one.hint)) for one in gather(LOOKS, config)]
