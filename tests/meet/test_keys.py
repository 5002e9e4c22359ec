"""Keys that verify tokens: a weak or impossible one is said in one line before anything starts."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.exceptions import ValidationError
from django.utils import timezone

from meet.accounts.hosts import default_account
from meet.accounts.keyring import keys_of
from meet.accounts.keys import EXPORT_PUBLIC, MAX_KEY_LENGTH, KeyRefusedError, check_key, load_key
from meet.accounts.models import Account, SigningKey
from meet.config import PROJECT, Config, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from django.conf import LazySettings


def public_pem(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def problem(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_key(text)
    message = str(caught.value)
    assert message.startswith("MEET_JWT_KEY ")
    assert "\n" not in message
    return message


def test_the_operators_secret_is_for_hs256() -> None:
    key = load_key("s" * 32)
    assert (key.kid, key.algorithm, key.key) == ("", "HS256", b"s" * 32)
    assert load_key("ü" * 16).key == ("ü" * 16).encode()


@pytest.mark.parametrize("suffix", [".pem", ".pub"])
def test_a_public_key_in_a_file_is_for_rs256(tmp_path: Path, rsa_key: rsa.RSAPrivateKey, suffix: str) -> None:
    path = tmp_path / f"key{suffix}"
    path.write_bytes(public_pem(rsa_key.public_key()))
    key = load_key(str(path))
    assert (key.kid, key.algorithm, key.key) == ("", "RS256", path.read_bytes())


@pytest.mark.parametrize("text", ["short", "s" * 31])
def test_a_short_secret_is_refused_and_not_repeated(text: str) -> None:
    assert text not in problem(text).replace("too short", "")


def test_the_content_of_a_key_file_is_no_secret(rsa_key: rsa.RSAPrivateKey) -> None:
    pem = public_pem(rsa_key.public_key()).decode()
    for text in (pem, pem.strip(), pem.replace("\n", "\\n")):
        assert "path" in problem(text)


def test_weak_and_other_keys_are_refused(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    private = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - on purpose
    contents = {
        "small": public_pem(small.public_key()),
        "elliptic": public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
        "private": private,
        "empty": b"",
        "nonsense": b"\xff" * 100,
    }
    for name, content in contents.items():
        path = tmp_path / f"{name}.pem"
        path.write_bytes(content)
        assert str(path) in problem(str(path))


@pytest.mark.parametrize("path", ["nowhere/key.pem", "/proc/self/mem.pem", "tests.pem/x.pem", "a\0b.pem"])
def test_a_file_that_cannot_be_read_is_refused(path: str) -> None:
    problem(path)


def test_the_key_is_not_shown_where_settings_are() -> None:
    assert "hunter2" not in repr(Config.from_environment({"MEET_JWT_KEY": "hunter2" * 6}))


def test_a_process_with_a_weak_key_ends_with_that_line_and_no_traceback() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env={**os.environ, "MEET_JWT_KEY": "short"},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("meet: MEET_JWT_KEY can't be used. This secret is too short for HS256")
    assert ended.stderr.count("\n") == 1


def refusal(algorithm: str, text: str) -> str:
    with pytest.raises(KeyRefusedError) as caught:
        check_key(algorithm, text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestWhatSomebodyPastes:
    @pytest.mark.parametrize("algorithm", ["RS256", ""])
    def test_a_public_key_is_for_rs256(self, rsa_key: rsa.RSAPrivateKey, algorithm: str) -> None:
        pem = public_pem(rsa_key.public_key())
        found = check_key(algorithm, f"\n {pem.decode()}\n\n")
        assert (found.algorithm, found.key) == ("RS256", pem)
        assert re.fullmatch(r"[\w-]{43}", found.kid)
        assert check_key(algorithm, pem.decode()).kid == found.kid
        pkcs1 = rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
        assert check_key(algorithm, pkcs1) == found

    def test_its_key_id_is_the_thumbprint_of_rfc_7638(self) -> None:
        """The example of its section 3.1."""
        modulus = (
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
            "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
            "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
            "kEgU8awapJzKnqDKgw"
        )
        number = int.from_bytes(base64.urlsafe_b64decode(modulus + "=="), "big")
        pem = public_pem(rsa.RSAPublicNumbers(65537, number).public_key()).decode()
        assert check_key("RS256", pem).kid == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    @pytest.mark.parametrize("algorithm", ["HS256", ""])
    def test_a_secret_is_for_hs256_and_its_key_id_tells_nothing_of_it(self, algorithm: str) -> None:
        found, again = check_key(algorithm, "s" * 32), check_key(algorithm, " " + "s" * 32 + "\n")
        assert (found.algorithm, found.key) == (again.algorithm, again.key) == ("HS256", b"s" * 32)
        assert found.kid != again.kid
        assert "s" * 32 not in repr(found)

    @pytest.mark.parametrize("algorithm", ["RS256", ""])
    def test_a_private_key_is_refused_with_the_command_that_exports_its_public_part(
        self, rsa_key: rsa.RSAPrivateKey, algorithm: str
    ) -> None:
        for layout in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
            pem = rsa_key.private_bytes(Encoding.PEM, layout, NoEncryption()).decode()
            assert EXPORT_PUBLIC in refusal(algorithm, pem)
        assert "no secret" in refusal("HS256", pem)

    def test_a_weak_key_is_refused_with_the_command_that_makes_a_better_one(self) -> None:
        small = rsa.generate_private_key(65537, 1024)  # noqa: S505 - on purpose
        message = refusal("RS256", public_pem(small.public_key()).decode())
        assert "1024 bits" in message
        assert "openssl genrsa" in message
        huge = public_pem(rsa.RSAPublicNumbers(65537, (1 << 9000) + 1).public_key()).decode()
        assert "8192" in refusal("RS256", huge)

    def test_keys_of_other_kinds_are_refused(self, rsa_key: rsa.RSAPrivateKey) -> None:
        elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
        assert "no RSA key" in refusal("", public_pem(elliptic).decode())
        assert "no RSA key" in refusal("RS256", public_pem(ed25519.Ed25519PrivateKey.generate().public_key()).decode())
        assert "x509" in refusal("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
        pem = public_pem(rsa_key.public_key()).decode()
        assert "PEM" in refusal("RS256", pem.replace("\n", "\\n"))
        assert "PEM" in refusal("RS256", "s" * 64)

    def test_what_everybody_may_know_is_no_secret(self, rsa_key: rsa.RSAPrivateKey) -> None:
        key = rsa_key.public_key()
        pem = public_pem(key).decode()
        ssh = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        bare = "".join(pem.splitlines()[1:-1])
        for text in (pem, ssh, bare, "\n".join(pem.splitlines()[1:-1]), '{"kty": "RSA", "n": "0vx7agoebGcQSuu"}'):
            assert "no secret" in refusal("HS256", text)

    def test_short_empty_and_endless_ones_are_refused(self) -> None:
        assert "openssl rand -hex 32" in refusal("HS256", "s" * 31)
        assert "empty" in refusal("", " \n")
        assert "too long" in refusal("", "s" * (MAX_KEY_LENGTH + 1))
        assert "RS256 or HS256" in refusal("ES256", "s" * 32)


class TestAnAccountsKeys:
    def test_those_that_are_active_and_not_retired_count(self, database: str) -> None:
        del database
        account, now = Account.objects.create(name="Acme"), timezone.now()
        for kid, active, retires_at in (
            ("new", True, None),
            ("old", True, now + timedelta(hours=1)),
            ("retired", True, now - timedelta(seconds=1)),
            ("off", False, None),
        ):
            SigningKey.objects.create(
                account=account, kid=kid, algorithm="HS256", key=kid * 16, active=active, retires_at=retires_at
            )
        assert {key.kid: key.key for key in keys_of(account)} == {"new": b"new" * 16, "old": b"old" * 16}

    @pytest.mark.django_db
    def test_the_operators_key_counts_for_the_default_account_only(self, settings: LazySettings) -> None:
        settings.CONFIG = Config(jwt_key="k" * 32)
        assert [key.key for key in keys_of(default_account())] == [b"k" * 32]
        assert keys_of(Account.objects.create(name="Acme")) == []

    @pytest.mark.django_db
    def test_a_key_is_checked_and_named_before_it_is_kept(self, rsa_key: rsa.RSAPrivateKey) -> None:
        account = Account.objects.create(name="Acme")
        key = SigningKey(account=account, key=public_pem(rsa_key.public_key()).decode())
        key.full_clean()
        assert (key.algorithm, len(key.kid)) == ("RS256", 43)
        named = SigningKey(account=account, key="s" * 32, kid="mine")
        named.full_clean()
        assert (named.algorithm, named.kid) == ("HS256", "mine")
        with pytest.raises(ValidationError, match="too short"):
            SigningKey(account=account, key="short").full_clean()
