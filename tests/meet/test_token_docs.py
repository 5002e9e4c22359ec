"""The walk in docs/tokens.md, step by step, as a reader would do it: with openssl, curl and real interpreters."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.http import QueryDict

from meet.accounts.hosts import default_account
from meet.attributes.links import read_link
from meet.config import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.live_server_helper import LiveServer

PAGE = (PROJECT / "docs" / "tokens.md").read_text(encoding="utf-8")
TIMEOUT_S = 100


@dataclass(frozen=True)
class Language:
    """How a snippet of the page is run: `{}` is the file that it is written to."""

    fence: str
    file: str
    command: tuple[str, ...]


LANGUAGES = [
    Language("python", "mint.py", (sys.executable, "{}")),
    Language("js", "mint.cjs", ("node", "{}")),
    Language("php", "mint.php", ("php", "{}")),
    Language("go", "mint.go", ("go", "run", "{}")),
]


def blocks(fence: str) -> list[str]:
    return re.findall(rf"```{fence}\n(.*?)```", PAGE, re.DOTALL)


def shell(script: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def keys(tmp_path: Path, db: None) -> Path:  # noqa: ARG001 - the account's keys
    """Steps 1 and 2: a folder with a key pair, whose public part the default account has."""
    make_keys, add_key = blocks("sh")[:2]
    shell(make_keys, tmp_path)
    program, *arguments = add_key.split()[1:]
    assert program == "manage.py"
    call_command(*[str(tmp_path / word) if word.endswith(".pub") else word for word in arguments])
    return tmp_path


def assert_opens_the_room_for_a_moderator(link: str) -> None:
    found = read_link(default_account(), QueryDict(urlsplit(link).query), "call")
    assert (found.attributes.room_id, found.attributes.role, found.warnings) == ("team42", "moderator", [])


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.fence)
def test_each_language_signs_a_token_that_opens_the_room(keys: Path, language: Language) -> None:
    if shutil.which(language.command[0]) is None:
        pytest.skip(f"{language.command[0]} is not installed")
    (snippet,) = blocks(language.fence)
    (keys / language.file).write_text(snippet, encoding="utf-8")
    command = [part.format(language.file) for part in language.command]
    done = subprocess.run(command, cwd=keys, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    assert_opens_the_room_for_a_moderator(done.stdout.strip())


@pytest.mark.usefixtures("client_build", "transactional_db", "live_node")
def test_the_shell_signs_one_too_and_curl_tells_that_it_is_good(live_server: LiveServer, keys: Path) -> None:
    sign = blocks("sh")[2].replace("http://localhost:8000", live_server.url)
    link, status = shell(sign, keys).split()
    assert status == "200"
    assert_opens_the_room_for_a_moderator(link)
    _, status = shell(sign.replace('"role":"moderator"', '"role":"moderator","roomId":"other"'), keys).split()
    assert status == "403"


def test_the_iframe_asks_for_what_a_call_needs() -> None:
    (iframe,) = blocks("html")
    assert re.search(r'allow="([^"]*)"', iframe)[1].split("; ") == [  # type: ignore[index]
        "camera", "microphone", "fullscreen", "display-capture", "autoplay", "screen-wake-lock",
    ]  # fmt: skip
