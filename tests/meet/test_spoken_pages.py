"""Which language a server-made page speaks, and which pages are English for everybody."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.test import Client
from django.utils.translation import override

from meet.accounts import resets
from meet.accounts.hosts import default_account
from meet.config import Config
from meet.middleware import is_english
from meet.outages import outage
from meet.views.errors import PEOPLE, error_page

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.contrib.auth.models import User
    from django.test import RequestFactory

NOW = dt.datetime(2030, 6, 21, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


def shown(path: str, browser: str = "") -> str:
    return Client(headers={"accept-language": browser}).get(path, follow=True).content.decode()


@pytest.mark.parametrize(
    ("path", "browser", "language", "text"),
    [
        ("/", "", "en", "Video meetings on your own server"),
        ("/", "fr-CA, en;q=0.5", "fr", "Des réunions vidéo sur votre propre serveur"),
        ("/", "de-AT", "de", "Videokonferenzen auf Ihrem eigenen Server"),
        ("/", "lb", "lb", "Videoreuniounen op Ärem eegene Server"),
        ("/", "ru", "ru", "Видеовстречи на вашем сервере"),
        ("/?lang=ru", "de", "ru", "Видеовстречи на вашем сервере"),
        ("/new", "de", "de", "Eine neue Besprechung"),
        ("/nowhere", "ru", "ru", "По этому адресу нет страницы."),
        ("/nowhere?lang=fr", "ru", "fr", "pas de page à cette adresse."),
        ("/admin/login/", "de", "de", "Benutzername"),
        ("/admin/login/", "lb", "lb", "Benotzernumm"),
        ("/recordings/", "lb", "lb", "Aloggen"),
        ("/recordings/room/forged/", "de", "de", "Hier ist nichts"),
        ("/videos/4711/", "fr", "fr", "Une réunion enregistrée."),
    ],
)
def test_a_page_speaks_its_visitors_language(path: str, browser: str, language: str, text: str) -> None:
    page = shown(path, browser)
    assert re.search(rf'<html[^>]* lang="{language}', page) or f'<html lang="{language}' in page
    assert text in page


def test_an_accounts_language_goes_before_the_browsers_and_behind_the_links() -> None:
    account = default_account()
    account.language = "lb"
    account.save()
    for path in ("/", "/new"):
        assert '<html lang="lb"' in shown(path, "de")
        assert '<html lang="fr"' in shown(f"{path}?lang=fr", "de")


@pytest.mark.parametrize("path", ["/playground", "/api/", "/admin/accounts/account/", "/rooms/nowhere/things"])
def test_pages_for_who_writes_programs_or_runs_accounts_are_english(rf: RequestFactory, path: str) -> None:
    assert is_english(rf.get(path))


def test_the_playground_is_english_for_everybody() -> None:
    page = shown("/playground", "de")
    assert '<html lang="en"' in page
    assert "Open the room" in page


def test_the_server_api_is_english_for_everybody() -> None:
    german, other = (
        Client(headers={"accept-language": language}).post("/auth/jwt/login", {}, content_type="application/json")
        for language in ("de", "")
    )
    assert german.json() == other.json()
    assert "This field is required." in german.json()["error"]["message"]


def test_caches_keep_a_page_for_each_language() -> None:
    assert "Accept-Language" in Client().get("/").headers["Vary"]


def test_no_page_leaves_its_language_to_the_next() -> None:
    assert '<html lang="ru"' in shown("/", "ru")
    assert '<html lang="en"' in shown("/")


def test_what_is_raised_in_english_for_programs_has_words_for_people(rf: RequestFactory) -> None:
    away = outage(OSError(28, "No space left on device"))
    assert away is not None
    message, hint = PEOPLE[away.code]
    assert (message, hint) == (away.message, away.hint)
    page = error_page(rf.get("/new"), away).content.decode()
    assert "The server&#x27;s disk is full" in page


def test_a_host_that_leads_nowhere_says_so_in_the_visitors_language(settings: LazySettings) -> None:
    settings.CONFIG = Config(env="production", allowed_hosts="meet.example", secret_key="s" * 50)
    page = Client(headers={"accept-language": "ru", "host": "evil.example"}).get("/").content.decode()
    assert "По адресу evil.example встреч нет." in page


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        ("en", "A new password for meet.example", "If it was not you"),
        ("fr", "Un nouveau mot de passe pour meet.example", "était pas vous"),
        ("de", "Ein neues Passwort für meet.example", "Falls Sie es nicht waren"),
        ("lb", "En neit Passwuert fir meet.example", "Wann Dir et net waart"),
        ("ru", "Новый пароль для meet.example", "Если это были не вы"),
    ],
)
def test_the_email_for_a_new_password_speaks_the_language_of_who_asked(
    django_user_model: type[User], language: str, subject: str, text: str
) -> None:
    django_user_model.objects.create_user("ada", "ada@example.org", "a password of hers")
    with override(language):
        resets.do_ask("ada@example.org", "meet.example", NOW, secure=True)
    for lease in resets.lease_due(NOW):
        resets.do_send(lease, NOW)
    (letter,) = mail.outbox
    assert letter.subject == subject
    assert text in letter.body
    assert "https://meet.example/admin/password_reset/" in letter.body
