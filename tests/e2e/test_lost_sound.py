"""A voice where packets get lost: frames come twice (RED), so that hardly anything has to be made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.emulator import Emulator, Setup
from benchmarks.emulator import Server as Ports
from benchmarks.link import Direction, Link
from tests.e2e.participant import wait_for

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeParticipant
    from tests.e2e.participant import Participant
    from tests.e2e.server import Server

pytestmark = pytest.mark.long

# A voice that never pauses: chords that change.
VOICE = """
navigator.mediaDevices.getUserMedia = async (constraints) => {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  [180, 361, 545, 1210].forEach((frequency, at) => {
    const tone = new OscillatorNode(context, { frequency, type: 'sawtooth' });
    const sway = new OscillatorNode(context, { frequency: 2 + at });
    const gain = new GainNode(context, { gain: 0.1 });
    sway.connect(new GainNode(context, { gain: 0.08 })).connect(gain.gain);
    tone.connect(gain).connect(out);
    tone.start();
    sway.start();
  });
  return out.stream;
};
"""
ANSWERS = """
() => window.__connections.map((connection) => connection.currentRemoteDescription?.sdp ?? '')
  .filter((sdp) => sdp.includes('m=audio'))
"""
PACKET_SIZE = """
async () => {
  for (const connection of window.__connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === 'outbound-rtp' && entry.kind === 'audio') return entry.bytesSent / entry.packetsSent;
    }
  }
}
"""
HEARD = """
async () => {
  for (const connection of window.__connections) {
    if (connection.connectionState === 'closed') continue;
    const report = await connection.getStats();
    for (const entry of report.values()) {
      if (entry.type === 'inbound-rtp' && entry.kind === 'audio' && entry.totalSamplesReceived > 0) {
        return {
          fmtp: report.get(entry.codecId)?.sdpFmtpLine,
          samples: entry.totalSamplesReceived,
          concealed: entry.concealedSamples,
          packets: entry.packetsReceived,
        };
      }
    }
  }
  return null;
}
"""


def heard(person: Participant, seconds: float) -> dict[str, Any]:
    """What arrives of the only voice within that time; `concealed` as a share of all samples."""
    before = wait_for(lambda: person.page.evaluate(HEARD))
    person.page.wait_for_timeout(3000)  # the receiver has learnt how long to wait for what is late
    before = person.page.evaluate(HEARD)
    person.page.wait_for_timeout(seconds * 1000)
    after: dict[str, Any] = person.page.evaluate(HEARD)
    after["concealed"] = (after["concealed"] - before["concealed"]) / (after["samples"] - before["samples"])
    return after


@pytest.mark.parametrize(("loss", "most_concealed"), [(0.1, 0.03), (0.2, 0.06)])
def test_hardly_anything_is_made_up_where_packets_get_lost(
    participant: MakeParticipant, room: str, server: Server, loss: float, most_concealed: float
) -> None:
    # So far away that what is asked for again mostly comes too late.
    link = Link(up=Direction(delay_s=0.1), down=Direction(loss=loss, delay_s=0.1))
    with Emulator(Ports(server.media_port), Setup({"link": link}, {"Ben": "link"})) as emulator:
        ada, ben = participant("Ada"), participant("Ben")
        ada.context.add_init_script(VOICE)
        emulator.lead(ben.context, "Ben")
        ada.join(room)
        ben.join(room)
        emulator.start()
        ben.hears(1, timeout_s=30)
        sound = heard(ben, 15)
        assert "useinbandfec=1" in sound["fmtp"]
        formats = [sdp.split("m=audio", 1)[1].split("\r\n", 1)[0].split()[2:] for sdp in ada.page.evaluate(ANSWERS)]
        # The first one is what a browser sends.
        assert ["63", "111"] in formats, formats
        size = ada.page.evaluate(PACKET_SIZE)
        assert size > 110, f"Frames of 32 kbit/s come twice: {size} octets a packet."
        print(f"{loss:.0%} lost, {sound['concealed']:.2%} made up")  # noqa: T201 - shown where it fails
        assert sound["concealed"] < most_concealed
        assert emulator.logs()["link"][1].total("lost") > 50
