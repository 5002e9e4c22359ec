"""Another MEET_SECRET_KEY: what was encrypted and signed with the old one counts until that goes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from meet.accounts.encrypted import UnreadableSecretError
from meet.accounts.models import Account
from meet.accounts.reencryption import encrypt_anew, encrypted_columns
from meet.api import bearer
from meet.conf.rules import check_start
from meet.config import Config, ConfigError
from recording.delivery.addresses import token_of, token_of_link
from recording.delivery.links import LinkRefused
from recording.delivery.tokens import check_token
from recording.models import Video, VideoLink
from rooms.control.signing import Nonces, Signed, accepted, derive_key
from rooms.models import Memory
from rooms.nodes import tickets
from rooms.webhooks.models import Endpoint
from tests.meet.personas import household
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings

OLD, NEW = "the old secret key of this installation", "the new secret key of this installation"
OLDEST = "the secret key before the old secret key"


def keys(settings: LazySettings, key: str, *others: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(others)


def secrets() -> dict[tuple[str, str, Any], str]:
    """All that are stored, as their owners know them; of each encrypted field there is one at least."""
    found: dict[tuple[str, str, Any], str] = {}
    for model, names in encrypted_columns():
        for name in names:
            values = {
                (model._meta.label, name, row.pk): getattr(row, name)
                for row in model._base_manager.all()
                if getattr(row, name)
            }
            assert values, f"tests.meet.personas.household makes no {model._meta.label}.{name}"
            found |= values
    return found


def rotate() -> str:
    told = io.StringIO()
    call_command("rotate_secret_key", stdout=told)
    return told.getvalue()


def inhabited(settings: LazySettings) -> dict[tuple[str, str, Any], str]:
    """Secrets of every kind, some with the old key, some with an older one."""
    keys(settings, OLDEST)
    household("olivia")
    Endpoint.objects.update(old_secret="whsec_b2xk")
    keys(settings, OLD, OLDEST)
    household("mallory")
    return secrets()


def test_every_secret_of_every_model_is_encrypted_anew(database: str, settings: LazySettings) -> None:
    before = inhabited(settings)
    keys(settings, NEW, OLD, OLDEST)
    assert secrets() == before
    told = rotate()
    assert f"{len(before)} of {len(before)} secrets were encrypted anew" in told
    assert "Nothing that is stored needs MEET_OLD_SECRET_KEYS any more" in told
    keys(settings, NEW)
    assert secrets() == before
    assert f"0 of {len(before)} secrets" in rotate()
    assert database in {"sqlite", "postgresql"}


@pytest.mark.django_db
def test_it_goes_on_where_it_was_interrupted_and_in_batches(settings: LazySettings) -> None:
    before = inhabited(settings)
    keys(settings, NEW, OLD, OLDEST)
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encrypt_anew(tell, batch=1)
    rest = encrypt_anew(told.append, batch=1)
    assert 0 < rest.changed < rest.every == len(before)
    keys(settings, NEW)
    assert secrets() == before


@pytest.mark.django_db
def test_what_no_key_reads_is_told_and_left_alone(settings: LazySettings) -> None:
    inhabited(settings)
    keys(settings, NEW, OLD)
    with pytest.raises(CommandError, match=r"\d+ secrets can't be read with any key"):
        rotate()
    with pytest.raises(UnreadableSecretError):
        list(Memory.objects.all())
    keys(settings, NEW, OLDEST)
    rotate()
    keys(settings, NEW)
    secrets()


@pytest.mark.django_db
class TestSigned:
    """With the old key among the others, what was signed with it counts; without it no more."""

    def test_tickets_identities_and_pages(self, settings: LazySettings) -> None:
        keys(settings, OLD)
        page = tickets.vouch_for("meet.example")
        identity = tickets.PageIdentity(1, "room", "ann", issued=True, session="s")
        signed = tickets.sign_identity(identity)
        keys(settings, NEW, OLD)
        assert (tickets.vouched_host(page), tickets.read_identity(signed)) == ("meet.example", identity)
        keys(settings, NEW)
        assert (tickets.vouched_host(page), tickets.read_identity(signed)) == (None, None)

    def test_requests_to_nodes(self) -> None:
        signed = Signed("serv0", "POST", "/control", "1800000000", "abc", b"{}")
        old = signed.signature(derive_key(OLD))
        assert accepted(signed, old, [derive_key(NEW), derive_key(OLD)], Nonces(), 1_800_000_000)
        assert not accepted(signed, old, [derive_key(NEW)], Nonces(), 1_800_000_000)

    def test_addresses_of_videos(self, settings: LazySettings) -> None:
        keys(settings, OLD)
        household("olivia")
        video, now = Video.objects.get(), timezone.now()
        link = VideoLink.objects.create(video=video, made_by="olivia", made_at=now)
        Account.objects.update(lasting_links=True)
        video = Video.objects.select_related("account").get()
        tokens = [token_of(video, now), token_of_link(link)]
        keys(settings, NEW, OLD)
        assert all(check_token(video, "video", token, now) > now.timestamp() for token in tokens)
        assert token_of(video, now) not in tokens
        keys(settings, NEW)
        for token in tokens:
            with pytest.raises(LinkRefused):
                check_token(video, "video", token, now)

    def test_logins_in_the_admin_and_of_the_api(self, settings: LazySettings) -> None:
        keys(settings, OLD)
        User.objects.create_superuser("olivia", password=PASSWORD)
        browser = Client()
        assert browser.login(username="olivia", password=PASSWORD)
        now = timezone.now()
        claims = bearer.Claims(1, 2, "token", "password")
        token = bearer.encode("refresh", claims, now)
        keys(settings, NEW, OLD)
        assert browser.get("/admin/accounts/account/").status_code == 200
        assert bearer.decode("refresh", token, now) == claims
        keys(settings, NEW)  # whoever was here in between is logged in with the new key now
        assert browser.get("/admin/accounts/account/").status_code == 200


def test_old_keys_are_settings() -> None:
    config = Config.from_environment({"MEET_OLD_SECRET_KEYS": f"{'a' * 40}, {'b' * 40}", "MEET_SECRET_KEY": "c" * 40})
    assert config.old_keys == ["a" * 40, "b" * 40]
    assert "aaaa" not in repr(config)
    with pytest.raises(ConfigError, match=r"MEET_OLD_SECRET_KEYS has a key that is too short.*meet\.E040"):
        check_start(Config(old_secret_keys="short"))
