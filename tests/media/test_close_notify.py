"""What is kept of a DTLS association: its good-byes, whatever suite and role it had, and none that is forged."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from media.net.close_notify import SUITES, GoodByes, Secrets, expand
from tests.media.clients import until
from tests.media.test_dtls import Pair, check_keys

SECRETS = Secrets(bytes(48), bytes(32), bytes(32))


async def connected(suite: str, role: str) -> Pair:
    """Ours and aiortc's, which has this role and knows this suite only."""
    pair = Pair(role)
    make = pair.theirs._RTCDtlsTransport__local_certificate._create_ssl_context

    def of_one_suite(srtp_profiles: list[Any]) -> Any:
        context = make(srtp_profiles)
        context.set_cipher_list(suite.encode())
        return context

    pair.theirs._RTCDtlsTransport__local_certificate._create_ssl_context = of_one_suite
    await pair.connect()
    await until(lambda: pair.theirs.state == "connected")
    return pair


def said(pair: Pair, act: Any) -> bytes:
    """What the other side sends when this is done."""
    with suppress(SSL.Error):
        act()
    return bytes(pair.theirs._ssl.bio_read(1500))


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("role", ["client", "server"])
async def test_the_peers_good_bye_is_understood_without_the_association(suite: str, role: str) -> None:
    pair = await connected(suite, role)
    good_byes = pair.ours.condense()
    assert good_byes is not None
    other = said(pair, lambda: pair.theirs._ssl.send(b"no good-bye"))
    theirs = said(pair, pair.theirs._ssl.shutdown)
    assert not good_byes.come(other)
    for index in range(len(theirs)):
        forged = bytearray(theirs)
        forged[index] ^= 1
        assert not good_byes.come(bytes(forged)), index
        assert not good_byes.come(theirs[:index])
    assert good_byes.come(theirs)
    assert good_byes.come(other + theirs)
    check_keys(pair)
    assert pair.events.closed == []
    await pair.close()


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("role", ["client", "server"])
async def test_our_good_bye_was_made_before_the_association_went(suite: str, role: str) -> None:
    pair = await connected(suite, role)
    good_byes = pair.ours.condense()
    assert good_byes is not None
    assert pair.theirs.state == "connected"
    pair.ice.incoming.put_nowait(good_byes.ours)
    await until(lambda: pair.theirs.state == "closed")
    await pair.close()


@pytest.mark.parametrize("role", ["client", "server"])
async def test_the_librarys_memory_is_given_back_at_once(role: str) -> None:
    pair = await connected("ECDHE-ECDSA-AES128-GCM-SHA256", role)
    connection = weakref.ref(pair.ours._ssl)
    gc.disable()
    try:
        assert pair.ours.condense() is not None
        assert connection() is None
        task = pair.ours._task
        assert task is not None
        await asyncio.wait([task])
        assert task.exception() is None
    finally:
        gc.enable()
    assert pair.ours.condense() is None
    assert pair.events.closed == []
    await pair.close()


async def test_an_association_that_is_not_there_or_over_goes_on_as_it_is() -> None:
    pair = Pair("client")
    assert pair.ours.condense() is None
    await pair.connect()
    await pair.theirs.stop()
    await until(lambda: pair.events.closed)
    assert pair.ours.condense() is None
    await pair.close()


@given(st.binary(max_size=100), st.sampled_from(sorted(SUITES)))
def test_whatever_comes_is_no_good_bye(data: bytes, suite: str) -> None:
    good_byes = GoodByes(SUITES[suite], SECRETS, "server", b"")
    assert not good_byes.come(data)
    for size in (18, 26):  # of an alert, with a tag and perhaps a nonce
        body = data.ljust(size, b"\0")[:size]
        assert not good_byes.come(b"\x15\xfe\xfd\x00\x01" + bytes(6) + size.to_bytes(2, "big") + body)


def test_secrets_are_expanded_as_others_do() -> None:
    # Test vectors of P_hash, which the IETF's TLS list published for the PRF of TLS 1.2.
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = b"test label" + bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    made = bytes.fromhex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a")
    assert expand("sha256", secret, seed, 32) == made
    assert expand("sha256", secret, seed, 5) == made[:5]
