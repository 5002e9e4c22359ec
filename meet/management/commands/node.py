"""`manage.py node`: signalling and media of the rooms that live in this process."""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from media.config import MediaConfig
from media.errors import AddressInUse, InvalidParameters
from media.pipe.addresses import check_private
from meet import tracing
from meet.conf.applications import CHECKS_WITHOUT_PAGES
from meet.conf.database import bound_statements
from meet.conf.turn import turn_servers
from meet.config import ConfigError
from meet.database_writer import DatabaseThread
from meet.management import nodes
from meet.metrics.roles import WatchedNode
from meet.run.addresses import media_addresses, written
from meet.run.announcing import Announcing
from meet.run.daphne_server import Listen, run
from meet.run.open_files import media_connections_within, raise_limit
from meet.run.self_signed import certificate_for
from meet.wakeup import composer_of, load, wake
from recording.capture.disk import MIB, DiskWriter
from recording.capture.recorder import EMPTY_FOR_S, NodeRecorder
from recording.jobs.journal import DatabaseJournal
from rooms.cascade.cascade import Cascade
from rooms.cascade.choosing import Marks
from rooms.control.client import answers
from rooms.control.encryption import asking, serving
from rooms.control.server import ControlServer
from rooms.control.signing import derive_key
from rooms.nodes.ended import STARTED_BY, machine_of
from rooms.nodes.lease import LEASE
from rooms.nodes.load import Meter, burden
from rooms.nodes.place import Place, PlaceTaken
from rooms.nodes.registration import NameTaken, Registration
from rooms.nodes.room_memories import DatabaseMemories, Holder
from rooms.runtime.checks import CheckLimits
from rooms.runtime.node import Node, NodeConfig
from rooms.runtime.quotas import Quotas
from rooms.runtime.tenure import Tenure
from rooms.signalling.asgi import node_application
from stats.collector import Collector

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from django.core.management.base import CommandParser

    from meet.config import Config
    from meet.run.readiness import Readiness

# Another Python thread may hold up the packet loop for this long at most (default: 5 ms).
SWITCH_INTERVAL_S: Final = 0.0002
# Without an answer a browser is gone: within 10 seconds for the others. Pages ask by themselves every 4 s, so that only
# those are asked that have been silent for longer: a thousand pings in 3 s would take a tenth of a processor.
WEBSOCKET_PING_S: Final = 5.0
WEBSOCKET_PONG_TIMEOUT_S: Final = 4.0
# What the node's row has place for.
MEDIA_ADDRESSES_LENGTH: Final = 255


def _prepared() -> Config:
    """The settings, and statements that end in time."""
    config: Config = settings.CONFIG
    bound_statements(config.database_statement_s)
    return config


