"""Interpretation in a live room on a real SFU: who is given whose voice, when it is taken away, and how time runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest_asyncio

from rooms import protocol
from rooms.runtime import consuming as consuming_module
from rooms.state import interpretation as interpretation_module
from tests.rooms.fakes import settle
from tests.rooms.guests import CAMERA, MIC, Guest, come, guests, open_node

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    import pytest

    from rooms.runtime.node import Node
    from rooms.runtime.room import Room


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with open_node() as made:
        yield made


async def interpreter(node: Node, peer_id: str, language: str = "de", *, speaks: bool = True) -> Guest:
    guest = await come(node, peer_id, role="interpreter", language=language, language_name=language)
    if speaks:
        assert (await guest.ask("produce", **MIC))["ok"]
    return guest


async def until(true: Callable[[], bool]) -> None:
    """Wait for the room's timers."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - sockets tell nobody
            await asyncio.sleep(0.01)


def heard(guest: Guest) -> set[str]:
    """Whose consumers somebody has, as their client knows them, and as they are on the server."""
    closed = {frame["data"]["consumerId"] for frame in guest.socket.frames if frame.get("event") == "consumerClosed"}
    told = {one["consumerId"]: one["peerId"] for one in guest.consumers if one["consumerId"] not in closed}
    member = guest.room.member(guest.peer_id)
    assert member is not None
    assert set(told) == set(member.recv_transport.consumers)
    assert len(set(told.values())) == len(told)
    return set(told.values())


