"""Scripts of shell for operators: what shellcheck says, and what they answer to what they don't understand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from meet.config import PROJECT

SCRIPTS: Final = ("deploy/install.sh", "deploy/meet-manage", "scripts/install-test-packages")
INSTALL: Final = str(PROJECT / "deploy" / "install.sh")
DOMAIN: Final = ("--domain", "localhost.localdomain")
EMAIL: Final = ("--email", "ops@example.org")


@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_finds_nothing(script: str) -> None:
    command = [str(Path(sys.executable).parent / "shellcheck"), str(PROJECT / script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--force",), "--force is not understood. See --help."),
        (("--domain",), "--domain needs a value. See --help."),
        (EMAIL, "--domain must be a host name"),
        (("--domain", "https://meet.example.org", *EMAIL), "--domain must be a host name"),
        (("--domain", "x.example;reboot", *EMAIL), "--domain must be a host name"),
        (DOMAIN, "--email must be an address"),
        ((*DOMAIN, *EMAIL, "--public-ip", "here"), "--public-ip must be an IP address"),
    ],
)
def test_what_the_script_does_not_understand_it_says_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = subprocess.run(["bash", INSTALL, "--dry-run", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("compiler", [True, False])
def test_the_packet_path_is_compiled_where_there_is_a_compiler(compiler: bool, tmp_path: Path) -> None:
    (headers := tmp_path / "include").mkdir()
    (headers / "Python.h").touch()
    for name in ("bash", "basename", "dirname", "cat", "sed", "grep", "openssl", "id"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    programs = {"apt-get": "", "getent": "", "python3": f"echo {headers}"} | ({"cc": ""} if compiler else {})
    for name, body in programs.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", INSTALL, "--dry-run", *DOMAIN, *EMAIL],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (f"+ make -C {PROJECT} compile" in done.stdout) == compiler
    assert ("apt-get install gcc python3-dev" in done.stdout) == (not compiler)


def test_a_package_that_the_system_does_not_have_is_named_and_the_others_are_installed(tmp_path: Path) -> None:
    log = tmp_path / "installed"
    for name, body in (
        ("id", "echo 0"),
        ("apt-cache", '[ "$2" != pebble ]'),
        ("apt-get", f'[[ " $* " != *" install "* ]] || echo "$*" > {log}'),
    ):
        program = tmp_path / name
        program.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    script = PROJECT / "scripts" / "install-test-packages"
    done = subprocess.run(
        ["/bin/bash", str(script)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "There is no package pebble here: the tests that need it are skipped.\n"
    installed = log.read_text(encoding="utf-8").split()
    assert {"chromium", "redis-server", "caddy", "certbot"} < set(installed)
    assert "pebble" not in installed