class Command(BaseCommand):
    help = "Run rooms: signalling and media (WebSocket, UDP, TCP). Or see to nodes: list, drain NAME, undrain NAME."
    requires_system_checks = CHECKS_WITHOUT_PAGES

    def add_arguments(self, parser: CommandParser) -> None:
        nodes.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: PLR0915 - its parts, one after the other
        if options["action"]:
            nodes.see_to(options, self.stdout)
            return
        config = _prepared()
        load()
        try:
            addresses = media_addresses(config)
        except ConfigError as error:
            raise CommandError(str(error)) from error
        place = Place(config.ensure_data_path(), config.node_name)
        try:
            here = place.hold()
        except PlaceTaken as error:
            raise CommandError(f"{error.message} {error.hint}") from error
        database = DatabaseThread()
        # The lease is never late because of what others write.
        leasing = DatabaseThread("lease of the name")
        collector = Collector(config.node_name, database)
        captures = settings.CAPTURES_DIR
        journal = DatabaseJournal(config.node_name, captures, partial(wake, composer_of(config.node_name)), database)
        disk = DiskWriter(config.recording_min_free_mb * MIB)
        recorder = NodeRecorder(config.node_name, captures, journal, disk)
        memories = DatabaseMemories(
            lambda: [key for key, room in node.rooms.items() if room.peer_count],
            database,
            lambda: Holder(config.node_name, node.tenure.epoch),
        )
        node = Node(
            NodeConfig(
                name=config.node_name,
                media=MediaConfig(
                    listen=addresses,
                    port=config.media_port,
                    tcp_port=config.media_tcp,
                    tcp_connections=media_connections_within(
                        raise_limit(), config.max_connections, config.media_tcp_connections
                    ),
                    tcp_per_address=2 * config.sockets_per_address,
                    max_send_bps=1000 * config.max_send_kbps,
                    bandwidth_feedback=cast("Any", config.bandwidth_feedback),
                    precise_up_to=config.precise_up_to,
                    data_channels=config.data_channels,
                    data_messages_per_s=config.data_messages_per_second,
                    data_bps=1000 * config.data_kbps,
                ),
                allowed_origins=config.origins,
                video_codecs=config.codecs,
                quotas=Quotas(config.sockets_per_address, config.people_per_account, config.joins_per_minute),
                all_microphones_up_to=config.all_microphones_up_to,
                checks=CheckLimits(config.checks_at_once, config.checks_per_address),
                turn=turn_servers(config),
                full=config.full_percent / 100,
            ),
            collector,
            recorder,
            memories,
            collector if config.sample_days else None,
            Tenure(LEASE.total_seconds()),
        )
        watch = WatchedNode(node, config, database)
        meter = Meter(watch.lag, node.datagrams)
        cascade = _cascade(node, meter)
        control = ControlServer(
            node,
            derive_key(settings.SECRET_KEY),
            around=tracing.served,
            other_keys=[derive_key(key) for key in settings.SECRET_KEY_FALLBACKS],
            links=cascade,
        )
        registration = _registration(node, here, leasing, addresses, meter, cascade)
        announcing = Announcing(config, addresses, node.announce)

        async def start() -> None:
            await node.start()
            watch.start()
            # Before anything that an earlier process of this name has left is taken for ours.
            await registration.start(answers)
            announcing.start()
            await collector.start()
            for unfinished in await journal.start(EMPTY_FOR_S):
                recorder.resume(unfinished)
            await memories.start()
            await control.start(config.control_host, config.control_port, serving(config.control_certificate))
            await registration.run()
            node.heap.start()

        async def stop() -> None:
            await registration.close()  # first: people go to other nodes while this one still talks to them
            await announcing.close()
            await watch.close()
            await control.close()
            if cascade is not None:
                await cascade.close()
            await node.close()
            await memories.close()
            await recorder.close()
            await journal.close()
            await collector.close()  # after the rooms, of which everybody is out now
            database.close()
            leasing.close()

        _serve(node, watch.readiness, start, stop)


def _serve(
    node: Node, readiness: Readiness, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
) -> None:
    """Until SIGINT or SIGTERM. Raises `CommandError` where the node can't start."""
    config: Config = settings.CONFIG
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        run(
            node_application(node, config.proxies, readiness),
            Listen(config.host, config.node_port, certificate_for(config)),
            on_start=start,
            on_stop=stop,
            websocket_ping_s=WEBSOCKET_PING_S,
            websocket_pong_timeout_s=WEBSOCKET_PONG_TIMEOUT_S,
            max_connections=config.max_connections,
        )
    except NameTaken as error:
        raise CommandError(f"{error.message} {error.hint}") from error
    except (AddressInUse, ConfigError, OSError) as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        message = f"The node can't register in the database ({error}). Run `manage.py setup` first."
        raise CommandError(message) from error


def _cascade(node: Node, meter: Meter) -> Cascade | None:
    """What has people of large rooms receive from other nodes; None where that isn't wanted or can't be.

    Data channels stay on their room's node, so where there are any, whoever wants them must be there.
    """
    config: Config = settings.CONFIG
    if not config.receivers_per_node or config.data_channels:
        return None
    try:
        ip = check_private(config.pipe_ip or config.control_host)
    except InvalidParameters as error:
        if config.pipe_ip:
            raise CommandError(f"MEET_PIPE_IP: {error}") from error
        return None
    marks = Marks(config.receivers_per_node, config.spread_above_load)
    tls = asking(config.control_authority) if config.control_authority else None
    cascade = Cascade(node, derive_key(settings.SECRET_KEY), ip, marks, lambda: burden(meter.load), tls=tls)
    node.elsewhere = cascade
    return cascade


def _registration(
    node: Node,
    place: str,
    database: DatabaseThread,
    addresses: Sequence[tuple[str, str]],
    meter: Meter,
    cascade: Cascade | None,
) -> Registration:
    """The node's row, as the settings have it."""
    config: Config = settings.CONFIG
    return Registration(
        config.node_name,
        place,
        node,
        database=database,
        meter=meter,
        neighbourhood=cascade,
        public_url=config.node_url,
        port=config.node_port,
        tls=config.tls,
        control_url=config.control_address,
        media_addresses=", ".join(written(ip, config.media_port) for _, ip in addresses)[:MEDIA_ADDRESSES_LENGTH],
        country=config.node_country,
        description=config.node_description,
        machine=machine_of(os.getpid(), os.environ.get(STARTED_BY, "")),
    )
