"""Plays a call's packets through the packet path and prints what leaves, by `python -m tests.media.played_packets`.

With a folder of compiled modules as argument these are used. Lost, late, repeated and broken packets, temporal layers,
feedback of a link that becomes narrow: all by a seed, so that each run prints the same.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from media.compiled import SUFFIX, use_compiled

if __name__ == "__main__" and len(sys.argv) > 1:
    use_compiled(Path(sys.argv[1]))

from media.bandwidth.gcc import GccEstimator
from media.errors import ParseError
from media.rtp import packet
from media.rtp.rtcp import TransportWide, parse_compound
from media.rtp.rtp import parse_rtp_header, read_extensions
from media.rtp.twcc import TransportFeedbackBuilder, parse_feedback
from media.send.send_history import SendHistory
from media.send.transport_wide import TransportWideTable
from tests.media.clients import vp8
from tests.media.packets import build_rtp
from tests.media.parts import FakeTransport, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

FRAMES = 120
EMPTY_PACKET = bytes.fromhex("90600000000000000000000abede0001") + bytes(84)


class Played:
    """A video to two receivers, and an estimator that hears of packets of its own."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        secrets.randbelow = self._chance.randrange  # type: ignore[assignment]  # where numbering begins
        self._track = Track()
        self._egresses = [self._track.consume(transport=FakeTransport())[1] for _ in range(2)]
        self._waiting: list[bytearray] = []
        self._table = TransportWideTable(lambda: self._track.now, 5)
        self._history = SendHistory(self._table)
        self._history.set_numbered(numbered=True, attentive=True)
        self._builder = TransportFeedbackBuilder()
        self._estimator = GccEstimator(self._track.now)

    def lines(self) -> Iterator[str]:
        """What was found after each frame, then a digest of each packet that was sent."""
        stream = self._track.streams[0]
        for frame in range(FRAMES):
            self._track.now += 0.033
            self._send(frame)
            yield from self._receive()
            self._estimate(frame)
            yield f"{self._estimator.stats()} {stream.missing(self._track.now)} {stream.stats()}"
        for egress in self._egresses:
            for sent in egress.packets:
                # Without the SSRC, which is random.
                yield hashlib.sha256(sent.data[:8] + sent.data[12:]).hexdigest()

    def _send(self, frame: int) -> None:
        for index in range(3):
            payload = vp8(frame, key=frame % 50 == 0, start=index == 0, temporal_layer=frame % 3, body=bytes(frame))
            number = (65_400 + 3 * frame + index) & 0xFFFF
            self._waiting.append(build_rtp(120, number, frame * 3000, 0x2000, payload, marker=index == 2))
        self._chance.shuffle(self._waiting)

    def _receive(self) -> Iterator[str]:
        chance, stream = self._chance, self._track.streams[0]
        while len(self._waiting) > 2:
            data = self._waiting.pop()
            if chance.random() < 0.1:
                data = data[: chance.randrange(len(data))]
            for _ in range(chance.choice([0, 1, 1, 1, 1, 1, 1, 1, 2])):
                try:
                    view = memoryview(bytearray(data))
                    header = parse_rtp_header(view, len(data))
                    stream.receive(view, header, read_extensions(view, header), self._track.now)
                except ParseError as error:
                    yield str(error)

    def _estimate(self, frame: int) -> None:
        now, table, history = self._track.now, self._table, self._history
        room = memoryview(bytearray(EMPTY_PACKET))
        table.stamp([table.number(room, 0, 17, history.slot, len(room))], table.now_us())
        if self._chance.random() > 0.1:
            queued_s = max(0, frame - FRAMES // 2) * 0.004
            self._builder.received(frame, int((now + 0.02 + queued_s) * 1e6))
        self._estimator.tick(now, history.sent_bytes, history.unacknowledged_since_s())
        for data in self._builder.build(1, 2) if frame % 3 == 0 else []:
            for told in parse_compound(data):
                sent = history.match(parse_feedback(told.fci)) if isinstance(told, TransportWide) else None
                if sent is not None:
                    self._estimator.on_feedback(sent, now + 0.03)


def main() -> None:
    """Write all that was found, a line each."""
    sys.stdout.write("compiled\n" if str(packet.__file__).endswith(SUFFIX) else "interpreted\n")
    for seed in range(3):
        sys.stdout.writelines(f"{line}\n" for line in Played(seed).lines())


if __name__ == "__main__":
    main()
