"""The tokens in docs/interpretation.md, as a reader would copy them; the first is the tutorial's example."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import pytest
from django.core.management import call_command
from django.http import QueryDict

from meet.accounts.hosts import default_account
from meet.accounts.interpreted import INTERPRETED
from meet.attributes.links import read_link
from meet.config import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (PROJECT / "docs" / "interpretation.md").read_text(encoding="utf-8")
# "Language Interpretation (beta)", to the letter.
EXAMPLE = '{ "role": "interpreter", "featureInterpreters": true, "intLang": "de", "roomId": "serv0_test1" }'
ROOM = "serv0_test1"


def block(fence: str) -> str:
    (found,) = re.findall(rf"```{fence}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def ticket_of(query: dict[str, str]) -> Any:
    """What somebody is let in with who opens a link with this query."""
    made = QueryDict(mutable=True)
    made.update(query)
    found = read_link(default_account(), made, "call")
    assert found.warnings == []
    return found.ticket("serv0")


@pytest.fixture
def keys(tmp_path: Path, db: None) -> Path:  # noqa: ARG001 - the account's keys
    """A folder with a key pair, whose public part the default account has as `key1`."""
    steps = re.findall(r"```sh\n(.*?)```", (PROJECT / "docs" / "tokens.md").read_text(encoding="utf-8"), re.DOTALL)
    subprocess.run(["bash", "-euc", steps[0]], cwd=tmp_path, capture_output=True, check=True, timeout=60)
    call_command("add_key", "default", "--file", str(tmp_path / "key_name.key.pub"), "--kid", "key1")
    return tmp_path


def test_the_tutorials_claims_make_an_interpreter(keys: Path) -> None:
    assert block("json").strip() == EXAMPLE
    private = (keys / "key_name.key").read_text()
    token = jwt.encode(json.loads(EXAMPLE), private, "RS256", {"kid": "key1"})
    ticket = ticket_of({"roomId": ROOM, "token": token})
    assert (ticket.room_id, ticket.role) == (ROOM, "interpreter")
    assert (ticket.language, ticket.language_name, ticket.interpreter_problem) == ("de", "Deutsch", "")


def test_the_shell_signs_such_a_link(keys: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block("sh")],
        cwd=keys, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    ticket = ticket_of(QueryDict(urlsplit(done.stdout.strip()).query).dict())
    assert (ticket.room_id, ticket.role, ticket.language) == (ROOM, "interpreter", "de")


@pytest.mark.usefixtures("db")
def test_a_listeners_link_preselects_a_language() -> None:
    (link,) = re.findall(r"`(http\S+interpretation=de)`", PAGE)
    ticket = ticket_of(QueryDict(urlsplit(link).query).dict())
    assert (ticket.preselected, ticket.role, ticket.language) == ("de", "participant", "")


def test_the_languages_are_those_that_there_are() -> None:
    listed = re.search(r"\*\*Languages\.\*\*(.*?)\. Its owners", PAGE, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r"`(\w\w)`", listed[1])) == set(INTERPRETED)
