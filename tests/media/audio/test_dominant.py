"""Who dominates: simulated conversations, as levels tell of them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from media.audio.conversation import LOOK_S, STAYS_S, Conversation
from media.audio.dominant import Activity, surpasses
from tests.media.audio.sounds import during, frames, noise, nothing, silence, speech, taps

if TYPE_CHECKING:
    from collections.abc import Callable

    Sounds = dict[str, Callable[[float], int | None]]


def listen(sounds: Sounds, seconds: float, conversation: Conversation | None = None) -> list[tuple[float, str | None]]:
    """Each change of the dominant speaker, with its time."""
    conversation = Conversation(0) if conversation is None else conversation
    microphones = {key: conversation.add(key, 0.0, takes_part=True, on=True) for key in sounds}
    changes: list[tuple[float, str | None]] = []
    next_look = LOOK_S
    for time in frames(0.0, seconds):
        for key, sound in sounds.items():
            told = sound(time)
            if told is not None:
                microphones[key].hears(told, time)
        if time >= next_look:
            next_look += LOOK_S
            before = conversation.dominant
            if conversation.look(time) != before:
                changes.append((time, conversation.dominant))
    return changes


def test_nobody_dominates_in_silence() -> None:
    assert listen({"ada": silence, "bob": nothing, "cyd": noise(60)}, 30) == []


def test_who_speaks_dominates_within_a_second_and_stays_in_silence() -> None:
    changes = listen({"ada": during(speech(), (5, 9)), "bob": noise(62)}, 30)
    assert [who for _, who in changes] == ["ada"]
    assert 5.4 <= changes[0][0] <= 6.5


def test_the_only_microphone_dominates_when_it_speaks() -> None:
    assert [who for _, who in listen({"ada": during(speech(), (2, 4))}, 5)] == ["ada"]


def test_a_fan_does_not_dominate_for_long_nor_take_over() -> None:
    """Its background is not known in the first seconds; then it is nothing but background."""
    changes = listen({"ada": noise(40), "bob": during(speech(35), (15, 40)), "cyd": noise(45, seed=2)}, 40)
    assert changes[-1][1] == "bob"
    assert all(time < 10 for time, who in changes if who != "bob")


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_speaker_dominates_over_louder_noise(seed: int) -> None:
    changes = listen({"ada": noise(42), "bob": during(speech(48, seed, background=75), (12, 30))}, 30)
    assert changes[-1][1] == "bob"


@pytest.mark.parametrize("seed", range(5))
def test_keystrokes_are_nobody_speaking(seed: int) -> None:
    assert listen({"ada": taps(20, seed), "bob": silence}, 20) == []


def test_a_slammed_door_is_nobody_speaking() -> None:
    assert listen({"ada": during(lambda _: 10, (5, 5.25)), "bob": silence}, 10) == []


@pytest.mark.parametrize("seed", range(8))
def test_back_channels_do_not_interrupt_a_monologue(seed: int) -> None:
    yes = [(4.0 + 2.3 * number, 4.3 + 2.3 * number) for number in range(20)]
    sounds: Sounds = {"ada": speech(30, seed), "bob": during(lambda _: 22, *yes), "cyd": taps(25, seed)}
    assert [who for _, who in listen(sounds, 50)] == ["ada"]


@pytest.mark.parametrize("seed", range(8))
def test_two_who_take_turns_take_over_from_each_other(seed: int) -> None:
    ada = during(speech(30, seed), (0, 6), (12, 18), (24, 30))
    bob = during(speech(38, seed + 100), (6, 12), (18, 24))
    changes = listen({"ada": ada, "bob": bob}, 30)
    assert [who for _, who in changes] == ["ada", "bob", "ada", "bob", "ada"]
    assert all(time - begin < 2.5 for (time, _), begin in zip(changes, (0, 6, 12, 18, 24), strict=True))


@pytest.mark.parametrize("seed", range(8))
def test_who_talks_at_the_same_time_does_not_make_the_stage_flicker(seed: int) -> None:
    changes = listen({"ada": speech(30, seed), "bob": speech(30, seed + 100)}, 60)
    assert len(changes) <= 20  # without hysteresis it is one each second
    assert all(later[0] - earlier[0] >= STAYS_S for earlier, later in pairwise(changes))


def test_a_sender_that_tells_voice_is_believed_about_other_sounds() -> None:
    """The V bit of RFC 6464: this one has music without it, after a word with it."""

    def told(time: float) -> int:
        return 20 | 0x80 if time < 0.1 else 20

    assert listen({"ada": told, "bob": silence}, 10) == []


def test_a_sender_that_never_tells_voice_is_heard_by_its_level() -> None:
    voice = speech(30)
    assert [who for _, who in listen({"ada": lambda time: voice(time) & 0x7F}, 5)] == ["ada"]


def test_who_does_not_take_part_never_dominates() -> None:
    conversation = Conversation(0)
    interpreter = conversation.add("ida", 0.0, takes_part=False, on=True)
    for time in frames(0.0, 3.0):
        interpreter.hears(20, time)
    assert conversation.look(3.0) is None


def test_the_one_who_is_gone_does_not_dominate_any_more() -> None:
    conversation = Conversation(0)
    listen({"ada": speech()}, 3, conversation)
    assert conversation.dominant == "ada"
    conversation.remove("ada")
    assert conversation.look(4.0) is None


def test_packets_of_60_ms_and_bursts_count_as_what_they_last() -> None:
    conversation = Conversation(0)
    microphone = conversation.add("ada", 0.0, takes_part=True, on=True)
    for number in range(20):
        microphone.hears(25, number * 0.06)
    assert conversation.look(1.2) == "ada"


def test_a_second_without_packets_is_silence() -> None:
    conversation = Conversation(0)
    microphone = conversation.add("ada", 0.0, takes_part=True, on=True)
    for time in frames(0.0, 1.0):
        microphone.hears(25, time)
    assert conversation.look(2.5) is None


def test_nobody_takes_over_from_somebody_who_goes_on() -> None:
    assert not surpasses(Activity(13, 5, 10), Activity(8, 5, 8))
    assert surpasses(Activity(9, 5, 8), Activity(0, 0, 3))
    assert not surpasses(Activity(9, 5, 3), Activity(0, 0, 0))
