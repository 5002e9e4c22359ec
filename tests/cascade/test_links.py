"""What goes over a link between nodes: nobody else can read, make, repeat or leave out any of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.pipe.parameters import PipeParameters, generate_srtp_parameters
from meet.run.self_signed import make_certificate
from rooms.cascade import messages as m
from rooms.cascade.link import Link
from rooms.cascade.messages import FromHome, ToHome
from rooms.cascade.sealing import LENGTH_OCTETS, MAX_FRAME, NotOurs, Opener, Sealer, keys_of, length_of
from rooms.control.requests import LINK_PATH
from rooms.control.signing import Signed
from tests.cascade.nodes import KEY, LOOPBACK, LinkedNode, meet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NONCES = (bytes(32), bytes([1]) * 32)


def opened(opener: Opener, frame: bytes) -> bytes:
    assert length_of(frame[:LENGTH_OCTETS]) == len(frame) - LENGTH_OCTETS
    return opener.open(frame[LENGTH_OCTETS:])


class TestSealing:
    def test_frames_open_in_their_order(self) -> None:
        key, _ = keys_of(KEY, *NONCES)
        sealer, opener = Sealer(key), Opener(key)
        for text in (b"one", b"", b"three"):
            frame = sealer.seal(text or b"x")
            assert text not in frame or not text
            assert opened(opener, frame) == (text or b"x")

    def test_a_frame_that_was_left_out_or_repeated_or_changed_does_not_open(self) -> None:
        key, _ = keys_of(KEY, *NONCES)
        sealer = Sealer(key)
        first, second = sealer.seal(b"first"), sealer.seal(b"second")
        with pytest.raises(NotOurs):
            opened(Opener(key), second)
        opener = Opener(key)
        opened(opener, first)
        with pytest.raises(NotOurs):
            opened(opener, first)
        for place in range(LENGTH_OCTETS, len(second)):
            changed = bytearray(second)
            changed[place] ^= 1
            with pytest.raises(NotOurs):
                opener.open(bytes(changed[LENGTH_OCTETS:]))
        assert opened(opener, second) == b"second"

    def test_each_link_and_each_direction_has_keys_of_its_own(self) -> None:
        made = {
            *keys_of(KEY, *NONCES),
            *keys_of(KEY, NONCES[1], NONCES[0]),
            *keys_of(bytes(32), *NONCES),
            *keys_of(KEY, NONCES[0], bytes([2]) * 32),
        }
        assert len(made) == 8

    @pytest.mark.parametrize("length", [0, 16, MAX_FRAME + 17, 2**32 - 1])
    def test_no_frame_is_so_long_or_so_short(self, length: int) -> None:
        with pytest.raises(NotOurs):
            length_of(length.to_bytes(LENGTH_OCTETS, "big"))

    @given(st.binary(max_size=200))
    def test_what_is_not_ours_never_opens(self, data: bytes) -> None:
        with pytest.raises(NotOurs):
            Opener(KEY).open(data)


FIELDS = ["type", "branch", "transport_id", "layers", "count", "pipe", "x"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.sampled_from(FIELDS), one),
    max_leaves=8,
)


@given(VALUES)
def test_messages_are_understood_or_refused(value: Any) -> None:
    for shape in (FromHome, ToHome):
        try:
            msgspec.json.decode(msgspec.json.encode(value), type=shape)
        except msgspec.MsgspecError:
            continue


def test_messages_come_as_they_went_and_logs_have_no_keys() -> None:
    opening = m.OpenBranch(3, [], PipeParameters(LOOPBACK, 9, generate_srtp_parameters()))
    assert msgspec.json.decode(msgspec.json.encode(opening), type=FromHome) == opening
    assert opening.pipe.srtp_parameters.key_base64 not in repr(opening)
    told = m.LayersTold(1, "t", "c", None, exceeds_link=True)
    assert msgspec.json.decode(msgspec.json.encode(told), type=ToHome) == told


@pytest.fixture
async def nodes() -> AsyncIterator[tuple[LinkedNode, LinkedNode]]:
    home, other = LinkedNode("serv0", 1), LinkedNode("serv1", 1)
    for node in (home, other):
        await node.start()
    await meet(home, other)
    yield home, other
    for node in (home, other):
        await node.close()


async def asked(other: LinkedNode, body: bytes, **changed: str) -> tuple[bytes, asyncio.StreamWriter]:
    """What the control API says to who wants a link."""
    signed = Signed(**{  # type: ignore[arg-type]
        "node": "serv1", "method": "POST", "path": LINK_PATH, "time": str(int(__import__("time").time())),
        "nonce": "a" * 32, "body": body, **changed,
    })  # fmt: skip
    head = (
        f"POST {LINK_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-Meet-Time: {signed.time}\r\n"
        f"X-Meet-Nonce: {signed.nonce}\r\nX-Meet-Signature: {signed.signature(KEY)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(LOOPBACK, other.port)
    writer.write(head.encode() + body)
    return await asyncio.wait_for(reader.readuntil(b"\r\n"), 30), writer


HELLO = msgspec.json.encode({"version": m.VERSION, "node": "serv0", "nonce": "00" * 32})


class TestOpening:
    @pytest.mark.parametrize(
        ("body", "changed", "status"),
        [
            (HELLO, {"node": "serv7"}, b"403"),  # a signature for another node
            (HELLO, {"time": "1000000000"}, b"403"),
            (b"{}", {}, b"409"),
            (b"nonsense", {}, b"409"),
            (HELLO.replace(b'"nonce":"00', b'"nonce":"'), {}, b"409"),
            (HELLO.replace(b'"version":1', b'"version":2'), {}, b"409"),
        ],
    )
    async def test_only_nodes_of_this_installation_and_version_get_one(
        self, nodes: tuple[LinkedNode, LinkedNode], body: bytes, changed: dict[str, str], status: bytes
    ) -> None:
        answer, writer = await asked(nodes[1], body, **changed)
        assert status in answer
        assert not nodes[1].cascade._serving
        writer.close()

    async def test_who_repeats_the_request_of_another_one_gets_none(self, nodes: tuple[LinkedNode, LinkedNode]) -> None:
        answer, first = await asked(nodes[1], HELLO)
        assert b"200" in answer
        again, second = await asked(nodes[1], HELLO)
        assert b"403" in again
        for writer in (first, second):
            writer.close()

    async def test_who_has_a_link_and_no_key_is_cut_off(self, nodes: tuple[LinkedNode, LinkedNode]) -> None:
        _, writer = await asked(nodes[1], HELLO)
        async with asyncio.timeout(30):
            while not nodes[1].cascade._serving:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        writer.write((40).to_bytes(4, "big") + bytes(40))
        async with asyncio.timeout(30):
            while nodes[1].cascade._serving:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        writer.close()


@pytest.mark.parametrize("believed", [True, False])
async def test_a_link_goes_by_tls_where_nodes_have_certificates(tmp_path: Path, *, believed: bool) -> None:
    paths = [tmp_path / "serv0.pem", tmp_path / "serv1.pem"]
    paths[0].write_bytes(make_certificate([]))
    paths[1].write_bytes(paths[0].read_bytes() if believed else make_certificate([]))
    home, other = (LinkedNode(path.stem, 1, certificate=str(path)) for path in paths)
    for node in (home, other):
        await node.start()
    await meet(home, other)
    linked = await home.cascade._home(home.cascade.neighbours[0])
    assert (linked is not None) is believed
    for node in (home, other):
        await node.close()


async def test_a_side_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rooms.cascade.link.MAX_WAITING", 1000)
    ended: list[Link] = []

    class End:
        def __init__(self, link: Link) -> None:
            self.link = link

        def on_message(self, message: Any) -> None:
            """Nothing comes."""

        def on_link_closed(self) -> None:
            ended.append(self.link)

    async def deaf(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = await asyncio.start_server(deaf, LOOPBACK, 0, limit=1)
    reader, writer = await asyncio.open_connection(LOOPBACK, server.sockets[0].getsockname()[1])
    link = Link(reader, writer, keys_of(KEY, *NONCES), ToHome, End)
    for _ in range(100_000):
        link.send(m.CloseConsumer(1, "t" * 200, "c" * 200))
        if link.closed:
            break
    assert ended == [link]
    server.close()
