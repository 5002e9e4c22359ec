"""A layer that stops is noticed by the frames of the smallest one that go on."""

from __future__ import annotations

from media.receive.stalled import FRAMES_MISSED, StalledLayers

FRAME_S = 1 / 15


class Camera:
    """Layers that send a frame at once, or don't."""

    def __init__(self, layers: int, frame_s: float = FRAME_S) -> None:
        self.now = 0.0
        self.arrivals: list[float | None] = [None] * layers
        self._stalled = StalledLayers(layers)
        self._frame_s = frame_s

    def frames(self, count: int, *layers: int, keyframe: bool = False) -> list[int]:
        """So many frames of these layers; which have been found to have stopped."""
        found: list[int] = []
        for _ in range(count):
            self.now += self._frame_s
            for layer in layers:
                found += self._stalled.frame(layer, self.arrivals, self.now, keyframe=keyframe)
                self.arrivals[layer] = self.now
        return found


def test_layers_that_come_with_the_smallest_have_not_stopped() -> None:
    assert Camera(3).frames(100, 0, 1, 2) == []


def test_one_that_stops_is_noticed_after_some_frames() -> None:
    camera = Camera(3)
    camera.frames(10, 0, 1, 2)
    assert camera.frames(FRAMES_MISSED, 0, 1) == []
    assert camera.frames(1, 0, 1) == [2]


def test_who_leaves_out_pictures_after_a_keyframe_has_not_stopped() -> None:
    """Chromium, whose keyframe and what made it clear were more than its rate: nothing of that layer for 0.53 s."""
    camera = Camera(3)
    camera.frames(10, 0, 1, 2)
    camera.frames(1, 0, 1, 2, keyframe=True)
    camera.frames(3, 0, 1, 2)
    assert camera.frames(9, 0, 1) == []
    camera.frames(1, 0, 1, 2)
    assert camera.frames(FRAMES_MISSED, 0, 1) == []
    assert camera.frames(1, 0, 1) == [2]


def test_all_larger_ones_may_stop_at_once() -> None:
    camera = Camera(3)
    camera.frames(10, 0, 1, 2)
    assert camera.frames(FRAMES_MISSED + 1, 0) == [1, 2]


def test_at_a_high_frame_rate_a_slow_keyframe_is_waited_for() -> None:
    camera = Camera(2, 1 / 60)
    camera.frames(10, 0, 1)
    assert camera.frames(20, 0) == []
    assert camera.frames(10, 0) != []


def test_at_a_low_frame_rate_time_alone_tells_nothing() -> None:
    camera = Camera(2, 1.0)
    camera.frames(10, 0, 1)
    assert camera.frames(FRAMES_MISSED - 1, 0) == []


def test_nothing_is_known_while_the_smallest_is_silent_too() -> None:
    camera = Camera(2)
    camera.frames(10, 0, 1)
    camera.now += 10
    assert camera.frames(10, 1) == []


def test_one_that_never_came_has_not_stopped() -> None:
    assert Camera(2).frames(100, 0) == []
