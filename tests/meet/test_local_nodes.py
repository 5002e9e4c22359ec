"""The nodes that `serve` starts on one machine."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from meet.conf.rules import broken
from meet.config import Config, ConfigError
from meet.management.commands.serve import behind_front, roles, shared_environment
from meet.run.cores import usable_cores
from meet.run.front import content
from meet.run.local_nodes import MOST, check_apart, count, environment_of, local_nodes
from meet.run.watch import OFFSETS, port_of
from tests.meet.test_commands import manage, only_line

if TYPE_CHECKING:
    from pathlib import Path


class TestHowMany:
    @pytest.mark.parametrize(("cores", "nodes"), [(1, 1), (2, 1), (3, 2), (8, 7), (256, MOST)])
    def test_one_for_each_processor_but_one(self, cores: int, nodes: int) -> None:
        assert count(Config(), cores) == nodes
        assert count(Config(domain="meet.example.org", node_url=""), cores) == nodes

    def test_as_many_as_the_operator_says(self) -> None:
        assert count(Config(nodes=3), 2) == 3
        assert count(Config(nodes=3, behind_proxy=True), 2) == 3

    def test_one_where_a_proxy_that_is_not_ours_would_have_to_know_them(self) -> None:
        assert count(Config(behind_proxy=True), 8) == 1
        assert count(Config(node_url="wss://meet.example.org/ws/serv0/"), 8) == 1

    @pytest.mark.parametrize("setting", [{"media_tcp_port": "443"}, {"control_url": "http://10.0.0.5:8002"}])
    def test_one_where_other_settings_are_of_one(self, setting: dict[str, str]) -> None:
        assert count(Config(**setting), 8) == 1  # type: ignore[arg-type]

    def test_one_while_code_is_worked_on(self) -> None:
        assert count(Config(), 8, reloads=True) == 1

    @pytest.mark.parametrize(
        ("quotas", "cores"),
        [
            ({}, 8),
            ({"a/b": "max 100000"}, 8),
            ({"a/b": "250000 100000"}, 3),
            ({"a": "100000 100000"}, 1),
            ({"a": "?"}, 8),
        ],
    )
    def test_a_container_or_a_unit_may_have_fewer_processors_than_the_machine(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quotas: dict[str, str], cores: int
    ) -> None:
        monkeypatch.setattr("os.sched_getaffinity", lambda _pid: set(range(8)))
        (tmp_path / "a" / "b").mkdir(parents=True)
        for folder, text in quotas.items():
            (tmp_path / folder / "cpu.max").write_text(text)
        own = tmp_path / "own"
        own.write_text("1:name=x:/other\n0::/a/b\n")
        assert usable_cores(tmp_path, own) == cores


class TestEachOfThem:
    def test_each_has_a_name_and_ports_of_its_own(self) -> None:
        nodes = local_nodes(Config(metrics_port=9400), 3)
        check_apart(nodes, 8000)
        assert [node.node_name for node in nodes] == ["serv0", "serv1", "serv2"]
        assert [node.node_port for node in nodes] == [8001, 8003, 8005]
        assert [node.control_port for node in nodes] == [8002, 8004, 8006]
        assert [node.media_port for node in nodes] == [40000, 40001, 40002]
        watched = [port_of("node", node) for node in nodes]
        others = [port_of(role, nodes[0]) for role in OFFSETS if role != "node"]
        assert watched == [9401, 9404, 9405]
        assert len({*watched, *others}) == 6

    def test_nobody_watches_them_where_nobody_watches_the_first(self) -> None:
        assert {node.metrics_port for node in local_nodes(Config(), 3)} == {0}

    def test_what_a_further_one_is_told_are_settings_that_work(self, tmp_path: Path) -> None:
        config = Config(data_dir=str(tmp_path), node_name="serv4", node_url="wss://meet.example.org/ws/serv4/")
        told = environment_of(local_nodes(config, 2)[1])
        assert set(told) <= {f"MEET_{field.name.upper()}" for field in fields(Config)}
        theirs = Config.from_environment({"MEET_DATA_DIR": str(tmp_path), **told})
        assert broken(theirs) == []
        assert (theirs.node_name, theirs.node_url) == ("serv5", "wss://meet.example.org/ws/serv5/")

    @pytest.mark.parametrize(
        ("config", "part"),
        [
            (Config(node_name="node"), "MEET_NODE_NAME"),
            (Config(node_url="wss://meet.example.org/signalling"), "MEET_NODE_URL"),
            (Config(control_url="http://10.0.0.5:8002"), "MEET_CONTROL_URL"),
            (Config(media_tcp_port="443"), "MEET_MEDIA_TCP_PORT"),
            (Config(media_port=65535), "no ports left for serv1"),
        ],
    )
    def test_what_can_be_of_one_node_only_is_said(self, config: Config, part: str) -> None:
        assert local_nodes(config, 1) == [config]
        with pytest.raises(ConfigError, match=part):
            local_nodes(config, 2)

    @pytest.mark.parametrize(("port", "node_port", "control_port"), [(8003, 8001, 8002), (8000, 8001, 8003)])
    def test_no_two_have_the_same_port(self, port: int, node_port: int, control_port: int) -> None:
        with pytest.raises(ConfigError, match="would have port 8003"):
            check_apart(local_nodes(Config(node_port=node_port, control_port=control_port), 2), port)


class TestWhatRuns:
    def test_one_composer_sees_to_the_recordings_of_all(self) -> None:
        running = roles(local_nodes(Config(), 3), front=True)
        assert [role.name for role in running] == [
            "node", "node serv1", "node serv2", "web", "worker", "composer", "front",
        ]  # fmt: skip
        assert [role.command for role in running] == [
            "node", "node", "node", "web", "worker", "composer", "front",
        ]  # fmt: skip
        told = {name: value for role in running for name, value in role.environment.items() if role.name == "composer"}
        assert Config.from_environment(told).composed_nodes == ("serv0", "serv1", "serv2")
        assert Config().composed_nodes == ("serv0",)

    def test_of_several_nodes_one_is_enough(self) -> None:
        assert [role.essential for role in roles(local_nodes(Config(), 2), front=False)][:3] == [True, False, True]

    def test_rooms_go_to_the_least_loaded_unless_somebody_has_said_where(self) -> None:
        one, two = local_nodes(Config(), 1), local_nodes(Config(), 2)
        assert shared_environment(two, {}) == {"MEET_DEFAULT_NODE": "least"}
        assert shared_environment(two, {"MEET_DEFAULT_NODE": "serv1"}) == {}
        assert shared_environment(one, {}) == {}

    def test_the_front_leads_to_each(self, tmp_path: Path) -> None:
        config = behind_front(Config(data_dir=str(tmp_path), domain="meet.example.org"))
        nodes = local_nodes(config, 2)
        assert nodes[1].node_url == "wss://meet.example.org/ws/serv1/"
        made = content(replace(config, domain="meet.example.org"), "0.0.0.0", nodes)  # noqa: S104 - not listened on
        routes = made["apps"]["http"]["servers"]["https"]["routes"]
        led = {
            route.get("match", [{}])[0].get("path", ["/"])[0]: route["handle"][0]["upstreams"][0]["dial"]
            for route in routes
        }
        assert led == {"/ws/serv0/*": "127.0.0.1:8001", "/ws/serv1/*": "127.0.0.1:8003", "/": "127.0.0.1:8000"}

    def test_too_many_are_one_line(self, tmp_path: Path) -> None:
        assert "(meet.E094)" in only_line(manage(tmp_path, "serve", "--nodes", "65"))
