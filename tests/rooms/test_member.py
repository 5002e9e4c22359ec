"""What a participant is told of what they receive."""

from __future__ import annotations

from media.ortc.parameters import ConsumerLayers
from tests.rooms.fakes import settle
from tests.rooms.guests import CAMERA, MIC, guests, open_node


async def test_layers_are_told_of_video_and_not_of_sound_which_has_none() -> None:
    async with open_node() as node:
        ada, bob = await guests(node, "ada", "bob")
        for track in (MIC, CAMERA):
            await bob.ask("produce", **track)
        member = ada.room.member("ada")
        assert member is not None
        consumers = {one.kind: one for one in member.recv_transport.consumers.values()}
        for one in consumers.values():
            member.on_consumer_layers(one, ConsumerLayers(0))
        await settle()
        assert ada.events.count("consumerLayersChanged") == 1
        assert ada.event("consumerLayersChanged")["consumerId"] == consumers["video"].id


async def test_a_video_that_the_server_has_no_time_for_is_told_so() -> None:
    async with open_node() as node:
        ada, bob = await guests(node, "ada", "bob")
        await bob.ask("produce", **CAMERA)
        member = ada.room.member("ada")
        assert member is not None
        (consumer,) = member.recv_transport.consumers.values()
        consumer.resume()
        consumer.producer.withheld = True
        member.on_consumer_layers(consumer, None)
        await settle()
        told = ada.event("consumerLayersChanged")
        assert told == {"consumerId": consumer.id, "layers": None, "exceedsLink": False, "serverBusy": True}
