"""Rooms of many who all send: a change costs no more with each who is in, and nobody misses anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import pytest_asyncio

from rooms.protocol import NOTIFICATIONS, wire_name
from rooms.runtime import consuming as consuming_module
from rooms.runtime import news as news_module
from rooms.runtime import quality_rounds
from rooms.runtime.quality import QualityMeter
from tests.rooms.crowded import Cost, Crowded
from tests.rooms.guests import CAMERA, MIC, open_node
from tests.rooms.states import replay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from media.audio.microphone import Microphone


SMALL, LARGE = 50, 100


@pytest_asyncio.fixture
async def crowd() -> AsyncIterator[Crowded]:
    async with open_node() as node:
        made = Crowded(node)
        yield made
        await made.close()


async def costs(size: int) -> dict[str, Cost]:
    """Of changes in a room of so many who all have microphone and camera on."""
    async with open_node() as node:
        crowd = Crowded(node)
        await crowd.fill(size)
        mic = crowd.sent_by("p0", "mic")
        mics = {name: crowd.sent_by(name, "mic") for name in (f"p{number}" for number in range(1, min(size, 21)))}

        async def many() -> None:
            for name, producer_id in mics.items():
                await crowd.ask(name, "pauseProducer", producerId=producer_id)

        found = {
            "join": await crowd.cost(lambda: crowd.join("late")),
            "microphone": await crowd.cost(lambda: crowd.ask("late", "produce", **MIC)),
            "camera": await crowd.cost(lambda: crowd.ask("late", "produce", **CAMERA)),
            "mute": await crowd.cost(lambda: crowd.ask("p0", "pauseProducer", producerId=mic)),
            "unmute": await crowd.cost(lambda: crowd.ask("p0", "resumeProducer", producerId=mic)),
            "hand": await crowd.cost(lambda: crowd.ask("p0", "raiseHand", raised=True)),
            "leave": await crowd.cost(lambda: crowd.leave("late")),
            "twenty mutes": await crowd.cost(many),
        }
        await crowd.close()
        return found


async def test_a_change_costs_no_more_than_one_frame_for_each_however_much_changes() -> None:
    small, large = await costs(SMALL), await costs(LARGE)
    for change, cost in large.items():
        # A frame for each person, one more for who asks and who is asked, and some lines of Python for each.
        requests = 20 if change == "twenty mutes" else 1
        assert cost.frames <= LARGE + 1 + 2 * requests, change
        assert cost.lines - small[change].lines < (300 + 30 * requests) * (LARGE - SMALL), change
        assert cost.consumers - small[change].consumers == 0, change
    # Each of a hundred is told twenty changes by about as many characters as they are.
    assert large["twenty mutes"].characters < 25 * 130 * LARGE


async def test_everybodys_connection_is_judged_a_few_at_a_time(crowd: Crowded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_rounds, "MEASURED_AT_ONCE", 2)
    for name in ("ada", "ben", "cyd", "dan", "eve"):
        await crowd.join(name)
    judged: list[QualityMeter] = []

    def measure(meter: QualityMeter, *_transports: object) -> str:
        judged.append(meter)
        return "good"

    monkeypatch.setattr(QualityMeter, "measure", measure)
    crowd.leave("dan")  # is gone by the time of the second portion
    crowd.room._quality.begin()
    assert len(judged) == 2
    await crowd.settle()
    assert len(judged) == 4
    assert {peer.info.id: peer.info.quality for peer in crowd.room.state.everybody} == dict.fromkeys(
        ("ada", "ben", "cyd", "eve"), "good"
    )


@pytest.mark.parametrize("sure", [True, False])
async def test_in_a_room_of_many_a_quality_that_goes_up_and_down_is_no_news(
    crowd: Crowded, monkeypatch: pytest.MonkeyPatch, sure: bool
) -> None:
    monkeypatch.setattr(quality_rounds, "SURE_FROM", 3 if sure else 4)
    for name in ("ada", "ben", "cyd"):
        await crowd.join(name)
    grades: Iterator[str] = iter(())
    monkeypatch.setattr(QualityMeter, "measure", lambda *_: next(grades))
    seen = list[str]()
    for grade in ("good", "poor", "good", "unknown", "good", "poor", "poor", "unknown", "unknown"):
        grades = iter([grade] * 3)
        crowd.room._quality.begin()
        await crowd.settle()
        (told,) = {peer.info.quality for peer in crowd.room.state.everybody}
        if not seen or told != seen[-1]:
            seen.append(told)
    alike = ["good", "poor", "unknown"]
    assert seen == (alike if sure else ["good", "poor", "good", "unknown", "good", "poor", "unknown"])
    crowd.leave("cyd")
    await crowd.settle()
    grades = iter(["good"] * 2)
    crowd.room._quality.begin()
    assert len(crowd.room._quality._known) == 2


class TestGathered:
    @pytest.fixture(autouse=True)
    def _from_three_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(news_module, "GATHERED_FROM", 3)
        monkeypatch.setattr(news_module, "SOONEST_S", 3600.0)
        monkeypatch.setattr(news_module, "LATEST_S", 3600.0)

    async def test_changes_come_as_one_frame_and_in_order(self, crowd: Crowded) -> None:
        for name in ("ada", "ben", "cyd"):
            await crowd.join(name)
        before = len(crowd.sockets["cyd"].frames)
        await crowd.ask("ada", "raiseHand", raised=True)
        await crowd.ask("ada", "raiseHand", raised=False)
        await crowd.ask("ben", "setDisplayName", displayName="Benedict")
        assert len(crowd.sockets["cyd"].frames) == before  # not yet
        crowd.room._announcer.news.flush()
        await crowd.settle()
        (frame,) = crowd.sockets["cyd"].frames[before:]
        names = [one["event"] for one in msgspec.json.decode(frame)["events"]]
        assert names[-3:] == ["handChanged", "handChanged", "peerRenamed"]

    async def test_an_answer_comes_after_what_was_kept_and_nobody_is_told_of_themselves(self, crowd: Crowded) -> None:
        for name in ("ada", "ben", "cyd"):
            await crowd.join(name)
        await crowd.ask("ada", "raiseHand", raised=True)
        assert crowd.told("ada")[-1]["event"] == "handChanged"  # it came before the answer
        await crowd.join("dan")
        crowd.room._announcer.news.flush()
        await crowd.settle()
        assert [one["data"]["peer"]["id"] for one in crowd.told("ada") if one["event"] == "peerJoined"] == [
            "ben", "cyd", "dan",
        ]  # fmt: skip
        assert not [one for one in crowd.told("dan") if one["event"] == "peerJoined"]

    async def test_the_chat_is_gathered_too_for_those_who_may_read_it(self, crowd: Crowded) -> None:
        for name in ("ada", "ben"):
            await crowd.join(name)
        await crowd.join("cyd", chat_disabled=True)
        await crowd.ask("ada", "sendChat", text="hello")
        await crowd.ask("ada", "raiseHand", raised=True)
        assert "chatAdded" not in [one["event"] for one in crowd.told("ben")]  # not yet
        crowd.room._announcer.news.flush()
        await crowd.settle()
        heard = {name: [one["event"] for one in crowd.told(name)][-2:] for name in ("ben", "cyd")}
        assert heard["ben"] == ["chatAdded", "handChanged"]
        assert heard["cyd"][-1] == "handChanged"
        assert "chatAdded" not in heard["cyd"]

    async def test_who_does_not_take_several_events_in_a_frame_gets_each_by_itself(self, crowd: Crowded) -> None:
        for name in ("ada", "ben"):
            await crowd.join(name)
        await crowd.join("cyd", gathered=False)
        before = len(crowd.sockets["cyd"].frames)
        await crowd.ask("ada", "raiseHand", raised=True)
        await crowd.ask("ada", "raiseHand", raised=False)
        crowd.room._announcer.news.flush()
        await crowd.settle()
        frames = [msgspec.json.decode(frame) for frame in crowd.sockets["cyd"].frames[before:]]
        assert [frame["event"] for frame in frames] == ["handChanged", "handChanged"]

    async def test_much_goes_out_at_once(self, crowd: Crowded, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(news_module, "MOST_KEPT", 4)
        for name in ("ada", "ben", "cyd"):
            await crowd.join(name)
        for raised in (True, False, True, False):
            await crowd.ask("ada", "raiseHand", raised=raised)
        assert len([one for one in crowd.told("cyd") if one["event"] == "handChanged"]) >= 3

    async def test_an_old_snapshot_and_what_was_told_since_are_a_fresh_one(self, crowd: Crowded) -> None:
        for name in ("ada", "ben", "cyd"):
            await crowd.join(name)
        crowd.room._announcer.news.flush()
        await crowd.settle()
        seen = crowd.room.state.snapshot("ada")
        heard = len(crowd.told("ada"))
        await crowd.ask("ben", "produce", **MIC)
        await crowd.join("dan")
        await crowd.ask("ada", "raiseHand", raised=True)
        await crowd.ask("cyd", "produce", **CAMERA)
        await crowd.ask("ben", "pauseProducer", producerId=crowd.sent_by("ben", "mic"))
        crowd.leave("cyd")
        await crowd.settle()
        crowd.room._announcer.news.flush()
        await crowd.settle()
        of_media = {"consumerCreated", "consumerClosed"}
        for event in [one for one in crowd.told("ada")[heard:] if one["event"] not in of_media]:
            kind = next(kind for kind in NOTIFICATIONS if wire_name(kind) == event["event"])
            replay(seen, msgspec.convert(event["data"], kind))
        assert seen == crowd.room.state.snapshot("ada")

    async def test_who_is_removed_is_told_why_and_nothing_of_it_else(self, crowd: Crowded) -> None:
        await crowd.join("mod", role="moderator")
        for name in ("ada", "ben"):
            await crowd.join(name)
        await crowd.ask("mod", "kick", peerId="ada")
        await crowd.settle()
        assert crowd.told("ada")[-1]["event"] == "closing"
        assert not [one for one in crowd.told("ada") if one["event"] == "peerLeft"]


class TestCameras:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consuming_module, "ALL_CAMERAS_UP_TO", 2)
        monkeypatch.setattr(consuming_module, "MOST_VIDEOS", 2)

    async def with_cameras(self, crowd: Crowded, *names: str) -> None:
        for name in names:
            await crowd.join(name)
            await crowd.ask(name, "produce", **CAMERA)
        await crowd.join("eve")

    def received(self, crowd: Crowded, peer_id: str) -> set[str]:
        member = crowd.room.member(peer_id)
        assert member is not None
        sent = {crowd.sent_by(name, "camera"): name for name in ("ada", "ben", "cyd", "dan") if name in crowd.sockets}
        return {sent[one.producer_id] for one in member.recv_transport.consumers.values()}

    async def test_of_few_everybody_has_all(self, crowd: Crowded) -> None:
        await self.with_cameras(crowd, "ada", "ben")
        assert self.received(crowd, "eve") == {"ada", "ben"}
        assert self.received(crowd, "ada") == {"ben"}

    async def test_of_many_somebody_has_what_they_show(self, crowd: Crowded) -> None:
        await self.with_cameras(crowd, "ada", "ben", "cyd", "dan")
        assert self.received(crowd, "eve") == {"ada", "ben"}  # who has not asked gets those who came first
        assert self.received(crowd, "ada") == {"ben"}
        cameras = {name: crowd.sent_by(name, "camera") for name in ("ada", "ben", "cyd", "dan")}
        await crowd.ask("eve", "watch", producerIds=[cameras["cyd"], cameras["dan"], "unknown"])
        assert self.received(crowd, "eve") == {"cyd", "dan"}
        assert crowd.told("eve")[-1]["event"] == "consumerCreated"
        # Another page of tiles: what was shown longest ago goes.
        await crowd.ask("eve", "watch", producerIds=[cameras["ada"]])
        await crowd.ask("eve", "watch", producerIds=[cameras["ada"], cameras["ben"]])
        assert self.received(crowd, "eve") == {"ada", "ben"}
        assert "consumerClosed" in [one["event"] for one in crowd.told("eve")]

    async def test_who_says_that_they_ask_has_a_first_few_and_then_what_they_ask_for(
        self, crowd: Crowded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "FIRST_CAMERAS", 1)
        await self.with_cameras(crowd, "ada", "ben")
        await crowd.join("gil", watches=True)
        assert self.received(crowd, "gil") == {"ada", "ben"}, "few come all"
        for name in ("cyd", "dan"):
            await crowd.join(name)
            await crowd.ask(name, "produce", **CAMERA)
        await crowd.join("fay", watches=True)
        assert self.received(crowd, "fay") == {"ada"}
        await crowd.ask("cyd", "closeProducer", producerId=crowd.sent_by("cyd", "camera"))
        await crowd.ask("ben", "closeProducer", producerId=crowd.sent_by("ben", "camera"))
        await crowd.settle()
        member = crowd.room.member("fay")
        assert member is not None
        left = {crowd.sent_by(name, "camera") for name in ("ada", "dan")}
        assert {one.producer_id for one in member.recv_transport.consumers.values()} == left, "few are left"

    async def test_who_never_asks_gets_the_next_ones_when_cameras_end(self, crowd: Crowded) -> None:
        await self.with_cameras(crowd, "ada", "ben", "cyd", "dan")
        await crowd.join("fay")
        cameras = {name: crowd.sent_by(name, "camera") for name in ("ada", "ben", "cyd", "dan")}
        await crowd.ask("fay", "watch", producerIds=[cameras["dan"]])
        await crowd.ask("ada", "closeProducer", producerId=cameras["ada"])
        await crowd.settle()
        member = crowd.room.member("eve")
        assert member is not None
        assert {one.producer_id for one in member.recv_transport.consumers.values()} == {cameras["ben"], cameras["cyd"]}
        fay = crowd.room.member("fay")
        assert fay is not None
        assert cameras["cyd"] not in {one.producer_id for one in fay.recv_transport.consumers.values()}
        await crowd.ask("ben", "closeProducer", producerId=cameras["ben"])
        await crowd.settle()
        for one in (member, fay):  # now they are few
            received = {consumer.producer_id for consumer in one.recv_transport.consumers.values()}
            assert received == {cameras["cyd"], cameras["dan"]}

    async def test_what_is_left_of_an_older_wish_is_not_carried_out_after_a_newer_one(
        self, crowd: Crowded, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consuming_module, "CONSUMERS_AT_ONCE", 1)
        await self.with_cameras(crowd, "ada", "ben", "cyd", "dan")
        cameras = {name: crowd.sent_by(name, "camera") for name in ("ada", "ben", "cyd", "dan")}
        eve = crowd.room.member("eve")
        assert eve is not None
        for name in ("ada", "ben"):
            eve.stop_consuming(cameras[name])
        crowd.room.media.consuming.watch(eve, [cameras["ada"], cameras["ben"]])
        crowd.room.media.consuming.watch(eve, [cameras["cyd"], cameras["dan"]])
        await crowd.settle()
        assert self.received(crowd, "eve") == {"cyd", "dan"}

    async def test_a_shared_screen_stays_whatever_cameras_are_asked_for(self, crowd: Crowded) -> None:
        await crowd.join("sam")
        await crowd.ask("sam", "produce", **{**CAMERA, "source": "screen"})
        await self.with_cameras(crowd, "ada", "ben", "cyd", "dan")
        eve = crowd.room.member("eve")
        assert eve is not None
        screen = crowd.sent_by("sam", "screen")
        cameras = {name: crowd.sent_by(name, "camera") for name in ("ada", "ben", "cyd", "dan")}

        def received() -> set[str]:
            return {one.producer_id for one in eve.recv_transport.consumers.values()}

        await crowd.ask("eve", "watch", producerIds=[cameras["cyd"], cameras["dan"]])
        assert received() == {screen, cameras["cyd"], cameras["dan"]}
        # Nor does it take the place of a camera, whether it is among what is shown or not.
        await crowd.ask("eve", "watch", producerIds=[screen, cameras["dan"]])
        assert received() == {screen, cameras["cyd"], cameras["dan"]}
        eve.stop_consuming(screen)
        await crowd.ask("eve", "watch", producerIds=[screen, cameras["dan"]])
        assert received() == {screen, cameras["cyd"], cameras["dan"]}

    async def test_nobody_watches_themselves_a_microphone_or_too_much(self, crowd: Crowded) -> None:
        await self.with_cameras(crowd, "ada", "ben", "cyd")
        await crowd.ask("ada", "produce", **MIC)
        own = [crowd.sent_by("ada", "camera"), crowd.sent_by("ada", "mic")]
        before = self.received(crowd, "ada")
        await crowd.ask("ada", "watch", producerIds=own)
        assert self.received(crowd, "ada") == before
        with pytest.raises(msgspec.ValidationError):
            await crowd.ask("ada", "watch", producerIds=["x"] * 101)


class TestMicrophones:
    async def test_everybody_has_those_that_are_on_or_loud(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consuming_module, "PLACES", 2)
        async with open_node(all_microphones_up_to=1) as node:
            crowd = Crowded(node)
            await self.play(crowd, monkeypatch)
            await crowd.close()

    async def play(self, crowd: Crowded, monkeypatch: pytest.MonkeyPatch) -> None:
        names = ("ada", "ben", "cyd")
        for name in names:
            await crowd.join(name)
            await crowd.ask(name, "produce", **MIC)
        await crowd.join("eve")

        def heard() -> set[str]:
            member = crowd.room.member("eve")
            assert member is not None
            sent = {crowd.sent_by(name, "mic"): name for name in names}
            return {sent[one.producer_id] for one in member.recv_transport.consumers.values()}

        assert heard() == {"ada", "ben"}
        await crowd.ask("ada", "pauseProducer", producerId=crowd.sent_by("ada", "mic"))
        await crowd.ask("cyd", "pauseProducer", producerId=crowd.sent_by("cyd", "mic"))
        await crowd.ask("cyd", "resumeProducer", producerId=crowd.sent_by("cyd", "mic"))
        await crowd.settle()
        assert heard() == {"ben", "cyd"}
        await crowd.ask("ada", "resumeProducer", producerId=crowd.sent_by("ada", "mic"))
        assert heard() == {"ben", "cyd"}  # all are on, and nobody knows yet who speaks
        speakers = crowd.room.media.speakers
        now = speakers._clock()
        microphones: dict[str, Microphone] = speakers._conversation._microphones
        ada = microphones[crowd.sent_by("ada", "mic")]
        speakers._look()
        for step in range(60):
            for one in microphones.values():
                one.hears((30 if one is ada else 100) | 0x80, now + 0.02 * step)
        monkeypatch.setattr(speakers, "_clock", lambda: now + 1.2)
        speakers._look()
        await crowd.settle()
        assert "ada" in heard()
        assert len(heard()) == 2
