"""Which part of a file a Range header asks for, and what is in playlists of videos that are elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.delivery.playlists import with_addresses
from recording.delivery.ranges import Part, Unsatisfiable, part_of


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-0", Part(0, 1)),
        ("bytes=0-", Part(0, 1000)),
        ("bytes=10-19", Part(10, 10)),
        ("bytes=990-2000", Part(990, 10)),
        ("Bytes= 5-9 ", Part(5, 5)),
        ("bytes=-100", Part(900, 100)),
        ("bytes=-5000", Part(0, 1000)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-5", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
    ],
)
def test_the_part(header: str, part: Part | None) -> None:
    assert part_of(header, 1000) == part


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=1000-", 1000), ("bytes=1000-2000", 1000), ("bytes=-0", 1000), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_a_part_without_an_octet_can_not_be_had(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        part_of(header, size)


def test_it_is_told_as_the_header_has_it() -> None:
    assert Part(10, 10).content_range(1000) == "bytes 10-19/1000"


@given(st.text(max_size=40) | st.from_regex(r"bytes=\d{0,25}-\d{0,25}"), st.integers(0, 10**12))
def test_whatever_it_says_the_part_is_within_the_file(header: str, size: int) -> None:
    try:
        part = part_of(header, size)
    except Unsatisfiable:
        return
    assert part is None or (part.length > 0 and part.start >= 0 and part.start + part.length <= size)


def test_a_playlists_media_get_other_addresses_and_its_playlists_stay() -> None:
    playlist = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8"\n#EXT-X-MAP:URI="720p-init.mp4"\n'
        "#EXTINF:4.0,\n720p-00000.m4s\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n#EXT-X-ENDLIST\n"
    )
    assert with_addresses(playlist, lambda name: f"https://there/{name}?s=1") == (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8"\n#EXT-X-MAP:URI="https://there/720p-init.mp4?s=1"\n'
        "#EXTINF:4.0,\nhttps://there/720p-00000.m4s?s=1\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p.m3u8\n#EXT-X-ENDLIST\n"
    )
