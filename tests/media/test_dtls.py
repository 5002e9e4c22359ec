"""The contract with aiortc's DTLS: private members that must exist and behave, and what a peer can and can't do."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL

from media.errors import InvalidParameters
from media.net.dtls import (
    CERTIFICATE_USED_S,
    CIPHERS,
    HANDSHAKES_AT_ONCE,
    DtlsTransport,
    at_once,
    check_parameters,
    generate_certificate,
    local_parameters,
)
from media.ortc.parameters import DtlsFingerprint, DtlsParameters
from media.turns import Turns
from tests.media.clients import Call, settle, until

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = generate_certificate()


class PlainIce:
    """The ICE transport that a plain aiortc DTLS transport needs."""

    role = "controlling"
    state = "completed"

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.deliver: Callable[[bytes], None] = lambda _: None

    async def _recv(self) -> bytes:
        data = await self.incoming.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.deliver(data)

    async def stop(self) -> None:
        self.incoming.put_nowait(None)


class Events:
    def __init__(self) -> None:
        self.connected = 0
        self.closed: list[bool] = []

    def on_dtls_connected(self) -> None:
        self.connected += 1

    def on_dtls_closed(self, *, failed: bool) -> None:
        self.closed.append(failed)


class Pair:
    """Our transport and a plain one of aiortc's, in memory, with losses.

    There are `MOST_LOSSES`, as each flight that was lost is sent again after twice as long.
    """

    MOST_LOSSES = 5

    def __init__(self, role: str, loss: float = 0.0, seed: int = 1, turns: Turns | None = None) -> None:
        chance = random.Random(seed)  # noqa: S311 - the same losses in each run
        self.lost = 0

        def survives() -> bool:
            survived = chance.random() >= loss or self.lost == self.MOST_LOSSES
            self.lost += not survived
            return survived

        self.events = Events()
        self.ice = PlainIce()
        self.theirs: Any = RTCDtlsTransport(cast("Any", self.ice), [RTCCertificate.generateCertificate()])
        self.ours = DtlsTransport(
            OURS,
            lambda data: self.ice.incoming.put_nowait(data) if survives() else None,
            self.events,
            in_turn=turns.ask if turns is not None else at_once,
        )
        self.ice.deliver = lambda data: self.ours.receive(data) if survives() else None
        self.theirs._set_role(role)
        fingerprints = self.theirs.getLocalParameters().fingerprints
        self.remote = DtlsParameters([DtlsFingerprint(f.algorithm, f.value) for f in fingerprints], role=role)  # type: ignore[arg-type]

    async def connect(self) -> None:
        self.ours.start_handshake(self.remote)
        ours = local_parameters(OURS)
        await asyncio.wait_for(
            self.theirs.start(RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in ours.fingerprints])),
            60,
        )
        await until(lambda: self.events.connected or self.events.closed, 60)

    async def close(self) -> None:
        self.ours.close()
        await self.theirs.stop()
        await self.ice.stop()
        await asyncio.sleep(0.01)


def check_keys(pair: Pair) -> None:
    """Each side can read what the other protects."""
    receiving, sending = pair.ours.sessions
    packet = b"\x80\x60\x00\x01" + bytes(8) + b"media"
    assert pair.theirs._rx_srtp.unprotect(sending.protect(packet)) == packet
    assert receiving.unprotect(pair.theirs._tx_srtp.protect(packet)) == packet


@pytest.mark.parametrize("role", ["client", "server"])
async def test_a_handshake_in_either_role_gives_matching_keys(role: str) -> None:
    pair = Pair(role)
    await pair.connect()
    assert (pair.events.connected, pair.events.closed) == (1, [])
    assert pair.ours._state is State.CONNECTED
    check_keys(pair)
    await pair.close()


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_handshake_survives_losses(role: str, seed: int) -> None:
    pair = Pair(role, loss=0.2, seed=seed)
    await pair.connect()
    assert pair.events.connected == 1
    assert pair.lost > 0
    check_keys(pair)
    await pair.close()


async def test_datagrams_that_come_before_the_handshake_are_kept() -> None:
    pair = Pair("client")
    delivered, seen = pair.ice.deliver, set[bytes]()

    def once(data: bytes) -> None:
        """What is sent again, with the next number of a record, is lost: the first has to do."""
        if data[13:] not in seen:
            seen.add(data[13:])
            delivered(data)

    pair.ice.deliver = once
    ours = local_parameters(OURS)
    theirs = asyncio.ensure_future(
        pair.theirs.start(RTCDtlsParameters([RTCDtlsFingerprint(f.algorithm, f.value) for f in ours.fingerprints]))
    )
    await asyncio.sleep(0.05)
    pair.ours.start_handshake(pair.remote)
    await asyncio.wait_for(theirs, 60)
    await until(lambda: pair.events.connected)
    await pair.close()


@pytest.mark.parametrize(
    "datagram", [b"", b"\x14", b"\x17" * 100, b"\x16\xfe\xfd" + bytes(50), b"\x15\xfe\xfd" + bytes(12)]
)
async def test_an_empty_datagram_doesnt_close_a_transport_and_neither_does_rubbish(datagram: bytes) -> None:
    pair = Pair("client")
    pair.ours.receive(datagram)
    await pair.connect()
    for _ in range(3):
        pair.ours.receive(datagram)
    await settle()
    assert pair.events.closed == []
    assert pair.ours._state is State.CONNECTED
    await pair.close()


async def test_unread_datagrams_are_bounded() -> None:
    pair = Pair("client")
    for _ in range(10_000):
        pair.ours.receive(b"\x16" * 1000)
    assert len(pair.ours._pipe._waiting) == 64
    pair.ours.close()
    await asyncio.sleep(0)
    await pair.close()


async def test_a_wrong_fingerprint_fails() -> None:
    pair = Pair("client")
    pair.remote.fingerprints = [DtlsFingerprint("sha-256", ":".join(["00"] * 32))]
    await pair.connect()
    assert (pair.events.connected, pair.events.closed) == (0, [True])
    await pair.close()


async def test_the_good_byes_of_either_side_arrive() -> None:
    pair = Pair("client")
    await pair.connect()
    await pair.theirs.stop()
    await until(lambda: pair.events.closed)
    assert pair.events.closed == [False]
    await pair.close()
    pair = Pair("server")
    await pair.connect()
    pair.ours.close()
    pair.ours.close()
    await until(lambda: pair.theirs.state == "closed")
    assert pair.events.closed == []
    await pair.close()


def forged_hello() -> bytes:
    """A ClientHello of somebody who knows the address and nothing else."""
    stranger = SSL.Connection(generate_certificate()._create_ssl_context(SRTP_PROFILES), None)
    stranger.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        stranger.do_handshake()
    return stranger.bio_read(4096)


def forged_message(message_type: int, sequence_number: int, length: int, offset: int = 0, body: bytes = b"x") -> bytes:
    numbers = [length.to_bytes(3, "big"), sequence_number.to_bytes(2, "big"), offset.to_bytes(3, "big")]
    message = b"".join([bytes([message_type]), *numbers, len(body).to_bytes(3, "big"), body])
    return b"\x16\xfe\xfd" + bytes(2) + b"\x00\x00\x00\x10\x00\x01" + len(message).to_bytes(2, "big") + message


HELLO = forged_hello()
ALERT = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28"
FORGERIES = {
    "hello": HELLO,
    "hello of a guessed cookie": HELLO[:59] + b"\x00\x10" + bytes(16) + HELLO[61:],
    "later fragment of a hello": forged_message(1, 0, 300, 100),
    "alert": ALERT,
    "two alerts": ALERT * 2,
    "alert behind a change of cipher": b"\x14\xfe\xfd" + bytes(8) + b"\x00\x01\x01" + ALERT,
    "fragment beyond its message": forged_message(11, 1, 1, 100),
    "huge message": forged_message(11, 1, 0xFFFFFF),
    "finished in plaintext": forged_message(20, 3, 1),
    "message of the future": forged_message(24, 1, 1),
    "application data": b"\x17\xfe\xfd" + bytes(8) + b"\x00\x04quit",
}


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize("name", FORGERIES)
async def test_who_forges_the_peers_address_ends_no_handshake(role: str, name: str) -> None:
    pair = Pair(role)
    forgery = FORGERIES[name]
    delivered = pair.ice.deliver

    def deliver(data: bytes) -> None:
        pair.ours.receive(forgery)
        delivered(data)
        pair.ours.receive(forgery)

    pair.ice.deliver = deliver
    for _ in range(3):
        pair.ours.receive(forgery)
    await pair.connect()
    for _ in range(3):
        pair.ours.receive(forgery)
    await settle()
    assert (pair.events.connected, pair.events.closed) == (1, [])
    check_keys(pair)
    await pair.close()


async def test_a_flood_of_hellos_uses_up_nothing_that_the_client_needs() -> None:
    pair = Pair("client")
    budget = iter(range(20))
    pair.ours._affords = lambda: next(budget, None) is not None
    pair.ours.start_handshake(pair.remote)
    await asyncio.sleep(0)
    answers: list[bytes] = []
    pair.ours._pipe._send_datagram, send = answers.append, pair.ours._pipe._send_datagram
    for _ in range(1000):
        pair.ours.receive(HELLO)
    pair.ours._pipe._send_datagram = send
    assert len(set(answers)) == 1
    assert len(answers[0]) < len(HELLO)
    fingerprints = [RTCDtlsFingerprint(f.algorithm, f.value) for f in local_parameters(OURS).fingerprints]
    await asyncio.wait_for(pair.theirs.start(RTCDtlsParameters(fingerprints)), 60)
    await until(lambda: pair.events.connected)
    await pair.close()


async def test_a_hello_in_several_datagrams_is_understood() -> None:
    pair = Pair("client")
    delivered = pair.ice.deliver

    def in_pieces(data: bytes) -> None:
        """A long ClientHello comes in fragments, each in a datagram of its own."""
        if data[0] != 22 or data[13] != 1:
            delivered(data)
            return
        body, sequence_number = data[25:], int.from_bytes(data[17:19], "big")
        for number, offset in enumerate(range(0, len(body), 90)):
            piece = bytearray(forged_message(1, sequence_number, len(body), offset, body[offset : offset + 90]))
            piece[5:11] = (int.from_bytes(data[5:11], "big") * 8 + number).to_bytes(6, "big")
            delivered(bytes(piece))

    pair.ice.deliver = in_pieces
    await pair.connect()
    check_keys(pair)
    await pair.close()


async def test_of_a_crowd_some_handshakes_go_on_in_each_turn_of_the_loop_and_all_of_them_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps, most = 0, 0
    plain = DtlsTransport._recv_next

    async def counted(self: Any) -> None:
        nonlocal steps
        await plain(self)
        steps += 1

    monkeypatch.setattr(DtlsTransport, "_recv_next", counted)
    turns = Turns(HANDSHAKES_AT_ONCE)
    pairs = [Pair("client", turns=turns) for _ in range(6 * HANDSHAKES_AT_ONCE)]
    connecting = asyncio.gather(*(pair.connect() for pair in pairs))
    while not connecting.done():
        before = steps
        await asyncio.sleep(0)
        most = max(most, steps - before)
    await connecting
    assert 0 < most <= HANDSHAKES_AT_ONCE
    assert [pair.events.connected for pair in pairs] == [1] * len(pairs)
    for pair in pairs:
        check_keys(pair)
        await pair.close()


async def test_closing_during_the_handshake_ends_its_task() -> None:
    pair = Pair("client")
    pair.ours.start_handshake(pair.remote)
    await asyncio.sleep(0)
    handshake = pair.ours._handshake
    pair.ours.close()
    await settle()
    assert handshake is not None
    assert handshake.done()
    assert pair.events.closed == []
    await pair.close()


async def test_associations_share_one_tls_context() -> None:
    pairs = [Pair("client"), Pair("server")]
    for pair in pairs:
        await pair.connect()
    connections: list[Any] = [pair.ours._ssl for pair in pairs]
    contexts = {id(connection.get_context()) for connection in connections}
    assert len(contexts) == 1
    for pair in pairs:
        await pair.close()


@pytest.mark.parametrize(
    "member", ["_rx_srtp", "_tx_srtp", "_set_role", "_set_state", "_state", "_ssl", "_do_handshake"]
)
async def test_the_private_members_are_there(member: str) -> None:
    plain: Any = RTCDtlsTransport(cast("Any", PlainIce()), [RTCCertificate.generateCertificate()])
    assert hasattr(plain, member)
    assert hasattr(RTCCertificate, "_create_ssl_context")


async def test_every_change_of_state_goes_through_set_state() -> None:
    pair = Pair("client")
    seen = []
    original = pair.theirs._set_state

    def set_state(state: State) -> None:
        seen.append(state)
        original(state)

    pair.theirs._set_state = set_state
    await pair.connect()
    await until(lambda: pair.theirs.state == "connected")
    await asyncio.sleep(0)  # its task says so at its end, and has to begin before that
    await pair.theirs.stop()
    await pair.ice.stop()
    await until(lambda: pair.theirs.state == "closed")
    assert seen == [State.CONNECTING, State.CONNECTED, State.CLOSED]
    await pair.close()


def test_parameters_need_a_fingerprint_that_can_be_verified() -> None:
    check_parameters(DtlsParameters([DtlsFingerprint("SHA-256", "AB")]))
    for fingerprints in ([], [DtlsFingerprint("md5", "AB")]):
        with pytest.raises(InvalidParameters, match="sha-256"):
            check_parameters(DtlsParameters(fingerprints))


@pytest.mark.parametrize("suite", [b"ECDHE-ECDSA-AES128-SHA", b"ECDHE-ECDSA-AES256-SHA"])
async def test_a_client_that_knows_cbc_suites_only_is_refused(suite: bytes) -> None:
    pair = Pair("client")
    make = pair.theirs._RTCDtlsTransport__local_certificate._create_ssl_context

    def of_one_suite(srtp_profiles: list[Any]) -> Any:
        context = make(srtp_profiles)
        context.set_cipher_list(suite)
        return context

    pair.theirs._RTCDtlsTransport__local_certificate._create_ssl_context = of_one_suite
    pair.ours.start_handshake(pair.remote)
    ours = local_parameters(OURS).fingerprints
    fingerprints = [RTCDtlsFingerprint(f.algorithm, f.value) for f in ours]
    starting = asyncio.ensure_future(pair.theirs.start(RTCDtlsParameters(fingerprints, "server")))
    await until(lambda: pair.events.closed == [True])
    starting.cancel()
    pair.ours.close()
    await asyncio.sleep(0.01)


def test_every_suite_that_is_offered_has_forward_secrecy_and_authenticated_encryption() -> None:
    connection = SSL.Connection(OURS._create_ssl_context([]), None)
    offered = [name for name in connection.get_cipher_list() if not name.startswith("TLS_")]
    assert offered == CIPHERS.decode().split(":")


async def test_a_process_that_runs_for_long_gets_a_new_certificate_for_new_transports(one_call: Call) -> None:
    first = await one_call.join()
    old = first.transport.options.dtls_parameters.fingerprints
    one_call.clock.ahead_s += CERTIFICATE_USED_S + 1
    second = await one_call.join()
    assert second.transport.options.dtls_parameters.fingerprints != old
    third = await one_call.join()
    assert third.transport.options.dtls_parameters == second.transport.options.dtls_parameters
    assert first.transport.options.dtls_parameters.fingerprints == old


def test_a_certificate_tells_its_fingerprints_without_making_them_anew() -> None:
    certificate = generate_certificate()
    first, second = local_parameters(certificate), local_parameters(certificate)
    assert first == second
    assert first.fingerprints[0] is second.fingerprints[0]
    first.fingerprints.clear()
    assert local_parameters(certificate) == second


async def test_work_that_fails_does_not_end_the_turns_of_others(caplog: pytest.LogCaptureFixture) -> None:
    turns, done = Turns(1), asyncio.Event()

    def fail() -> None:
        message = "broken"
        raise RuntimeError(message)

    turns.ask(fail)
    turns.ask(done.set)
    await done.wait()
    assert "broken" in caplog.text
