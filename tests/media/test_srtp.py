"""The contract with pylibsrtp: in-place calls do what its own methods do."""

from __future__ import annotations

import ctypes
import os

import pytest
from pylibsrtp import Policy, Session

from media.net.buffers import TRAILER_ROOM, Block
from media.net.srtp import context_of, forget, protect, unprotect, unprotect_rtcp
from media.rtp.rtcp import build_pli
from tests.media.packets import build_rtp

PROFILES = [
    pytest.param(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44, 16, id="AEAD_AES_256_GCM"),
    pytest.param(Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28, 16, id="AEAD_AES_128_GCM"),
    pytest.param(Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30, 10, id="AES128_CM_SHA1_80"),
]


def session(profile: int, key: bytes, *, inbound: bool) -> Session:
    kind = Policy.SSRC_ANY_INBOUND if inbound else Policy.SSRC_ANY_OUTBOUND
    return Session(Policy(key=key, ssrc_type=kind, srtp_profile=profile))


class Slot:
    def __init__(self, data: bytes, room: int = TRAILER_ROOM, guard: int = 64) -> None:
        self.block = Block(len(data) + room + guard)
        self.end = len(data) + room
        self.block.view[: len(data)] = data
        self.block.view[self.end :] = b"\xa5" * guard
        self.length = ctypes.c_int(len(data))

    def call(self, function: object, made: Session) -> int:
        result: int = function(context_of(made), self.block.pointer, ctypes.byref(self.length))  # type: ignore[operator]
        assert bytes(self.block.view[self.end :]) == b"\xa5" * (len(self.block.view) - self.end)
        return result

    @property
    def data(self) -> bytes:
        return bytes(self.block.view[: self.length.value])


@pytest.mark.parametrize(("profile", "key_size", "tag"), PROFILES)
@pytest.mark.parametrize("size", [0, 1, 900, 1330])
def test_in_place_gives_the_same_bytes(profile: int, key_size: int, tag: int, size: int) -> None:
    key = os.urandom(key_size)
    packet = bytes(build_rtp(96, 65_535, 1, 2, os.urandom(size), extensions=[(1, b"x")]))
    slot = Slot(packet)
    assert slot.call(protect, session(profile, key, inbound=False)) == 0
    expected = session(profile, key, inbound=False).protect(packet)
    assert slot.data == expected
    assert len(expected) == len(packet) + tag
    back = Slot(expected)
    assert back.call(unprotect, session(profile, key, inbound=True)) == 0
    assert back.data == packet


@pytest.mark.parametrize(("profile", "key_size", "tag"), PROFILES)
def test_rtcp_in_place(profile: int, key_size: int, tag: int) -> None:
    key = os.urandom(key_size)
    packet = build_pli(1, 2)
    protected = session(profile, key, inbound=False).protect_rtcp(packet)
    assert len(protected) == len(packet) + tag + 4
    back = Slot(protected)
    assert back.call(unprotect_rtcp, session(profile, key, inbound=True)) == 0
    assert back.data == packet


@pytest.mark.parametrize(("profile", "key_size", "tag"), PROFILES)
def test_forged_short_and_repeated_packets_are_refused(profile: int, key_size: int, tag: int) -> None:
    key = os.urandom(key_size)
    receiving = session(profile, key, inbound=True)
    good = session(profile, key, inbound=False).protect(bytes(build_rtp(96, 1, 2, 3, b"media")))
    for position in range(len(good)):
        forged = bytearray(good)
        forged[position] ^= 1
        assert Slot(bytes(forged)).call(unprotect, receiving) != 0
    for length in range(1, len(good)):
        assert Slot(good[:length]).call(unprotect, receiving) != 0
        assert Slot(good[:length]).call(unprotect_rtcp, receiving) != 0
    assert Slot(good).call(unprotect, receiving) == 0
    assert Slot(good).call(unprotect, receiving) != 0
    assert tag


@pytest.mark.parametrize(("profile", "key_size", "tag"), PROFILES)
@pytest.mark.parametrize("start", [65_530, 0])
def test_the_rollover_counter_goes_on_across_the_wrap(profile: int, key_size: int, tag: int, start: int) -> None:
    key = os.urandom(key_size)
    sending, receiving = session(profile, key, inbound=False), session(profile, key, inbound=True)
    for number in range(start, start + 12):
        packet = bytes(build_rtp(96, number & 0xFFFF, 2, 3, bytes([number & 0xFF])))
        slot = Slot(packet)
        assert slot.call(protect, sending) == 0
        assert slot.call(unprotect, receiving) == 0
        assert slot.data == packet
    assert tag


def test_a_forgotten_ssrc_starts_anew_and_an_unknown_one_is_ignored() -> None:
    key = os.urandom(44)
    made = session(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, key, inbound=True)
    good = session(Policy.SRTP_PROFILE_AEAD_AES_256_GCM, key, inbound=False).protect(
        bytes(build_rtp(96, 1, 2, 3, b"x"))
    )
    assert Slot(good).call(unprotect, made) == 0
    assert Slot(good).call(unprotect, made) != 0
    forget(made, 3)
    forget(made, 4)
    assert Slot(good).call(unprotect, made) == 0