class TestListening:
    async def test_only_what_was_chosen_is_sent(self, node: Node) -> None:
        ada, bob = await guests(node, "ada", "bob")
        await ada.ask("produce", **MIC)
        ivo, kim = await interpreter(node, "ivo"), await interpreter(node, "kim", "fr")
        vic = await come(node, "vic", viewer=True)
        assert heard(vic) == heard(bob) == heard(ivo) == heard(kim) == {"ada"}
        await vic.ask("chooseLanguage", language="de")
        assert heard(vic) == {"ada", "ivo"}
        assert vic.consumers[-1]["language"] == "de"
        assert vic.events[-2:] == ["listeningChanged", "consumerCreated"]
        await vic.ask("chooseLanguage", language="fr")
        assert heard(vic) == {"ada", "kim"}
        events = [event for event in vic.events if event.startswith("consumer")]
        assert events[-2:] == ["consumerCreated", "consumerClosed"]  # the new before the old goes
        await kim.ask("chooseLanguage", language="de")  # a relay
        assert heard(kim) == {"ada", "ivo"}
        await vic.ask("chooseLanguage", language="")
        assert heard(vic) == heard(bob) == {"ada"}

    async def test_two_of_one_language_are_both_sent_and_hear_each_other(self, node: Node) -> None:
        vic = await come(node, "vic", viewer=True, preselected="de")
        ivo, ina = await interpreter(node, "ivo"), await interpreter(node, "ina")
        assert heard(vic) == {"ivo", "ina"}
        assert (heard(ivo), heard(ina)) == ({"ina"}, {"ivo"})
        again = await come(node, "vic", viewer=True, preselected="de")  # takes over
        assert heard(again) == {"ivo", "ina"}

    async def test_the_choice_comes_back_with_the_answer_to_a_join(self, node: Node) -> None:
        (ada,) = await guests(node, "ada")
        await interpreter(node, "ivo")
        await ada.ask("chooseLanguage", language="de")
        ada.disconnect()
        await settle()
        again = Guest(node, "ada")
        answer = (await again.join())["data"]
        assert answer["room"]["me"]["listening"] == "de"
        assert [one["peerId"] for one in answer["consumers"]] == ["ivo"]

    async def test_an_interpreter_sends_a_microphone_and_nothing_else(self, node: Node) -> None:
        ivo = await interpreter(node, "ivo", speaks=False)
        for source in ("camera", "screen"):
            assert await ivo.refusal("produce", **{**CAMERA, "source": source}) == "notAllowed"
        assert await ivo.refusal("produce", **{**MIC, "source": "screenAudio"}) == "notAllowed"
        assert await ivo.refusal("produceData", sctpStreamParameters={"streamId": 0}) == "notAllowed"
        assert await ivo.refusal("produce", **MIC) == "ok"

    async def test_a_muted_one_is_not_heard_and_a_moderator_mutes_or_removes(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator")
        vic = await come(node, "vic", viewer=True, preselected="de")
        ivo = await interpreter(node, "ivo")
        member = ivo.room.member("ivo")
        assert member is not None
        (producer,) = member.send_transport.producers.values()
        assert await mod.refusal("stopTrack", peerId="ivo", device="mic") == "ok"
        assert producer.paused
        assert ivo.event("trackStopped") == {"device": "mic"}
        assert await mod.refusal("kick", peerId="ivo") == "ok"
        assert heard(vic) == set()
        assert vic.event("interpretationChanged")["interpretation"]["languages"][0]["interpreters"] == []

    async def test_off_takes_it_from_everybody_and_on_gives_it_back(self, node: Node) -> None:
        mod = await come(node, "mod", role="moderator")
        vic = await come(node, "vic", viewer=True, preselected="de")
        ivo, ina = await interpreter(node, "ivo"), await interpreter(node, "ina")
        await mod.ask("setInterpretation", enabled=False)
        assert heard(vic) == heard(ivo) == heard(ina) == set()
        assert vic.event("listeningChanged") == {"language": "", "reason": "off"}
        assert await vic.refusal("chooseLanguage", language="de") == "notFound"
        await mod.ask("setInterpretation", enabled=True)
        assert heard(vic) == {"ivo", "ina"}
        assert (heard(ivo), heard(ina)) == ({"ina"}, {"ivo"})


class TestManyListeners:
    async def test_a_voice_reaches_them_in_small_portions_like_any_microphone(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "CONSUMERS_AT_ONCE", 2)
        crowd = [await come(node, f"v{number}", viewer=True, preselected="de") for number in range(5)]
        mod = await come(node, "mod", role="moderator")
        portions: list[int] = []
        make = mod.room.media.consuming._make

        def noted(wanted: Sequence[Any]) -> None:
            portions.append(len(wanted))
            make(wanted)

        monkeypatch.setattr(mod.room.media.consuming, "_make", noted)
        await interpreter(node, "ivo")
        assert portions == [5, 3, 1]
        assert all(heard(guest) == {"ivo"} for guest in crowd)
        await mod.ask("setInterpretation", enabled=False)
        assert [heard(guest) for guest in crowd] == [set()] * 5

    async def test_who_chooses_otherwise_between_two_portions_gets_what_they_chose_and_once(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "CONSUMERS_AT_ONCE", 1)
        ivo, kim = await interpreter(node, "ivo", speaks=False), await interpreter(node, "kim", "fr")
        mod = await come(node, "mod", role="moderator")
        bob, cyd, dan = [await come(node, name, viewer=True, preselected="de") for name in ("bob", "cyd", "dan")]
        room = ivo.room
        room.request(ivo.connection, "ivo", 50, msgspec.convert(MIC, protocol.Produce))
        room.request(cyd.connection, "cyd", 50, protocol.ChooseLanguage("fr"))
        room.request(dan.connection, "dan", 50, protocol.ChooseLanguage(""))
        room.request(dan.connection, "dan", 51, protocol.ChooseLanguage("de"))
        await settle()
        assert (heard(bob), heard(cyd), heard(dan)) == ({"ivo"}, {"kim"}, {"ivo"})
        room.request(mod.connection, "mod", 50, protocol.SetInterpretation(enabled=False))
        room.request(mod.connection, "mod", 51, protocol.SetInterpretation(enabled=True))
        await settle()
        assert (heard(bob), heard(cyd), heard(dan), heard(kim)) == ({"ivo"}, set(), set(), set())  # preselected: bob


class TestTime:
    async def come_due(self, room: Room) -> None:
        """The time of the one thing that a room does later is there."""
        ((command, timer),) = room._timed._timers.items()
        assert not timer.cancelled()
        timer.cancel()
        room._timed._due(command)
        await settle()

    async def test_a_language_goes_when_nobody_comes_back_in_time(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vic = await come(node, "vic", viewer=True, preselected="de")
        ivo = await interpreter(node, "ivo")
        ivo.disconnect()
        await settle()
        assert await vic.refusal("chooseLanguage", language="de") == "ok"
        later_ms = vic.room._now_ms() + interpretation_module.LANGUAGE_KEPT_MS
        monkeypatch.setattr(vic.room, "_now_ms", lambda: later_ms)
        await self.come_due(vic.room)
        assert vic.event("listeningChanged")["reason"] == "lost"
        assert vic.event("interpretationChanged")["interpretation"]["languages"] == []

    async def test_who_comes_back_in_time_is_heard_again(self, node: Node) -> None:
        vic = await come(node, "vic", viewer=True, preselected="de")
        ivo = await interpreter(node, "ivo")
        ivo.disconnect()
        await settle()
        assert heard(vic) == set()
        await interpreter(node, "ivo")
        assert heard(vic) == {"ivo"}
        await self.come_due(vic.room)
        assert not vic.room._timed._timers
        assert (vic.event("listeningChanged")["reason"], heard(vic)) == ("preselected", {"ivo"})

    async def test_a_handover_is_due_for_both(self, node: Node) -> None:
        ivo, ina = await interpreter(node, "ivo"), await interpreter(node, "ina", speaks=False)
        await ivo.ask("offerHandover", seconds=0)
        assert ina.event("handoverChanged")["handover"]["giver"] == "ivo"
        await ina.ask("acceptHandover")
        await until(lambda: "handoverDue" in ivo.events and "handoverDue" in ina.events)
        assert ivo.event("handoverDue") == ina.event("handoverDue") == {"giver": "ivo", "taker": "ina"}
        assert ivo.event("handoverChanged") == {"handover": None}

    async def test_with_the_room_its_times_end(self, node: Node) -> None:
        ivo = await interpreter(node, "ivo")
        ivo.disconnect()
        await settle()
        room = ivo.room
        (timer,) = room._timed._timers.values()
        room.close()
        assert timer.cancelled()
