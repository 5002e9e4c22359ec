"""Datagrams on a TCP connection: cut out of a stream, and waiting to be written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import ParseError
from media.net.framing import (
    FRAMES_AT_ONCE,
    MAX_FRAME,
    MAX_WAIT_S,
    MAX_WAITING_BYTES,
    MIN_FRAME,
    RESERVED_BYTES,
    FrameQueue,
    FrameReader,
)


def framed(*datagrams: bytes) -> bytes:
    return b"".join(len(data).to_bytes(2, "big") + data for data in datagrams)


DATAGRAMS = st.just(b"") | st.binary(min_size=MIN_FRAME, max_size=300)


@given(st.lists(DATAGRAMS, max_size=8), st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_what_is_framed_comes_out_however_the_stream_is_cut(datagrams: list[bytes], cuts: list[int]) -> None:
    reader, stream, position, found = FrameReader(), framed(*datagrams), 0, []
    for index in range(len(stream)):
        size = cuts[index % len(cuts)]
        found += [bytes(frame) for frame in reader.feed(stream[position : position + size])]
        position += size
    assert found == datagrams


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_what_waits_of_any_stream_is_less_than_one_datagram(pieces: list[bytes]) -> None:
    reader = FrameReader()
    try:
        for piece in pieces:
            assert all(len(frame) <= MAX_FRAME for frame in reader.feed(piece))
            assert len(reader._rest) < MAX_FRAME + 2
    except ParseError:
        return


def test_a_datagram_that_is_too_long_is_refused_at_once() -> None:
    FrameReader().feed(framed(bytes(MAX_FRAME)))
    with pytest.raises(ParseError, match="at most"):
        FrameReader().feed((MAX_FRAME + 1).to_bytes(2, "big"))
    with pytest.raises(ParseError):
        FrameReader().feed(b"GET / HTTP/1.1\r\n")


def test_a_datagram_that_is_too_short_for_anything_is_refused() -> None:
    FrameReader().feed(framed(b"", bytes(MIN_FRAME)))
    with pytest.raises(ParseError, match="at least"):
        FrameReader().feed(framed(bytes(MIN_FRAME - 1)))


def written(queue: FrameQueue, count: int) -> bytes:
    """As a connection that takes so many bytes."""
    data = b"".join(queue.parts())[:count]
    queue.written(len(data))
    return data


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.lists(st.integers(1, 40), min_size=1))
def test_whole_datagrams_leave_in_order_however_much_is_taken_at_once(datagrams: list[bytes], sizes: list[int]) -> None:
    queue, stream = FrameQueue(), b""
    for data in datagrams:
        assert queue.put(data, 0.0, video=True)
    for index in range(600):
        stream += written(queue, sizes[index % len(sizes)])
    assert stream == framed(*datagrams)
    assert (len(queue), queue.waiting_bytes) == (0, 0)


def test_no_more_parts_than_one_system_call_takes() -> None:
    queue = FrameQueue()
    for _ in range(200):
        queue.put(b"x", 0.0, video=True)
    assert len(queue.parts()) == FRAMES_AT_ONCE


def test_video_that_had_to_be_dropped_goes_on_when_all_is_written_and_sound_goes_on_meanwhile() -> None:
    queue = FrameQueue()
    while queue.put(bytes(1200), 0.0, video=True):
        pass
    full = queue.waiting_bytes
    assert MAX_WAITING_BYTES - 1300 < full <= MAX_WAITING_BYTES
    assert queue.put(bytes(100), 0.0, video=False)
    assert not queue.written(5000)
    assert not queue.put(bytes(1200), 0.0, video=True), "There is place, but what it is made upon is missing."
    while queue.put(bytes(100), 0.0, video=False):
        pass
    assert queue.waiting_bytes <= MAX_WAITING_BYTES + RESERVED_BYTES
    assert not queue.written(queue.waiting_bytes - 1)
    assert queue.written(1)
    assert not queue.choked
    assert queue.put(bytes(1200), 0.0, video=True)


def test_video_is_dropped_behind_what_has_waited_for_long() -> None:
    queue = FrameQueue()
    queue.put(bytes(1200), 0.0, video=True)
    assert queue.put(bytes(1200), MAX_WAIT_S, video=True)
    assert not queue.put(bytes(1200), MAX_WAIT_S + 0.01, video=True)
    assert queue.put(bytes(100), 9.0, video=False)
