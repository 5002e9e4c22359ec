"""Rooms larger than one node: two nodes in one process, linked over TCP, with pipes over UDP and people with media."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from media.pipe import transport as pipe_module
from rooms.cascade import home as home_module
from rooms.cascade import link as link_module
from rooms.cascade.choosing import Marks, choose
from rooms.cascade.link import Link
from rooms.cascade.messages import Alive
from rooms.control.survey import describe
from rooms.nodes.neighbours import Neighbour
from rooms.runtime import consuming as consuming_module
from tests.cascade.nodes import KEY, Attendee, LinkedNode, meet, soon
from tests.media.clients import until
from tests.meet.test_metrics import node_told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def linked(*receivers: int, keys: tuple[bytes, ...] = (KEY, KEY, KEY)) -> AsyncIterator[list[LinkedNode]]:
    nodes = [LinkedNode(f"serv{number}", mark, keys[number]) for number, mark in enumerate(receivers)]
    for node in nodes:
        await node.start()
    await meet(*nodes)
    yield nodes
    for node in nodes:
        await node.close()


async def speaker_and_viewers(
    home: LinkedNode, viewers: int = 2, *, load_percent: int = 100
) -> tuple[Any, Attendee, list[Attendee], list[dict[str, Any]]]:
    """Somebody on stage, and viewers who came when the home had enough to do."""
    ada = Attendee(home.node, "ada")
    await ada.come(interface="webinar")
    camera = await ada.show()
    home.cascade._load_percent = lambda: load_percent
    there = [Attendee(home.node, f"v{number}") for number in range(viewers)]
    for one in there:
        await one.come(interface="webinar", viewer=True)
    created = [await one.watch() for one in there]
    await until(lambda: all(one.bodies(what) for one, what in zip(there, created, strict=True)) or send(camera))
    return camera, ada, there, created


async def arrived(who: Attendee, created: dict[str, Any], count: int) -> None:
    await until(lambda: len(who.bodies(created)) >= count)


def send(camera: Any) -> bool:
    camera.send(key=True)
    return False


class TestMedia:
    async def test_who_comes_above_the_mark_receives_from_another_node(self) -> None:
        async with linked(100, 100) as (home, other):
            camera, ada, viewers, created = await speaker_and_viewers(home)
            assert (home.cascade.receivers, home.cascade.elsewhere) == (1, 2)
            assert other.cascade.carried == other.cascade.receivers == 2
            assert home.node.peer_count == 3
            assert not other.node.rooms
            assert {one.down._server[1] for one in viewers} == {other.node.sfu.sockets[0].port}
            assert ada.down._server[1] == home.node.sfu.sockets[0].port
            [pipe] = home.node.rooms[ada.room.key].router._pipes.values()
            before, had = pipe.sent[0], [len(one.bodies(what)) for one, what in zip(viewers, created, strict=True)]
            payloads = [camera.send() for _ in range(20)]
            for one, what, count in zip(viewers, created, had, strict=True):
                await arrived(one, what, count + 20)
                assert one.bodies(what)[-20:] == payloads
            assert pipe.sent[0] == before + 20  # once, however many there are
            told, carrying = await node_told(home.node), await node_told(other.node)
            assert told["meet_branches"] == {("elsewhere",): 1, ("here",): 0}
            assert told["meet_branch_receivers"] == {("elsewhere",): 2, ("here",): 0}
            assert carrying["meet_branch_receivers"] == {("elsewhere",): 0, ("here",): 2}
            assert told["meet_pipe_packets_total"][("sent",)] == pipe.sent[0]
            assert carrying["meet_pipe_packets_total"][("received",)] == pipe.sent[0]
            assert carrying["meet_pipe_packets_total"][("lost",)] == 0
            assert carrying["meet_pipe_bytes_total"][("in",)] > told["meet_pipe_bytes_total"][("in",)] > 0
            live = await describe(home.node, home.node.rooms[ada.room.key])
            assert live.elsewhere == {"serv1": 2}
            for one in (ada, *viewers):
                one.go()
            await soon(lambda: other.node.heap._gone == 2)  # they leave memory behind there, too

    async def test_what_begins_later_and_what_ends_reach_them(self) -> None:
        async with linked(100, 100) as (home, _other):
            _, ada, [viewer], _ = await speaker_and_viewers(home, 1)
            await ada.speak()
            await until(lambda: viewer.consumers[-1]["kind"] == "audio")
            await viewer.watch()
            producer_id = viewer.consumers[0]["producerId"]
            assert (await ada.ask("pauseProducer", producerId=producer_id))["ok"]
            assert (await ada.ask("closeProducer", producerId=producer_id))["ok"]
            await until(lambda: "consumerClosed" in viewer.events)
            assert viewer.event("consumerClosed")["consumerId"] == viewer.consumers[0]["consumerId"]
            for one in (ada, viewer):
                one.go()

    async def test_wishes_and_requests_of_theirs_reach_the_media(self) -> None:
        async with linked(100, 100) as (home, other):
            camera, ada, [viewer], [created] = await speaker_and_viewers(home, 1)
            [branches] = other.cascade._serving.values()
            [branch] = branches._branches.values()
            [transport] = branch.transports.values()
            consumer = transport.consumers[created["consumerId"]]
            which = {"consumerId": created["consumerId"]}
            assert consumer.rtp_parameters.encodings[0].ssrc == created["rtpParameters"]["encodings"][0]["ssrc"]
            layers = {"spatialLayer": 0, "temporalLayer": 1}
            assert (await viewer.ask("setPreferredLayers", **which, layers=layers, priority=3, onStage=True))["ok"]
            await soon(lambda: consumer.preferred.temporal_layer == 1)
            assert (consumer.priority, consumer.on_stage) == (3, True)
            assert (await viewer.ask("pauseConsumer", **which))["ok"]
            await soon(lambda: consumer.paused)
            assert (await viewer.ask("resumeConsumer", **which))["ok"]
            await soon(lambda: not consumer.paused)
            assert (await viewer.ask("requestKeyFrame", **which))["ok"]
            answer = await viewer.ask("restartIce", transportId=transport.id)
            fragment = answer["data"]["iceParameters"]["usernameFragment"]
            await soon(lambda: transport._path._ice.local.username_fragment == fragment)
            assert (await viewer.refusal("setPreferredLayers", consumerId="x", layers=layers)) == "notFound"
            del camera
            for one in (ada, viewer):
                one.go()

    async def test_what_they_are_sent_is_counted_at_the_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rooms.cascade.branches.COUNT_EVERY_S", 0.05)
        async with linked(100, 100) as (home, _other):
            camera, ada, [viewer], [created] = await speaker_and_viewers(home, 1)
            await soon(lambda: viewer.member.recv_transport.stats().consumers)
            [counted] = viewer.member.recv_transport.stats().consumers
            assert (counted.id, counted.kind) == (created["consumerId"], "video")
            await soon(lambda: viewer.member.recv_transport.stats().consumers[0].packets_sent > 0)
            assert viewer.member.recv_transport.stats().protocol == "udp"
            del camera
            for one in (ada, viewer):
                one.go()

    async def test_with_nobody_left_there_nothing_of_the_room_is_left_there(self) -> None:
        async with linked(100, 100) as (home, other):
            _, ada, viewers, _ = await speaker_and_viewers(home)
            [branches] = other.cascade._serving.values()
            viewers[0].go()
            await soon(lambda: other.cascade.carried == 1)
            viewers[1].go()
            await soon(lambda: not branches._branches)
            assert not home.node.rooms[ada.room.key].router._pipes
            assert not other.node.sfu._routers
            late = Attendee(home.node, "late")  # and it begins again
            await late.come(interface="webinar", viewer=True)
            await soon(lambda: other.cascade.carried == 1)
            for one in (ada, late):
                one.go()

    async def test_a_room_that_ends_ends_there(self) -> None:
        async with linked(100, 100) as (home, other):
            _, ada, viewers, _ = await speaker_and_viewers(home)
            before = home.node.sfu.pipe_totals()
            home.node.rooms[ada.room.key].close()
            await soon(lambda: not other.node.sfu._routers)
            assert home.node.sfu.pipe_totals().sent >= before.sent > 0  # what has ended is counted
            assert (await describe(home.node, ada.room)).elsewhere == {}
            assert other.cascade.carried == home.cascade.elsewhere == 0
            for one in (ada, *viewers):
                one.go()


@pytest.mark.parametrize("load_percent", [0, 100])
async def test_one_page_of_cameras_after_the_other_is_watched_at_home_and_elsewhere(
    load_percent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming_module, "ALL_CAMERAS_UP_TO", 1)
    async with linked(100, 100) as (home, other):
        senders = [Attendee(home.node, name) for name in ("ada", "ben", "cyd", "dan")]
        for one in senders:
            await one.come()
        cameras = {one.peer_id: await one.show() for one in senders}
        home.cascade._load_percent = lambda: load_percent
        eve = Attendee(home.node, "eve")
        await eve.come()
        assert other.cascade.carried == (load_percent > 0)
        assert [one["peerId"] for one in eve.consumers] == ["ada"]  # who has been on for longest
        ids = {one.peer_id: next(iter(one.member.send_transport.producers)) for one in senders}

        async def shows(*names: str) -> None:
            assert (await eve.ask("watch", producerIds=[ids[name] for name in names]))["ok"]
            created = {one["peerId"]: one for one in eve.consumers}
            for name in names:
                assert (await eve.ask("resumeConsumer", consumerId=created[name]["consumerId"]))["ok"]
            before = {name: len(eve.bodies(created[name])) for name in names}

            def seen() -> bool:
                for name in names:
                    cameras[name].send(key=True)
                return all(len(eve.bodies(created[name])) > before[name] for name in names)

            await until(seen)

        await shows("ada", "ben")
        for shown in eve.consumers:
            assert (await eve.ask("pauseConsumer", consumerId=shown["consumerId"]))["ok"]
        await shows("cyd", "dan")
        await shows("ada", "dan")
        for one in (*senders, eve):
            one.go()


class TestPlacement:
    async def test_below_the_mark_and_without_another_node_everybody_is_at_home(self) -> None:
        async with linked(100, 100) as (home, other):
            _, ada, viewers, _ = await speaker_and_viewers(home, load_percent=69)
            assert other.cascade.carried == 0
            home.cascade._load_percent = lambda: 100
            home.cascade.neighbours = []
            late = Attendee(home.node, "late")
            await late.come(interface="webinar", viewer=True)
            assert home.cascade.receivers == 4
            for one in (ada, *viewers, late):
                one.go()

    async def test_one_that_is_above_its_mark_is_followed_by_a_further_one(self) -> None:
        async with linked(2, 2, 2) as (home, second, third):
            people = [Attendee(home.node, f"p{number}") for number in range(7)]
            for one in people:
                await one.come()
            # Two each; when all are above their marks, the home takes the rest.
            assert (second.cascade.carried, third.cascade.carried, home.cascade.receivers) == (2, 2, 3)
            for one in people:
                one.go()

    @pytest.mark.parametrize("fault", ["key", "port", "pipe"])
    async def test_where_the_other_node_can_not_be_had_people_stay_at_home(
        self, fault: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = (KEY, bytes(32)) if fault == "key" else (KEY, KEY)
        monkeypatch.setattr(home_module, "ANSWER_S", 0.3)
        async with linked(100, 100, keys=keys) as (home, other):
            if fault == "port":
                home.cascade.neighbours = [Neighbour("serv1", "http://127.0.0.1:9", 0, 0)]
            if fault == "pipe":  # no UDP between them
                monkeypatch.setattr(pipe_module.PipeTransport, "_send_rtcp", lambda _self, _data: None)
            _, ada, viewers, _ = await speaker_and_viewers(home)
            assert (home.cascade.receivers, other.cascade.carried) == (3, 0)
            assert "serv1" in home.cascade._avoided
            assert not home.node.rooms[ada.room.key].router._pipes
            for one in (ada, *viewers):
                one.go()

    async def test_who_goes_while_a_place_is_looked_for_takes_none(self) -> None:
        async with linked(100, 100) as (home, other):
            ada = Attendee(home.node, "ada")
            await ada.come()
            home.cascade._load_percent = lambda: 100
            gone = Attendee(home.node, "gone")
            await gone.ask_to_join()
            gone.connection.close(4000)  # type: ignore[arg-type]
            gone.disconnect()
            await soon(lambda: not ada.room._joining.placing)
            await soon(lambda: other.cascade.carried == 0 and not other.node.sfu._routers)
            assert home.cascade.elsewhere == 0
            assert home.node.peer_count == 1
            ada.go()


class TestFullHome:
    async def test_it_takes_whom_another_node_carries_and_nobody_else(self) -> None:
        async with linked(100, 100) as (home, other):
            ada = Attendee(home.node, "ada")
            await ada.come()
            assert home.cascade.carries()
            carried = Attendee(home.node, "carried")
            await carried.ask_to_join(only_elsewhere=True)
            await until(lambda: carried.answered(carried.last_id))
            assert carried.code(carried.last_id) == "ok"
            assert other.cascade.carried == 1
            other.cascade._marks = home.cascade._marks = Marks(1)
            home.cascade.neighbours = [other.as_neighbour()]
            assert not home.cascade.carries()
            refused = Attendee(home.node, "refused")
            await refused.ask_to_join(only_elsewhere=True)
            await until(lambda: refused.answered(refused.last_id))
            assert refused.code(refused.last_id) == "serverBusy"
            assert refused.refused_joins == 1
            for one in (ada, carried):
                one.go()

    async def test_who_is_let_in_by_a_moderator_is_not_turned_away_for_it(self) -> None:
        async with linked(100, 100) as (home, _other):
            mod = Attendee(home.node, "mod")
            await mod.come(role="moderator", waiting_room=True)
            home.cascade.neighbours = []
            ben = Attendee(home.node, "ben")
            await ben.ask_to_join(only_elsewhere=True)
            assert "waiting" in ben.events
            assert (await mod.ask("admit", peerId="ben", admitted=True))["ok"]
            await until(lambda: ben.answered(ben.last_id))
            assert ben.code(ben.last_id) == "ok"
            for one in (mod, ben):
                one.go()


async def test_who_has_to_wait_by_the_time_that_a_place_is_found_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    async with linked(100, 100) as (home, other):
        mod = Attendee(home.node, "mod")
        await mod.come(role="moderator")
        home.cascade._load_percent = lambda: 100
        found, reserve = asyncio.Event(), home.cascade.reserve

        async def later(router: Any) -> Any:
            made = await reserve(router)
            await found.wait()
            return made

        monkeypatch.setattr(home.cascade, "reserve", later)
        ben = Attendee(home.node, "ben")
        await ben.ask_to_join()
        assert (await mod.ask("setWaitingRoom", enabled=True))["ok"]
        found.set()
        await until(lambda: "waiting" in ben.events)
        assert mod.event("knocked")["peer"]["peerId"] == "ben"
        assert not ben.answered(ben.last_id)
        await soon(lambda: other.cascade.carried == 0)
        assert (await mod.ask("admit", peerId="ben", admitted=True))["ok"]
        await until(lambda: ben.answered(ben.last_id))
        assert ben.code(ben.last_id) == "ok"
        assert other.cascade.carried == 1
        for one in (mod, ben):
            one.go()


def neighbour(name: str, receivers: int = 0, load: int = 0) -> Neighbour:
    return Neighbour(name, "", receivers, load)


class TestChoice:
    def test_one_that_has_the_room_comes_before_one_that_is_idle(self) -> None:
        nodes = [neighbour("serv1", 50, 40), neighbour("serv2")]
        found = choose(nodes, {"serv1"}, Marks(100))
        assert found is not None
        assert found.name == "serv1"

    @pytest.mark.parametrize("full", [neighbour("serv1", 100, 0), neighbour("serv1", 0, 70)])
    def test_unless_it_is_above_a_mark(self, full: Neighbour) -> None:
        found = choose([full, neighbour("serv2", 20)], {"serv1"}, Marks(100))
        assert found is not None
        assert found.name == "serv2"
        assert choose([full], {"serv1"}, Marks(100)) is None

    def test_else_the_least_loaded(self) -> None:
        found = choose(
            [neighbour("serv1", 2, 35), neighbour("serv2", 9, 11), neighbour("serv3", 8, 14)], (), Marks(100)
        )
        assert found is not None
        assert found.name == "serv3"


class TestEnds:
    async def test_a_node_that_dies_sends_its_people_back_to_the_home(self) -> None:
        async with linked(100, 100) as (home, other):
            _, ada, viewers, _ = await speaker_and_viewers(home)
            await other.control.close()  # as the kernel would
            await until(lambda: all(one.socket.closed for one in viewers))
            for one in viewers:
                assert one.event("closing")["code"] == "serverClosing"
            assert ada.socket.closed is None
            assert home.cascade.elsewhere == 0
            assert not home.node.rooms[ada.room.key].router._pipes
            for one in viewers:
                one.go()
            again = Attendee(home.node, "v0")  # nobody is there to be asked: at once
            await again.come(interface="webinar", viewer=True)
            assert again.down._server[1] == home.node.sfu.sockets[0].port
            for one in (ada, again):
                one.go()

    async def test_one_that_falls_silent_is_noticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(link_module, "ALIVE_EVERY_S", 0.05)
        said: Counter[Link] = Counter()
        really = Link.send

        def counting(link: Link, message: Any) -> None:
            said[link] += isinstance(message, Alive)
            really(link, message)

        monkeypatch.setattr(Link, "send", counting)
        async with linked(100, 100) as (home, other):
            _, ada, [viewer], _ = await speaker_and_viewers(home, 1)
            await until(lambda: len(said) == 2 and min(said.values()) >= 5)  # both say that they are there
            assert viewer.socket.closed is None
            monkeypatch.setattr(link_module, "SILENT_S", 0.3)
            before = min(said.values())
            await until(lambda: min(said.values()) >= before + 5)
            [link] = other.cascade._serving
            monkeypatch.setattr(link, "send", lambda _message: None)
            await until(lambda: viewer.socket.closed)
            for one in (ada, viewer):
                one.go()

    async def test_a_home_that_dies_leaves_nothing_behind(self) -> None:
        async with linked(100, 100) as (home, other):
            _, ada, viewers, _ = await speaker_and_viewers(home)
            [linked_home] = home.cascade._homes.values()
            linked_home.link._writer.transport.abort()
            await soon(lambda: not other.node.sfu._routers)
            assert other.cascade.carried == 0
            for one in (ada, *viewers):
                one.go()
