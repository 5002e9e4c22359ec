"""Which pages may open a signalling connection."""

from __future__ import annotations

import pytest

from rooms.signalling.origins import origin_allowed

ALLOWED = ("https://embedder.example", "http://localhost:3000")


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        (None, "meet.example", True),
        ("https://meet.example", "meet.example", True),
        ("https://meet.example", "meet.example:8001", True),
        ("https://meet.example:8443", "meet.example:8001", True),
        ("https://MEET.example", "meet.EXAMPLE", True),
        ("http://[::1]:8000", "[::1]:8001", True),
        ("https://embedder.example", "meet.example", True),
        ("http://localhost:3000", "meet.example", True),
        ("https://embedder.example:444", "meet.example", False),
        ("http://embedder.example", "meet.example", False),
        ("http://localhost:3001", "meet.example", False),
        ("https://evil.example", "meet.example", False),
        ("https://meet.example.evil.example", "meet.example", False),
        ("https://evil.example/meet.example", "meet.example", False),
        ("https://meet.example@evil.example", "meet.example", False),
        ("ftp://meet.example", "meet.example", False),
        ("null", "meet.example", False),
        ("", "", False),
        ("https://", "", False),
        ("http://[", "meet.example", False),
        ("https://meet.example", "[", False),
        ("https://meet.example", None, False),
    ],
)
def test_our_own_host_on_any_port_and_the_allowed_ones(origin: str | None, host: str | None, expected: bool) -> None:
    assert origin_allowed(origin, host, ALLOWED) is expected


def test_a_star_allows_everything() -> None:
    assert origin_allowed("null", "meet.example", ("*",))
