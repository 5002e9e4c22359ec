"""A run of packets is protected alike packet by packet and by one call."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING, Any

import pytest
from cffi import FFI
from pylibsrtp import Policy, Session

from media.net import srtp_run
from media.net.buffers import SLOT_SIZE, Block
from media.net.srtp import address_of
from media.net.srtp_run import OneByOne, OneCall, Run
from tests.media.packets import build_rtp
from tests.media.test_compiled import can_compile

if TYPE_CHECKING:
    from collections.abc import Sequence


ROWS = 6


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The loop in C."""
    if not can_compile():
        pytest.skip("a C compiler and Python's headers are needed")
    builder = FFI()
    builder.cdef(srtp_run.DECLARATION)
    builder.set_source(srtp_run.MODULE, srtp_run.SOURCE)
    made = builder.compile(tmpdir=str(tmp_path_factory.mktemp("loop")))
    spec = importlib.util.spec_from_file_location(srtp_run.MODULE, made)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fill(run: Run, packets: Block, data: Sequence[bytes], sessions: Sequence[Session]) -> None:
    for row, (packet, session) in enumerate(zip(data, sessions, strict=True)):
        packets.view[row * SLOT_SIZE : row * SLOT_SIZE + len(packet)] = packet
        run.lengths[row] = len(packet)
        run.contexts[row] = address_of(session)


def protected(run: Run, packets: Block, rows: Sequence[int]) -> list[bytes]:
    return [bytes(packets.view[row * SLOT_SIZE : row * SLOT_SIZE + int(run.lengths[row])]) for row in rows]


def sessions(keys: Sequence[bytes]) -> list[Session]:
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    return [Session(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)) for key in keys]


def play(run: Run, packets: Block, keys: Sequence[bytes], data: Sequence[bytes]) -> tuple[list[int], list[bytes]]:
    made = sessions(keys)
    fill(run, packets, data, made)
    failed = list(run.protect(ROWS))
    return failed, protected(run, packets, range(ROWS))


def both(compiled: Any, keys: Sequence[bytes], data: Sequence[bytes]) -> list[tuple[list[int], list[bytes]]]:
    played = []
    for one_call in (False, True):
        packets = Block(ROWS * SLOT_SIZE)
        run: Run = OneCall(packets, ROWS, compiled) if one_call else OneByOne(packets, ROWS)
        played.append(play(run, packets, keys, data))
    return played


def test_both_ways_give_the_same_bytes(compiled: Any) -> None:
    keys = [os.urandom(44) for _ in range(ROWS)]
    data = [bytes(build_rtp(96, 7, 1, 2, os.urandom(100 * row))) for row in range(ROWS)]
    by_one, by_all = both(compiled, keys, data)
    assert by_one == by_all
    assert by_one == ([], [session.protect(packet) for session, packet in zip(sessions(keys), data, strict=True)])


def test_what_can_not_be_protected_is_told_and_the_rest_is_protected(compiled: Any) -> None:
    keys = [os.urandom(44) for _ in range(ROWS)]
    data = [bytes(build_rtp(96, 7, 1, 2, b"payload")) for _ in range(ROWS)]
    for row in (2, ROWS - 1):
        data[row] = bytes(4)  # shorter than a header
    by_one, by_all = both(compiled, keys, data)
    assert by_one == by_all
    assert by_one[0] == [2, ROWS - 1]
    assert by_one[1][0] == sessions(keys[:1])[0].protect(data[0])


def test_only_as_many_as_are_asked_for_are_protected(compiled: Any) -> None:
    keys = [os.urandom(44) for _ in range(ROWS)]
    data = [bytes(build_rtp(96, 7, 1, 2, b"payload")) for _ in range(ROWS)]
    packets = Block(ROWS * SLOT_SIZE)
    run = OneCall(packets, ROWS, compiled)
    made = sessions(keys)
    fill(run, packets, data, made)
    assert list(run.protect(2)) == []
    assert protected(run, packets, range(2, ROWS)) == data[2:]
