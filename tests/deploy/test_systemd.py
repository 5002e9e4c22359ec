"""The units of deploy/systemd/ say what systemd understands, and leave processes little that they may do."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from meet.config import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

UNITS: Final = PROJECT / "deploy" / "systemd"
SERVICES: Final = sorted(path.name for path in UNITS.glob("*.service"))
# Of 10, which is what a service without any limits has; below 2 nothing is left but what the work needs.
MOST_EXPOSED: Final = 2.0

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed.")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A copy whose program exists, with an instance of each template."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text().replace("/opt/meet/.venv/bin/python", "/bin/true"))
        if path.stem.endswith("@"):
            path.rename(folder / f"{path.stem}0.service")
    return folder


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={"SYSTEMD_UNIT_PATH": f"{units}:", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@needs_systemd
def test_systemd_finds_nothing_wrong(units: Path) -> None:
    done = analyze(units, "verify", "--man=no", *map(str, sorted(units.glob("meet*.*[et]"))))
    ours = [line for line in done.stderr.splitlines() if "meet" in line]
    assert not ours
    assert done.returncode == 0


@needs_systemd
@pytest.mark.parametrize("service", [name.replace("@.", "@0.") for name in SERVICES])
def test_processes_may_do_little(units: Path, service: str) -> None:
    most = f"--threshold={MOST_EXPOSED * 10:.0f}"
    done = analyze(units, "security", "--offline=true", "--no-pager", most, str(units / service))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_started_again_and_told_apart_from_one_that_hangs(name: str) -> None:
    text = (UNITS / name).read_text()
    if name == "meet-setup.service":
        assert "Type=oneshot" in text
        return
    for line in (r"Type=notify", r"Restart=always", r"WatchdogSec=\d+"):
        assert re.search(f"^{line}$", text, re.MULTILINE), line


def test_only_what_listens_below_1024_gets_the_capability_for_it() -> None:
    privileged = [name for name in SERVICES if "AmbientCapabilities" in (UNITS / name).read_text()]
    assert privileged == ["meet-serve.service"]


def test_the_target_starts_all_there_is() -> None:
    wanted = re.findall(r"^Wants=(.*)$", (UNITS / "meet.target").read_text(), re.MULTILINE)[0].split()
    started = {re.sub(r"@\d", "@", name) for name in wanted} | {"meet-setup.service", "meet-serve.service"}
    assert started == set(SERVICES)
