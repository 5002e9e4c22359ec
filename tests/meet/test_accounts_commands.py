"""The commands about accounts: what they make works at once, and each mistake is one clear line."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from meet.accounts.api_tokens import find
from meet.accounts.hosts import account_for, default_account
from meet.accounts.keyring import keys_of
from meet.accounts.models import Account, Membership, SigningKey
from meet.accounts.tokens import verify
from meet.config import Config
from meet.run.started_with import noted
from tests.meet.test_commands import manage, only_line

if TYPE_CHECKING:
    from django.conf import LazySettings


def run(*arguments: str) -> list[str]:
    """The lines that a command writes."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip().splitlines()


def mistake(*arguments: str) -> str:
    """The line that it ends with."""
    with pytest.raises(CommandError) as caught:
        call_command(*arguments, stdout=io.StringIO())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def after(lines: list[str], words: str) -> str:
    """What follows these words in one of the lines."""
    (found,) = (line.removeprefix(words) for line in lines if line.startswith(words))
    return found


@pytest.fixture
def acme(db: None) -> Account:  # noqa: ARG001 - its table
    run("create_account", "Acme", "--domain", "video.acme.example")
    return Account.objects.get(name="Acme")


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Paths of a private key and of its public part."""
    folder = tmp_path_factory.mktemp("keys")
    key = rsa.generate_private_key(65537, 2048)
    private, public = folder / "key_name.key", folder / "key_name.key.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(private), str(public)


def test_from_nothing_to_a_moderators_link(database: str) -> None:
    del database
    run("create_account", "Acme", "--jwt-required")
    run("add_domain", "Acme", "Video.Acme.example")
    account = account_for("video.acme.example")
    assert (account.name, account.jwt_required) == ("Acme", True)
    lines = run("create_user", "video.acme.example", "ada", "--email", "ada@acme.example")
    user = authenticate(username="ada", password=after(lines, "Password: "))
    assert isinstance(user, User)
    assert (user.is_staff, user.is_superuser, Membership.objects.get(user=user).role) == (True, False, "owner")
    secret = after(run("add_key", "Acme", "--generate", "--kid", "first"), "Secret: ")
    assert [(key.kid, key.key.decode()) for key in keys_of(account)] == [("first", secret)]
    token, link = run("mint_token", "Acme", "roomId=1111", "role=moderator", "waitingRoom=true", "--lifetime", "60")
    claims = verify(token, keys_of(account), "1111")
    assert claims.pop("exp") > timezone.now().timestamp()
    assert claims == {"roomId": "1111", "role": "moderator", "waitingRoom": True}
    assert link.startswith("http://video.acme.example:8000/call/?roomId=1111&token=")
    assert parse_qs(urlsplit(link).query)["token"] == [token]
    (api_token, _) = run("create_api_token", "Acme", "Recorder", "--days", "7")
    found = find(api_token, timezone.now())
    assert found is not None
    assert (found.account, found.name, found.role) == (account, "Recorder", "admin")
    assert find(api_token, timezone.now() + timedelta(days=8)) is None


class TestKeys:
    def test_a_public_key_from_a_file_and_a_token_of_its_private_part(
        self, acme: Account, key_files: tuple[str, str]
    ) -> None:
        private, public = key_files
        assert "RS256" in run("add_key", "Acme", "--file", public)[0]
        token, link = run("mint_token", "Acme", "roomId=a", "--private-key", private, "--interface", "webinar")
        assert verify(token, keys_of(acme), "a") == {"roomId": "a", "interface": "webinar"}
        assert "/webinar/?roomId=a" in link
        assert "openssl rsa -in" in mistake("add_key", "Acme", "--file", private)
        assert "no HS256 key" in mistake("mint_token", "Acme", "roomId=a")

    def test_a_key_from_standard_input(self, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("s" * 40 + "\n"))
        run("add_key", "Acme", "--file", "-")
        assert [key.key for key in keys_of(acme)] == [b"s" * 40]

    def test_old_keys_count_for_a_while(self, database: str) -> None:
        del database
        run("create_account", "Acme")
        account = Account.objects.get(name="Acme")
        run("add_key", "Acme", "--generate", "--kid", "old")
        (old_token, _) = run("mint_token", "Acme", "roomId=a")
        lines = run("rotate_key", "Acme", "--generate", "--kid", "new", "--grace", "48")
        assert any(line.startswith("The HS256 key old counts until ") for line in lines)
        verify(old_token, keys_of(account), "a")
        assert {key.kid for key in keys_of(account)} == {"old", "new"}
        lasts = SigningKey.objects.get(kid="old").retires_at
        assert lasts is not None
        assert timedelta(hours=47) < lasts - timezone.now() <= timedelta(hours=48)
        run("rotate_key", "Acme", "--generate", "--kid", "newest", "--now")
        assert [key.kid for key in keys_of(account)] == ["newest"]
        (token, where) = run("mint_token", "Acme", "roomId=a", "sub=5")
        assert where.startswith("No host leads to it: manage.py add_domain 'Acme' HOST")
        verify(token, keys_of(account), "a")

    @pytest.mark.usefixtures("acme")
    def test_a_key_that_has_leaked_does_not_come_back(self, key_files: tuple[str, str], tmp_path: Path) -> None:
        _, public = key_files
        run("add_key", "Acme", "--file", public, "--kid", "leaked")
        again = tmp_path / "again.pub"
        again.write_text(f"\n{Path(public).read_text()}\n")
        assert "already, as leaked" in mistake("rotate_key", "Acme", "--file", str(again), "--now")
        assert "already, as leaked" in mistake("add_key", "Acme", "--file", str(again))
        run("rotate_key", "Acme", "--generate", "--kid", "new", "--now")
        assert "already, as leaked" in mistake("rotate_key", "Acme", "--file", public, "--now")
        assert [key.kid for key in keys_of(Account.objects.get(name="Acme"))] == ["new"]

    @pytest.mark.usefixtures("acme")
    def test_a_key_that_is_refused_retires_none(self) -> None:
        run("add_key", "Acme", "--generate", "--kid", "old")
        assert "exists" in mistake("rotate_key", "Acme", "--generate", "--kid", "old", "--now")
        assert [key.kid for key in keys_of(Account.objects.get(name="Acme"))] == ["old"]

    @pytest.mark.django_db
    def test_a_link_has_the_port_of_the_server_that_runs(self, settings: LazySettings, tmp_path: Path) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32, data_dir=str(tmp_path))
        with noted(replace(settings.CONFIG, port=8100, tls=True)):
            assert run("mint_token", "default", "roomId=a")[1].startswith("https://localhost:8100/call/?")
        assert run("mint_token", "default", "roomId=a")[1].startswith("http://localhost:8000/call/?")
        (tmp_path / "serving.json").write_text('{"pid": 99999999, "port": 8100, "tls": true}')
        assert run("mint_token", "default", "roomId=a")[1].startswith("http://localhost:8000/call/?")

    @pytest.mark.django_db
    def test_the_operators_key_signs_for_the_default_account(self, settings: LazySettings) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        token, link = run("mint_token", "default", "roomId=a")
        assert verify(token, keys_of(default_account()), "a") == {"roomId": "a"}
        assert link.startswith("http://localhost:8000/call/?")
        settings.CONFIG = Config(jwt_key="k" * 32, env="production", allowed_hosts="meet.example", secret_key="s" * 50)
        assert run("mint_token", "default", "roomId=a")[1].startswith("https://meet.example/call/?")


@pytest.mark.usefixtures("acme")
class TestPeople:
    def test_a_role_is_changed_by_giving_another(self) -> None:
        run("create_user", "Acme", "ada", "--role", "viewer")
        assert run("create_user", "Acme", "ada", "--role", "admin") == ["ada is admin in Acme."]
        assert [member.role for member in Membership.objects.all()] == ["admin"]

    def test_a_password_may_be_typed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        assert run("create_user", "Acme", "ada", "--ask-password") == ["ada is owner in Acme."]
        assert authenticate(username="ada", password="correct horse") is not None


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["create_account", "Acme"], "already exists"),
        (["create_account", ""], "blank"),
        (["create_account", "Other", "--domain", "video.acme.example"], "This host name is taken."),
        (["create_user", "Nobody", "ada"], "manage.py create_account 'Nobody'"),
        (["create_user", "Acme", "a b"], "valid username"),
        (["add_domain", "Acme", "https://a.example"], "Only the host name"),
        (["add_domain", "Acme", "video.acme.example"], "taken"),
        (["add_key", "Acme", "--file", "/nowhere"], "can't be read: No such file"),
        (["rotate_key", "Acme", "--generate", "--grace", "-1"], "--grace"),
        (["create_api_token", "Acme", "x", "--days", "0"], "--days"),
        (["create_api_token", "Acme", ""], "blank"),
        (["mint_token", "Acme", "role=moderator"], "roomId=demo"),
        (["mint_token", "Acme", "roomId"], "no claim such as"),
        (["mint_token", "Acme", "roomId=a", "waitingroom=true"], "did you mean waitingRoom?"),
        (["mint_token", "Acme", "roomId=a", "role=king"], "role must be one of moderator, interpreter."),
        (["mint_token", "Acme", "roomId=a", "lang=de"], "lang can be given in the link only."),
        (["mint_token", "Acme", "roomId=a"], "add_key 'Acme' --generate"),
        (["mint_token", "Acme", "roomId=a", "--private-key", str(Path(__file__))], "no RSA private key"),
        (["mint_token", "Acme", "roomId=a", "--lifetime", "0"], "--lifetime"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_says_what_to_do(arguments: list[str], words: str) -> None:
    before = Account.objects.count()
    assert words in mistake(*arguments)
    assert Account.objects.count() == before


def test_without_a_database_the_line_says_so(tmp_path: Path) -> None:
    line = only_line(manage(tmp_path, "create_account", "Acme"))
    assert "The database can't be used: no such table" in line
    assert "manage.py setup" in line


@pytest.mark.django_db
def test_a_token_without_an_account_says_what_comes_first() -> None:
    assert mistake("mint_token", "roomId=team42", "role=moderator").startswith(
        "The account comes first, such as default"
    )
