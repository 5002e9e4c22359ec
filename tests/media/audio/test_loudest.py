"""Which of many microphones are forwarded, packet by packet."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from media.audio.conversation import LOOK_S, Conversation
from media.audio.loudest import HOLD_S, SEATS, TURN_S
from tests.media.audio.sounds import during, frames, noise, silence, speech

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.audio.microphone import Microphone

    Sounds = dict[str, Callable[[float], int | None]]


class Meeting:
    """Some microphones, and which packets of them were forwarded when."""

    def __init__(self, sounds: Sounds, all_up_to: int = 5) -> None:
        self.sounds = sounds
        self.conversation = Conversation(all_up_to)
        self.microphones: dict[str, Microphone] = {
            key: self.conversation.add(key, 0.0, takes_part=True, on=True) for key in sounds
        }
        self.forwarded: dict[str, list[float]] = {key: [] for key in sounds}
        self.packets = 0
        self.most = 0
        self._next_look = 0.0

    def run(self, from_s: float, to_s: float) -> Meeting:
        for time in frames(from_s, to_s):
            if time >= self._next_look:
                self._next_look += LOOK_S
                self.conversation.look(time)
            now = 0
            for key, sound in self.sounds.items():
                told = sound(time)
                if told is not None:
                    self.packets += 1
                    if self.microphones[key].hears(told, time):
                        now += 1
                        self.forwarded[key].append(time)
            self.most = max(self.most, now)
        return self

    @property
    def count(self) -> int:
        return sum(map(len, self.forwarded.values()))


def crowd(count: int, **others: Callable[[float], int | None]) -> Sounds:
    """So many quiet rooms, and these."""
    return {**{f"p{number}": noise(66, seed=number) for number in range(count)}, **others}


def test_few_microphones_are_all_forwarded_and_no_gate_is_asked() -> None:
    meeting = Meeting(crowd(5)).run(0, 3)
    assert meeting.count == meeting.packets
    assert all(microphone.gate is None for microphone in meeting.microphones.values())


def test_an_interpreter_takes_nobodys_place_and_is_always_forwarded() -> None:
    meeting = Meeting(crowd(8))
    meeting.microphones["ida"] = meeting.conversation.add("ida", 0.0, takes_part=False, on=True)
    meeting.sounds["ida"] = speech(30)
    meeting.forwarded["ida"] = []
    alone = Meeting(crowd(8)).run(0, 5)
    meeting.run(0, 5)
    assert len(meeting.forwarded["ida"]) == len(list(frames(0, 5)))
    assert {key: sent for key, sent in meeting.forwarded.items() if key != "ida"} == alone.forwarded


def test_of_fifty_open_microphones_a_tenth_of_the_packets_is_forwarded() -> None:
    def sounds() -> Sounds:
        return crowd(48, ada=speech(30), bob=during(speech(35, 7), (5, 10)))

    before = Meeting(sounds(), all_up_to=0).run(0, 20)
    after = Meeting(sounds()).run(0, 20)
    assert before.count == before.packets == 50 * 50 * 20
    assert after.count < before.count / 10
    assert after.most <= 2 * SEATS


def test_silence_costs_nothing() -> None:
    meeting = Meeting(dict.fromkeys([f"p{number}" for number in range(20)], silence)).run(0, 2)
    assert meeting.count == 0


def test_the_packet_that_shows_that_somebody_speaks_is_forwarded() -> None:
    meeting = Meeting(crowd(20, ada=during(speech(30), (12, 14)))).run(0, 20)
    first = min(time for time in meeting.forwarded["ada"] if time >= 12)
    assert first - 12 < 0.001
    assert len([time for time in meeting.forwarded["ada"] if 12 <= time < 14]) == 100


def test_who_has_spoken_is_forwarded_for_a_while_and_then_not() -> None:
    meeting = Meeting(crowd(20, ada=during(lambda _: 25, (12, 14)))).run(0, 20)
    last = max(meeting.forwarded["ada"])
    assert HOLD_S - 0.1 < last - 14 <= HOLD_S


def test_all_three_who_talk_at_once_are_forwarded_without_a_gap() -> None:
    meeting = Meeting(crowd(20, ada=speech(30, 1), bob=speech(30, 2), cyd=speech(30, 3))).run(0, 10)
    for key in ("ada", "bob", "cyd"):
        assert len([time for time in meeting.forwarded[key] if time >= 1]) == 450


def test_a_fourth_takes_the_seat_of_one_who_pauses_and_nobody_is_cut_off_in_between() -> None:
    loud = {name: speech(30, seed) for seed, name in enumerate(("ada", "bob", "cyd"))}
    meeting = Meeting(crowd(20, **loud, dan=during(speech(26, 9), (5, 15)))).run(0, 15)
    heard = [time for time in meeting.forwarded["dan"] if time >= 5]
    assert min(heard) < 6
    assert meeting.most <= 2 * SEATS


def test_however_many_shout_twice_the_seats_are_the_most() -> None:
    chance = random.Random(4)  # noqa: S311 - the same noise each time
    meeting = Meeting({f"p{number}": lambda _: chance.randint(0, 60) for number in range(50)}).run(0, 6)
    # One more: within 20 ms a seat may change hands.
    assert SEATS <= meeting.count / (6 * 50) <= 2 * SEATS + 1


def test_who_claims_to_be_as_loud_as_can_be_does_not_keep_all_seats() -> None:
    def loudest(time: float) -> int:
        return 0 if time % 1 < 0.95 else 80  # never its own background

    liars = {f"x{number}": loudest for number in range(SEATS)}
    meeting = Meeting(crowd(10, **liars, ada=during(speech(25), (5, 25)))).run(0, 25)
    heard = [time for time in meeting.forwarded["ada"] if time >= 5]
    assert min(heard) < 5 + TURN_S
    assert len(heard) > 0.85 * 50 * 20
    assert meeting.most <= 2 * SEATS


def test_when_enough_have_turned_theirs_off_all_are_forwarded_again() -> None:
    meeting = Meeting(crowd(7)).run(0, 1)
    for key in ("p0", "p1"):
        meeting.conversation.turn(key, 1.0, on=False)
    meeting.run(1.0, 2.0)
    assert len([time for time in meeting.forwarded["p6"] if time >= 1.4]) == 30


def test_one_who_does_not_take_part_is_forwarded_and_does_not_count() -> None:
    meeting = Meeting(crowd(6))
    meeting.microphones["p0"].takes_part = False
    assert meeting.run(0, 1).count == meeting.packets
    six_more = Meeting(crowd(7))
    six_more.microphones["p0"].takes_part = False
    assert len(six_more.run(0, 1).forwarded["p0"]) == 50


def test_who_speaks_while_the_room_fills_is_not_interrupted() -> None:
    meeting = Meeting(crowd(4, ada=lambda _: 30 if _ % 1 < 0.5 else 66)).run(0, 12)
    for number in range(4, 10):
        key = f"p{number}"
        meeting.sounds[key] = noise(66, seed=number)
        meeting.forwarded[key] = []
        meeting.microphones[key] = meeting.conversation.add(key, 12.0, takes_part=True, on=True)
    meeting.run(12.0, 15.0)
    assert len([time for time in meeting.forwarded["ada"] if time >= 12]) == 150
