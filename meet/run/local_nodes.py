"""The nodes that `serve` starts on one machine: how many, and what each of them is called and listens on. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from meet.config import ConfigError

if TYPE_CHECKING:
    from meet.config import Config

# Each is a process of some 100 MB, and has a name of a digit or more behind `serv`.
MOST: Final = 64
# Signalling and control API of a node, and its neighbour's.
PORTS_EACH: Final = 2
# Of the metrics' ports the first four are web's, the first node's, the worker's and the composer's.
FIRST_OTHER_METRICS_PORT: Final = 4
NODE_METRICS_PORT: Final = 1
_NAME: Final = re.compile(r"(serv)(\d+)")


def count(config: Config, cores: int, *, reloads: bool = False) -> int:
    """As many as the settings say, else one for each processor but one.

    One where somebody else's proxy is in front, since it must know each of them, where other settings are of one node
    only, and while code is being worked on.
    """
    if config.nodes:
        return config.nodes
    own_proxy = not config.domain and (config.behind_proxy or bool(config.node_url))
    of_one = config.control_url or config.media_tcp not in {None, config.media_port}
    return 1 if own_proxy or of_one or reloads else min(MOST, max(1, cores - 1))


def local_nodes(config: Config, number: int) -> list[Config]:
    """The settings of each. The first has those that are there; each further one the next name and the next ports.

    Raises `ConfigError` where there are no such names or ports.
    """
    return [_nth(config, index) for index in range(number)] if number > 1 else [config]


def _nth(config: Config, index: int) -> Config:
    if not index:
        return config
    found = _NAME.fullmatch(config.node_name)
    if found is None:
        message = f"MEET_NODE_NAME is {config.node_name!r}: set it to serv and a number, such as serv0."
        raise ConfigError(message)
    name = f"{found[1]}{int(found[2]) + index}"
    if config.node_url and f"/{config.node_name}/" not in config.node_url:
        message = (
            f"MEET_NODE_URL is {config.node_url}, which tells no nodes apart: for several, end it with "
            f"/ws/{config.node_name}/, and let your proxy pass /ws/{name}/ to the next one."
        )
        raise ConfigError(message)
    if config.control_url:
        message = "MEET_CONTROL_URL can't be that of several nodes: leave it empty, or set MEET_NODES=1."
        raise ConfigError(message)
    if config.media_tcp not in {None, config.media_port}:
        message = "With several nodes, leave MEET_MEDIA_TCP_PORT empty, or set it to 0: each has its own media port."
        raise ConfigError(message)
    node = replace(
        config,
        node_name=name,
        node_url=config.node_url.replace(f"/{config.node_name}/", f"/{name}/"),
        node_port=config.node_port + PORTS_EACH * index,
        control_port=config.control_port + PORTS_EACH * index,
        media_port=config.media_port + index,
        metrics_port=_metrics_port(config, index),
    )
    if max(node.node_port, node.control_port, node.media_port) > 65535:
        message = f"There are no ports left for {name}: choose lower ones, or fewer nodes."
        raise ConfigError(message)
    return node


def _metrics_port(config: Config, index: int) -> int:
    """A setting with which the node is watched behind the others."""
    return config.metrics_port + FIRST_OTHER_METRICS_PORT - NODE_METRICS_PORT + index - 1 if config.metrics_port else 0


def check_apart(nodes: list[Config], port: int) -> None:
    """Raise `ConfigError` where two would have the same TCP port, or one that of the pages."""
    taken = {port: "the pages"}
    for node in nodes:
        for what, number in (("signalling", node.node_port), ("control API", node.control_port)):
            if number in taken:
                message = (
                    f"The {what} of {node.node_name} would have port {number}, as {taken[number]}: choose --node-port "
                    "and --control-port next to each other, with free ones behind them."
                )
                raise ConfigError(message)
            taken[number] = f"the {what} of {node.node_name}"


def environment_of(node: Config) -> dict[str, str]:
    """What a node is told that is another one's on the same machine."""
    return {
        "MEET_NODE_NAME": node.node_name,
        "MEET_NODE_URL": node.node_url,
        "MEET_NODE_PORT": str(node.node_port),
        "MEET_CONTROL_PORT": str(node.control_port),
        "MEET_MEDIA_PORT": str(node.media_port),
        "MEET_METRICS_PORT": str(node.metrics_port),
    }
