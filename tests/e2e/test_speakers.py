"""Who speaks comes onto the stage of those whose frame has no room for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant

# A frame for two tiles and a stage.
SMALL = (340, 330)
# Gives somebody a voice that sounds when it is told to, in place of the fake microphone's short beeps.
VOICE = """
async () => {
  const context = new AudioContext();
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  const heard = context.createMediaStreamDestination();
  tone.connect(gain).connect(heard);
  gain.gain.value = 0;
  tone.start();
  window.__speak = (on) => { gain.gain.value = on ? 0.5 : 0; };
  for (const connection of window.__connections) {
    for (const sender of connection.getSenders()) {
      if (sender.track?.kind === 'audio') await sender.replaceTrack(heard.stream.getAudioTracks()[0]);
    }
  }
}
"""


def speak(person: Participant, *others: Participant) -> None:
    """Somebody speaks from now on, and the others don't."""
    for other in others:
        other.page.evaluate("window.__speak(false)")
    person.page.evaluate("window.__speak(true)")


def staged(person: Participant) -> Locator:
    return person.page.locator("[data-testid=tile][data-staged]")


@pytest.mark.timeout(150)
@pytest.mark.long
def test_the_stage_follows_who_speaks_where_not_everybody_fits(participant: MakeParticipant, room: str) -> None:
    ada, ben, small = participant("Ada"), participant("Ben"), participant("Small", SMALL)
    for person in (ada, ben, small):
        person.join(room)
        person.button("leave").wait_for()
    ada.hears(2)
    small.hears(2)
    for person in (ada, ben, small):
        person.page.evaluate(VOICE)

    speak(ada, ben, small)
    expect(staged(small)).to_have_attribute("data-peer-id", ada.peer_id)
    expect(ben.tile(ada)).to_have_attribute("data-speaking", "")
    speak(ben, ada)
    expect(staged(small)).to_have_attribute("data-peer-id", ben.peer_id)
    expect(ada.tile(ben)).to_have_attribute("data-speaking", "")
    expect(staged(ada)).to_have_count(0)  # all fit there

    speak(small, ben)
    expect(ada.tile(small)).to_have_attribute("data-speaking", "")
    small.page.wait_for_timeout(2_000)
    expect(staged(small)).to_have_attribute("data-peer-id", ben.peer_id)  # nobody has their own stage

    late = participant("Late", SMALL)
    late.join(room)
    expect(staged(late)).to_have_attribute("data-peer-id", small.peer_id)
