"""Interpretation for clients that somebody writes by hand, on a live node: what the page would never ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rooms.client import Client, Refusal
from tests.rooms.guests import CAMERA, MIC

if TYPE_CHECKING:
    from tests.rooms.conftest import NodeProcess


async def test_what_a_client_written_by_hand_can_not_do(node: NodeProcess) -> None:
    interpreting = {"role": "interpreter", "language": "de", "language_name": "Deutsch"}
    async with Client(node) as ivo, Client(node) as bad, Client(node) as vic:
        await ivo.join("by-hand", "ivo", interpreting)
        # Who is no interpreter has no language, whatever a ticket or a request says.
        await bad.join("by-hand", "bad", {"language": "de"})
        joined = await vic.join("by-hand", "vic", {"viewer": True})
        assert joined["room"]["interpretation"]["languages"][0]["name"] == "Deutsch"
        await vic.request("chooseLanguage", language="de")
        await bad.request("produce", **MIC, language="de")
        created = await vic.event("consumerCreated")
        assert (created["peerId"], created["language"]) == ("bad", "")
        await ivo.request("produce", **MIC)
        created = await vic.event("consumerCreated")
        assert (created["peerId"], created["language"]) == ("ivo", "de")
        await bad.drain()
        assert [data["peerId"] for name, data in bad.events if name == "consumerCreated"] == []
        for method in ("offerHandover", "requestHandover", "acceptHandover", "cancelHandover"):
            with pytest.raises(Refusal, match="notAllowed"):
                await bad.request(method)
        with pytest.raises(Refusal, match="notModerator"):
            await bad.request("setInterpretation", enabled=False)
        for source in ("camera", "screen"):
            with pytest.raises(Refusal, match="notAllowed"):
                await ivo.request("produce", **{**CAMERA, "source": source})
        for language in ("x" * 36, 5, None):
            with pytest.raises(Refusal, match="invalidData"):
                await vic.request("chooseLanguage", language=language)
        with pytest.raises(Refusal, match="notFound"):
            await vic.request("chooseLanguage", language="fr")
    assert await node.rooms_gone()
