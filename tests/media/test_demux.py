"""Which stream a packet belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from media.errors import InvalidParameters
from media.ortc.parameters import RtpEncodingParameters, RtpHeaderExtensionParameters, RtpParameters
from media.receive.demux import Demultiplexer
from media.rtp.rtp import parse_rtp_header, read_extensions
from tests.media.clients import MID, audio_parameters, video_parameters
from tests.media.packets import build_rtp
from tests.media.parts import Track

if TYPE_CHECKING:
    from media.receive.stream import ReceiveStream

RIDS = ("a", "b", "c")


def find(
    demultiplexer: Demultiplexer, ssrc: int, payload_type: int = 120, **names: str
) -> tuple[ReceiveStream, bool] | None:
    ids = {"mid": 4, "rid": 10, "rrid": 11}
    extensions = [(ids[name], value.encode()) for name, value in names.items()]
    data = build_rtp(payload_type, 1, 2, ssrc, b"media", extensions=extensions)
    header = parse_rtp_header(data, len(data))
    return demultiplexer.find(memoryview(data), header, read_extensions(data, header) if header.ext_length else {})


def producer(parameters: RtpParameters, kind: str = "video") -> Track:
    made = Track(parameters, kind)
    for stream, encoding in zip(made.streams, parameters.encodings, strict=True):
        stream.ssrc = encoding.ssrc
    return made


def test_announced_ssrcs_need_no_extensions() -> None:
    demultiplexer, track = Demultiplexer(), producer(video_parameters())
    demultiplexer.add(track.producer)
    assert find(demultiplexer, 0x2000) == (track.streams[0], False)
    assert find(demultiplexer, 0x2001, 121) == (track.streams[0], True)
    assert find(demultiplexer, 0x2002) is None
    assert demultiplexer.by_ssrc(0x2000) is track.streams[0]
    assert demultiplexer.by_ssrc(0x2001) is None


def test_simulcast_is_learnt_by_mid_and_rid_and_its_rtx_by_rrid() -> None:
    demultiplexer, track = Demultiplexer(), producer(video_parameters(rids=RIDS))
    demultiplexer.add(track.producer)
    assert find(demultiplexer, 52, mid="1") is None
    for layer, rid in enumerate(RIDS):
        assert find(demultiplexer, 50 + layer, mid="1", rid=rid) == (track.streams[layer], False)
        assert find(demultiplexer, 60 + layer, 121, mid="1", rrid=rid) == (track.streams[layer], True)
        assert track.streams[layer].ssrc == 50 + layer
        assert find(demultiplexer, 50 + layer) == (track.streams[layer], False)
        assert find(demultiplexer, 60 + layer, 121) == (track.streams[layer], True)


def test_rtx_with_a_rid_instead_of_a_rrid_is_told_by_its_payload_type() -> None:
    demultiplexer, track = Demultiplexer(), producer(video_parameters(rids=RIDS))
    demultiplexer.add(track.producer)
    assert find(demultiplexer, 60, 121, mid="1", rid="b") == (track.streams[1], True)


def test_a_single_encoding_is_learnt_by_mid_alone_and_so_is_its_rtx() -> None:
    parameters = video_parameters()
    parameters.encodings = [RtpEncodingParameters()]
    demultiplexer, track = Demultiplexer(), producer(parameters)
    demultiplexer.add(track.producer)
    demultiplexer.add(producer(audio_parameters(), "audio").producer)
    assert find(demultiplexer, 70) is None
    assert find(demultiplexer, 70, mid="9") is None
    assert find(demultiplexer, 70, mid="1") == (track.streams[0], False)
    assert find(demultiplexer, 71, 121, mid="1") == (track.streams[0], True)


def test_the_mid_tells_two_tracks_apart() -> None:
    demultiplexer = Demultiplexer()
    camera, screen = producer(video_parameters(rids=RIDS, mid="1")), producer(video_parameters(rids=RIDS, mid="2"))
    demultiplexer.add(camera.producer)
    demultiplexer.add(screen.producer)
    assert find(demultiplexer, 50, mid="2", rid="a") == (screen.streams[0], False)
    assert find(demultiplexer, 51, mid="1", rid="a") == (camera.streams[0], False)
    assert find(demultiplexer, 52, rid="b") is None


def test_a_flood_of_ssrcs_teaches_nothing() -> None:
    demultiplexer, track = Demultiplexer(), producer(video_parameters(rids=RIDS))
    demultiplexer.add(track.producer)
    for ssrc in range(1000, 3000):
        find(demultiplexer, ssrc, (120, 121, 5)[ssrc % 3], mid="1", rid=RIDS[ssrc % 2])
        find(demultiplexer, ssrc + 10_000, 121, mid="1", rrid=RIDS[ssrc % 2])
    assert len(demultiplexer._streams) <= 2 * len(RIDS)
    first = track.streams[0].ssrc
    find(demultiplexer, 9, mid="1", rid="a")
    assert track.streams[0].ssrc == first


def test_payload_types_that_were_not_announced_teach_nothing() -> None:
    demultiplexer, track = Demultiplexer(), producer(video_parameters(rids=RIDS))
    demultiplexer.add(track.producer)
    assert find(demultiplexer, 50, 5, mid="1", rid="a") is None


def test_names_that_are_no_text_are_nobodys() -> None:
    demultiplexer = Demultiplexer()
    demultiplexer.add(producer(video_parameters(rids=RIDS)).producer)
    data = build_rtp(120, 1, 2, 5, b"", extensions=[(4, b"\xff\xfe"), (10, b"\x00" * 16)])
    header = parse_rtp_header(data, len(data))
    assert demultiplexer.find(memoryview(data), header, read_extensions(data, header)) is None


def test_what_is_taken_is_refused_and_free_again_after_removal() -> None:
    demultiplexer = Demultiplexer()
    first = producer(video_parameters())
    demultiplexer.add(first.producer)
    with pytest.raises(InvalidParameters, match="SSRC 8193"):
        demultiplexer.add(producer(video_parameters(5, 0x2001, mid="7")).producer)
    with pytest.raises(InvalidParameters, match="mid '1'"):
        demultiplexer.add(producer(video_parameters(5, 6)).producer)
    assert 0x2000 in demultiplexer
    assert sorted(demultiplexer.remove(first.producer)) == [0x2000, 0x2001]
    assert 0x2000 not in demultiplexer
    assert find(demultiplexer, 0x2000) is None
    demultiplexer.add(producer(video_parameters()).producer)


def test_parameters_without_a_mid_go_by_rid_when_they_are_alone() -> None:
    parameters = video_parameters(rids=RIDS)
    parameters.mid = None
    parameters.header_extensions = [RtpHeaderExtensionParameters(MID, 4), *parameters.header_extensions[1:]]
    demultiplexer, track = Demultiplexer(), producer(parameters)
    demultiplexer.add(track.producer)
    assert find(demultiplexer, 50, rid="c") == (track.streams[2], False)
