"""Links whose sides are patient: two nodes share one loop here, and where that stands still both fall silent."""

import pytest

from rooms.cascade import cascade, home, link


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, limit in ((cascade, "OPEN_S"), (home, "ANSWER_S"), (link, "SILENT_S")):
        monkeypatch.setattr(module, limit, 60.0)
