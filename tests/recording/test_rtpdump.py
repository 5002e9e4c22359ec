"""The rtpdump format: what was written is read, whatever the end looks like."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import ParseError
from recording.rtpdump import READ_SIZE, RtpdumpReader, RtpdumpWriter

START_US = 1_790_000_000_123_456
packets = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=60), st.integers(0, 2**32 - 1)), max_size=8)


def dump(content: list[tuple[bool, bytes, int]]) -> bytes:
    file = io.BytesIO()
    writer = RtpdumpWriter(file, START_US)
    for is_rtcp, data, offset_ms in content:
        (writer.rtcp if is_rtcp else writer.rtp)(data, offset_ms)
    writer.flush()
    assert writer.size == len(file.getvalue())
    return file.getvalue()


def read(data: bytes) -> list[tuple[bool, bytes, int]]:
    reader = RtpdumpReader(io.BytesIO(data))
    return [(record.is_rtcp, record.data, record.offset_ms) for record in reader.records()]


def test_the_bytes_are_those_that_rtptools_writes() -> None:
    data = dump([(False, b"media", 20), (True, b"report", 1000)])
    line, rest = data.split(b"\n", 1)
    assert line == b"#!rtpplay1.0 0.0.0.0/0"
    assert rest[:16] == struct.pack(">IIIHH", 1_790_000_000, 123_456, 0, 0, 0)
    assert rest[16:] == b"\x00\x0d\x00\x05\x00\x00\x00\x14media" + b"\x00\x0e\x00\x00\x00\x00\x03\xe8report"


@given(packets)
def test_what_was_written_is_read(content: list[tuple[bool, bytes, int]]) -> None:
    data = dump(content)
    assert read(data) == content
    assert RtpdumpReader(io.BytesIO(data)).start_us == START_US


@given(packets, st.data())
def test_a_torn_file_is_read_up_to_its_last_whole_packet(
    content: list[tuple[bool, bytes, int]], data: st.DataObject
) -> None:
    whole = dump(content)
    cut = data.draw(st.integers(0, len(whole)))
    found = read(whole[:cut])
    assert found == content[: len(found)]
    assert len(found) == sum(len(dump(content[: number + 1])) <= cut for number in range(len(content)))


@given(st.binary(max_size=200), packets, st.integers(0, 300))
def test_hostile_files_raise_nothing_but_parse_errors(
    noise: bytes, content: list[tuple[bool, bytes, int]], cut: int
) -> None:
    with contextlib.suppress(ParseError):
        read(noise)
    read(dump(content)[: max(39, cut)] + noise)


def test_zeros_after_a_crash_end_the_file() -> None:
    assert read(dump([(False, b"media", 20)]) + bytes(4096)) == [(False, b"media", 20)]


@pytest.mark.parametrize("data", [b"RIFF", b"#!rtpplay1.0 " + b"x" * 100])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ParseError):
        RtpdumpReader(io.BytesIO(data))


def test_reading_goes_on_at_a_position_and_across_the_reader_s_blocks() -> None:
    content = [(False, bytes([number % 256]) * 1100, number) for number in range(2 * READ_SIZE // 1100)]
    data = dump(content)
    reader = RtpdumpReader(io.BytesIO(data))
    records = list(reader.records())
    assert [record.offset_ms for record in records] == list(range(len(content)))
    again = list(reader.records(records[300].position))
    assert again == records[300:]


def test_what_is_not_flushed_is_not_written_yet() -> None:
    file = io.BytesIO()
    writer = RtpdumpWriter(file, START_US)
    writer.flush()
    header = len(file.getvalue())
    writer.rtp(b"media", 1)
    assert len(file.getvalue()) == header
    writer.flush()
    writer.flush()
    assert file.getvalue() == dump([(False, b"media", 1)])
