"""What the documentation tells integrators to do does work."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.http import QueryDict

from meet.accounts.hosts import default_account
from meet.attributes.links import read_link
from meet.attributes.schema import specs
from meet.config import PROJECT, Config

if TYPE_CHECKING:
    from django.conf import LazySettings

DOCS = PROJECT / "docs"
KEY = "the same text as in MEET_JWT_KEY"


@pytest.mark.django_db
def test_the_example_of_a_signed_token_makes_a_moderator(settings: LazySettings) -> None:
    settings.CONFIG = Config(jwt_key=KEY)
    page = (DOCS / "integrator.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own page
    link = read_link(default_account(), QueryDict(urlsplit(names["link"]).query), "call")
    assert (link.attributes.role, link.attributes.peer_id, link.warnings) == ("moderator", "5", [])


def test_attributes_that_pages_mention_exist() -> None:
    known = {name for _, spec, _ in specs() for name in (spec.name, *spec.aliases)}
    for page in ("integrator.md", "moderator.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        mentioned = re.findall(r"`(\w+)=", text) + re.findall(r'`"(\w+)":', text)
        assert set(mentioned) <= known, page


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_files_and_settings_that_pages_name_exist(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|static/src|static/tests|meet|rooms|media|recording|stats|scripts)/[\w/.-]+)`", text)
    assert [path for path in named if not (PROJECT / path).exists()] == []
    settings = {f"MEET_{setting.name.upper()}" for setting in fields(Config)}
    assert set(re.findall(r"\bMEET_[A-Z0-9_]+\b", text)) <= settings, page
