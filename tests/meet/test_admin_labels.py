"""What the admin calls things: words that people use, and not what a column's name makes of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, get_args

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten, label_for_field
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils.text import capfirst

from meet.accounts.models import Incident
from meet.conf.navigation import GROUPS, PAGES
from recording.capture.capture import Reason
from recording.models import Ending, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

# Abbreviations that only letters in capitals make readable, units that stand in a name, and halves of a sentence.
WRONG: Final = (
    r"\b(api|http|https|id|ids|ip|json|jwt|tls|udp|tcp|url|urls|uri)\b",
    r"\b(Api|Http|Https|Id|Ids|Ip|Json|Jwt|Tls|Udp|Tcp|Url|Urls|Uri)\b",
    r"\bMs\b|^.* ms$",
    r"\b(bps|kbps|percent|bytes|num|pk|kid)\b",
    r" (at|s|per s|until)$",
    r"^(At|By)$",
    r"_",
)


def shown(page: admin.ModelAdmin[Model]) -> Iterator[str]:
    """All labels of a model's pages: the list, its filters, the form to add and to change, and what is below it."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    yield from (str(page.opts.verbose_name), str(page.opts.verbose_name_plural))
    names = set(page.get_list_display(request)) - {"__str__"}
    for obj in (None, page.model()):
        names |= set(flatten(page.get_fields(request, obj)))
    for name in names:
        if name in {"usable_password", "password1", "password2"}:  # Django's own form has them
            continue
        yield str(label_for_field(name, page.model, page))
    for one in page.get_list_filter(request):
        field = one[0] if isinstance(one, tuple) else one
        if isinstance(field, str) and "__" not in field:
            yield str(label_for_field(field, page.model, page))
        elif isinstance(field, type):
            yield str(field.title)
    for inline in page.inlines:
        fields = inline.model._meta.fields
        wanted = (
            flatten(inline.fields) if inline.fields else [f.name for f in fields if f.editable and not f.primary_key]
        )
        yield from (str(inline.model._meta.get_field(name).verbose_name) for name in wanted)


PAGES_OF_MODELS: Final = tuple(admin.site._registry.values())


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES_OF_MODELS, ids=lambda page: page.opts.label_lower)
def test_no_label_is_what_a_columns_name_makes_of_itself(page: admin.ModelAdmin[Model]) -> None:
    labels = {capfirst(label) for label in shown(page)}
    assert len(labels) > 4
    wrong = {label: pattern for label in labels for pattern in WRONG if re.search(pattern, label)}
    assert not wrong


@pytest.mark.parametrize("label", ["Lag ms", "Tls", "Public url", "Packets per s", "Room id", "Heartbeat at", "By"])
def test_such_labels_are_found(label: str) -> None:
    assert any(re.search(pattern, label) for pattern in WRONG)


def test_codes_are_shown_as_words() -> None:
    assert set(Ending.values) == set(get_args(Reason))
    for field in (Recording._meta.get_field("reason"), Incident._meta.get_field("kind")):
        assert all(re.fullmatch(r"[a-z ]+", str(words)) for _, words in field.choices or ())
        assert field.choices


def test_pages_are_called_in_the_navigation_as_they_call_themselves() -> None:
    named = {target: title for _, entries in GROUPS for title, _, target in entries if target not in PAGES}
    plural = {page.opts.label_lower: capfirst(str(page.opts.verbose_name_plural)) for page in PAGES_OF_MODELS}
    assert named.keys() == plural.keys()
    assert all(plural[target].startswith(title) for target, title in named.items())
