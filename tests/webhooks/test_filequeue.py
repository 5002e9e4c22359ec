"""Celery's queue in a folder: nothing is lost or given out twice between several processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection  # type: ignore[attr-defined]
from kombu.exceptions import ChannelError
from kombu.simple import SimpleQueue

import meet.filequeue

WRITERS, READERS, EACH = 2, 3, 150


def connect(folder: Path) -> Connection:
    return Connection(f"{meet.filequeue.SCHEME}://localhost", transport_options={"folder": str(folder)})


def queue(connection: Connection, name: str = "tasks") -> SimpleQueue:
    return SimpleQueue(connection, name)


def write(folder: str, writer: int) -> None:
    with connect(Path(folder)) as connection:
        to = queue(connection)
        for number in range(EACH):
            to.put({"writer": writer, "number": number, "load": "x" * 5000})


def read(folder: str) -> list[tuple[int, int]]:
    """All that one reader gets until nothing comes any more for two seconds."""
    found: list[tuple[int, int]] = []
    with connect(Path(folder)) as connection:
        source = queue(connection)
        last = time.monotonic()
        while time.monotonic() < last + 2:
            with contextlib.suppress(Empty):
                message = source.get(timeout=2)
                message.ack()
                found.append((message.payload["writer"], message.payload["number"]))
                last = time.monotonic()
    return found


def test_each_message_reaches_one_reader_while_others_write_and_read(tmp_path: Path) -> None:
    with ProcessPoolExecutor(WRITERS + READERS, multiprocessing.get_context("spawn")) as processes:
        readers = [processes.submit(read, str(tmp_path)) for _ in range(READERS)]
        writers = [processes.submit(write, str(tmp_path), number) for number in range(WRITERS)]
        for writer in writers:
            writer.result()
        got = [message for reader in readers for message in reader.result()]
    got += read(str(tmp_path))
    assert sorted(got) == [(writer, number) for writer in range(WRITERS) for number in range(EACH)]
    assert not any(files for _, _, files in os.walk(tmp_path))


def test_messages_come_in_their_order(tmp_path: Path) -> None:
    write(str(tmp_path), 1)
    assert read(str(tmp_path)) == [(1, number) for number in range(EACH)]


def test_what_is_being_written_is_not_read(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        one = queue(connection)
        one.put({})
        (file,) = (tmp_path / "tasks").iterdir()
        file.rename(file.with_suffix(".draft"))
        assert one.qsize() == 0
        with pytest.raises(Empty):
            one.get(block=False)


def test_a_queue_can_be_counted_and_emptied(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        one, other = queue(connection), queue(connection, "others")
        for _ in range(3):
            one.put({})
        other.put({})
        assert (one.qsize(), one.clear(), one.qsize(), other.qsize()) == (3, 3, 0, 1)


@pytest.mark.parametrize("name", ["../outside", "a/b", "..", "", "a\0"])
def test_a_queue_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    with connect(tmp_path / "inside") as connection, pytest.raises(ChannelError):
        connection.default_channel._put(name, {})
    assert list(tmp_path.iterdir()) == []


def test_who_waits_is_asked_soon_whether_to_stop(tmp_path: Path) -> None:
    with connect(tmp_path) as connection, pytest.raises(Empty):
        queue(connection).get(timeout=3600)
