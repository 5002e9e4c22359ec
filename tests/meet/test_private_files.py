"""Other users of the machine can't read what is in the data folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from django.core.checks import run_checks

from meet.checks import DATA_FOLDER_OPEN
from meet.private_files import make_private, open_to_others, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As one was before: everybody can read it."""
    folder = tmp_path / "var"
    (folder / "captures").mkdir(parents=True)
    (folder / "meet.sqlite3").touch()
    assert (mode(folder), mode(folder / "meet.sqlite3")) == (0o755, 0o644)
    return folder


def test_a_new_folder_is_its_owners_alone_and_what_is_made_in_it_too(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "var"
    make_private(folder)
    (folder / "files").mkdir()
    (folder / "meet.sqlite3").touch()
    assert mode(folder) == mode(folder / "files") == 0o700
    assert mode(folder / "meet.sqlite3") == 0o600
    assert open_to_others(folder) == []


def test_a_new_folder_does_not_take_over_a_group_from_the_one_above(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    make_private(tmp_path / "var")
    assert mode(tmp_path / "var") == 0o700


def test_one_that_was_open_is_closed_and_the_log_says_so_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert open_to_others(folder) == [folder, folder / "meet.sqlite3"]
    for _ in range(2):
        make_private(folder)
    assert (mode(folder), mode(folder / "meet.sqlite3")) == (0o700, 0o600)
    assert umask() == 0o077
    (record,) = caplog.records
    assert str(folder) in record.getMessage()


def test_one_that_is_shared_with_a_group_on_purpose_stays_so(folder: Path) -> None:
    folder.chmod(0o2775)
    (folder / "meet.sqlite3").chmod(0o664)
    make_private(folder)
    assert (mode(folder), mode(folder / "meet.sqlite3")) == (0o2770, 0o660)
    assert umask() == 0o007
    assert open_to_others(folder) == []


@pytest.mark.parametrize("permissions", [0o755, 0o1777])
def test_a_folder_of_something_else_keeps_its_permissions(tmp_path: Path, permissions: int) -> None:
    (tmp_path / "thesis.odt").touch()
    if permissions & 0o1000:
        (tmp_path / "meet.sqlite3").touch()
    tmp_path.chmod(permissions)
    make_private(tmp_path)
    assert mode(tmp_path) == permissions


def test_the_check_at_the_start_says_what_is_open(folder: Path, settings: LazySettings) -> None:
    settings.DATA_DIR = folder
    (warning,) = [message for message in run_checks() if message.id == DATA_FOLDER_OPEN.id]
    assert str(folder / "meet.sqlite3") in str(warning.msg)
    assert str(folder) in str(warning.hint)
    make_private(folder)
    assert [message for message in run_checks() if message.id == DATA_FOLDER_OPEN.id] == []


def test_a_private_file_takes_the_place_of_an_open_one(tmp_path: Path) -> None:
    path = tmp_path / "first"
    path.touch()
    write_private(path, "secret")
    assert (mode(path), path.read_text()) == (0o600, "secret")
    assert list(tmp_path.iterdir()) == [path]
