"""Checks of a network: who gets back what they send, and how many there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rooms.protocol.errors import Refused
from rooms.runtime.checks import AT_ONCE_PER_ADDRESS, CHECK_BPS, PER_MINUTES, CheckLimits, Checks
from rooms.state.commands import AddProducer
from rooms.state.outcome import ConsumeProducer
from tests.rooms.client import Client, Refusal
from tests.rooms.guests import CAMERA
from tests.rooms.states import NOW_MS, entry, room

if TYPE_CHECKING:
    from rooms.state.outcome import Outcome
    from tests.rooms.conftest import NodeProcess

CHECK = {"check": True, "name_fixed": True, "proof": "issued"}


def handed_out(outcome: Outcome) -> list[tuple[str, bool]]:
    """Whose producers are made consumers of, and whether for themselves."""
    effects = [effect for effect in outcome.effects if isinstance(effect, ConsumeProducer)]
    return [(effect.peer_id, effect.receivers == (effect.peer_id,)) for effect in effects]


class TestBudget:
    def test_only_so_many_run_at_the_same_time(self) -> None:
        checks = Checks(CheckLimits(at_once=2, per_address=99))
        checks.begin("a", 0)
        checks.begin("b", 0)
        with pytest.raises(Refused) as caught:
            checks.begin("c", 0)
        assert caught.value.info.code == "tooManyRequests"
        checks.end("a")
        checks.begin("c", 0)

    def test_nobody_has_all_places(self) -> None:
        checks = Checks(CheckLimits(at_once=AT_ONCE_PER_ADDRESS + 1, per_address=99))
        for _ in range(AT_ONCE_PER_ADDRESS):
            checks.begin("a", 0)
        with pytest.raises(Refused, match="your network"):
            checks.begin("a", 0)
        checks.begin("b", 0)
        for address in ("b", "a"):
            checks.end(address)
        checks.begin("a", 0)

    def test_an_address_has_its_number_and_gets_it_back_with_time(self) -> None:
        checks = Checks(CheckLimits(at_once=99, per_address=3))
        for _ in range(3):
            checks.begin("a", 0)
            checks.end("a")
        with pytest.raises(Refused) as caught:
            checks.begin("a", 1)
        assert caught.value.info.code == "tooManyRequests"
        checks.begin("b", 1)
        checks.begin("a", PER_MINUTES * 60 / 3 + 1)

    def test_what_is_refused_counts_as_nothing(self) -> None:
        checks = Checks(CheckLimits(at_once=1, per_address=1))
        checks.begin("a", 0)
        for _ in range(5):
            with pytest.raises(Refused):
                checks.begin("b", 0)
        checks.end("a")
        checks.begin("b", 0)

    @pytest.mark.parametrize("limits", [CheckLimits(at_once=0), CheckLimits(per_address=0)])
    def test_none_at_all(self, limits: CheckLimits) -> None:
        with pytest.raises(Refused) as caught:
            Checks(limits).begin("a", 0)
        assert caught.value.info.code == "notAllowed"


class TestState:
    def test_who_checks_gets_their_own_picture_and_nobody_else_does(self) -> None:
        state = room(entry("check", **CHECK))
        outcome = state.apply(AddProducer("check", "p", "camera", paused=False), NOW_MS)
        assert handed_out(outcome) == [("check", True)]

    def test_everybody_else_gets_what_the_others_send(self) -> None:
        state = room("ada", "bob")
        outcome = state.apply(AddProducer("ada", "p", "camera", paused=False), NOW_MS)
        assert handed_out(outcome) == [("ada", False)]

    @pytest.mark.parametrize("source", ["mic", "screen", "screenAudio"])
    def test_a_check_sends_one_picture_only(self, source: Any) -> None:
        state = room(entry("check", **CHECK))
        with pytest.raises(Refused) as caught:
            state.apply(AddProducer("check", "p", source, paused=False), NOW_MS)
        assert caught.value.info.code == "notAllowed"


class TestNode:
    async def test_a_check_is_returned_its_picture_in_a_room_that_counts_nowhere(self, node: NodeProcess) -> None:
        async with Client(node) as client:
            joined = await client.join("~check-1", "check", dict(CHECK))
            assert joined["room"]["maxBitrateBps"] == CHECK_BPS
            assert joined["consumers"] == []
            produced = await client.request("produce", **CAMERA)
            created = await client.event("consumerCreated")
            assert created["producerId"] == produced["producerId"]
            assert created["peerId"] == "check"
            assert node.health()["rooms"] == node.health()["peers"] == 0

    async def test_a_participant_is_not_returned_theirs(self, node: NodeProcess) -> None:
        async with Client(node) as client, Client(node) as other:
            await client.join("mirror", "ada")
            await other.join("mirror", "bob")
            await client.request("produce", **CAMERA)
            await other.event("consumerCreated")
            await client.request("ping")
            assert "consumerCreated" not in [name for name, _ in client.events]

    async def test_a_check_is_a_room_of_its_own_even_with_another_rooms_name(self, node: NodeProcess) -> None:
        async with Client(node) as ada, Client(node) as checking:
            await ada.join("named", "ada")
            await ada.request("produce", **CAMERA)
            joined = await checking.join("named", "check", dict(CHECK))
            assert joined["consumers"] == []
            assert [peer["id"] for peer in joined["room"]["peers"]] == ["check"]

    async def test_only_so_many_at_once_from_one_address(self, node: NodeProcess) -> None:
        clients = [Client(node) for _ in range(AT_ONCE_PER_ADDRESS + 1)]
        for client in clients:
            await client.__aenter__()
        try:
            for index, client in enumerate(clients[:-1]):
                await client.join(f"~check-{index}", "check", dict(CHECK))
            with pytest.raises(Refusal) as caught:
                await clients[-1].join("~check-last", "check", dict(CHECK))
            assert caught.value.code == "tooManyRequests"
        finally:
            for client in clients:
                await client.__aexit__(None, None, None)
