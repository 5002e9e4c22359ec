"""How much of what somebody sends arrives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from media.rtp.reception import Reception
from rooms.runtime.bitrates import BitrateMeter


class Sent:
    """A producer with some layers, as far as the meter looks at it."""

    def __init__(self, producer_id: str, layers: int = 1) -> None:
        self.id = producer_id
        self.streams = [SimpleNamespace(reception=Reception(90_000)) for _ in range(layers)]

    def receive(self, octets: int, layer: int = 0) -> None:
        reception = self.streams[layer].reception
        reception.received(reception.packets, 0, octets, 0.0)


def measured(meter: BitrateMeter, now_s: float, *sent: Sent) -> list[int]:
    producers: Any = sent
    meter.measure(producers, now_s)
    return [meter.bps(one.id) for one in sent]


def test_it_is_what_came_since_the_last_look_of_all_layers() -> None:
    meter, camera, mic = BitrateMeter(100.0), Sent("camera", layers=3), Sent("mic")
    assert meter.bps("camera") == 0
    camera.receive(1000)
    camera.receive(2000, layer=2)
    assert measured(meter, 102.0, camera) == [12_000]
    mic.receive(500)
    assert measured(meter, 104.0, camera, mic) == [0, 2000]
    camera.receive(1000)
    assert measured(meter, 105.0, camera, mic) == [8000, 0]


def test_what_is_gone_sends_nothing_and_no_time_is_no_measurement() -> None:
    meter, mic = BitrateMeter(100.0), Sent("mic")
    mic.receive(1000)
    assert measured(meter, 101.0, mic) == [8000]
    assert measured(meter, 101.0, mic) == [8000]
    measured(meter, 102.0)
    assert meter.bps("mic") == 0
