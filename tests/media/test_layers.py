"""Which layer is sent."""

from __future__ import annotations

import pytest

from media.receive.layers import choose_layer


@pytest.mark.parametrize(
    ("active", "preferred", "expected"),
    [
        ([True, True, True], 2, 2),
        ([True, True, True], 0, 0),
        ([True, True, False], 2, 1),
        ([True, False, False], 2, 0),
        ([False, True, True], 0, 1),
        ([False, False, True], 0, 2),
        ([False, False, False], 1, None),
        ([True], 5, 0),
    ],
)
def test_layer_choice(active: list[bool], preferred: int, expected: int | None) -> None:
    assert choose_layer(active, preferred) == expected
