"""Keys that verify tokens: a weak or impossible one is said in one line before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from meet.accounts.keys import load_key
from meet.config import PROJECT, Config, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


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


def test_a_secret_is_for_hs256() -> None:
    key = load_key("s" * 32)
    assert (key.algorithm, key.key) == ("HS256", b"s" * 32)
    assert load_key("ü" * 16).key == ("ü" * 16).encode()


@pytest.mark.parametrize("suffix", [".pem", ".pub"])
def test_a_public_key_in_a_file_is_for_rs256(tmp_path: Path, rsa_key: rsa.RSAPrivateKey, suffix: str) -> None:
    path = tmp_path / f"key{suffix}"
    path.write_bytes(public_pem(rsa_key.public_key()))
    key = load_key(str(path))
    assert (key.algorithm, key.key) == ("RS256", path.read_bytes())


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
    assert ended.stderr.startswith("meet: MEET_JWT_KEY is too short for HS256")
    assert ended.stderr.count("\n") == 1
