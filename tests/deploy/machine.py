"""A clean machine with systemd, in namespaces of its own: what is written there is gone afterwards.

Its files are this machine's, under an overlay in memory; its processes are started by a systemd of its own, as units
say; its only network is a cable. So packages are those that are installed here. What has no way to the internet there
has a stand-in in `/usr/local/sbin`:

| command | stand-in |
|---|---|
| `apt-get install` | looks whether packages are installed (of Node.js: the program), and starts services |
| `git clone … FOLDER` | copies the files of this checkout |
| `make … build` | puts this checkout's `.venv`, by the Python that runs the tests, and `static/dist` into `/opt/meet` |
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from meet.config import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.networks import Place

START_TIMEOUT_S: Final = 60
# Units of this machine that a newly rented one does not have.
NOT_THERE: Final = ("caddy", "coturn", "systemd-timesyncd")
DEVICES: Final = "null zero full random urandom tty"
APT: Final = """#!/bin/sh
set -eu
[ "$1" = install ] || exit 0
shift
for name in "$@"; do
  case $name in
    -*) ;;
    nodejs) command -v node > /dev/null ;;
    npm) command -v npm > /dev/null ;;
    *) dpkg-query --show --showformat='${Status}\\n' "$name" | grep -q "ok installed" ;;
  esac || { echo "$name is not installed on the machine that runs the tests" >&2; exit 1; }
  # Debian starts what it installs.
  case $name in nginx | postgresql | redis-server) systemctl --quiet enable --now "$name" 2> /dev/null ;; esac
done
"""
GIT: Final = """#!/bin/sh
set -eu
[ "$1" = clone ]
cp -r /mnt/checkout "$3"
chmod -R go=rX "$3"
"""
MAKE: Final = """#!/bin/sh
set -eu
if [ "$1" = -C ]; then
  cd "$2"
  shift 2
fi
[ "$1" != compile ] || exit 0
[ "$1" = build ]
mkdir -p .venv/bin static
printf 'home = /mnt/python/bin\\ninclude-system-site-packages = false\\n' > .venv/pyvenv.cfg
ln -sf /mnt/python/bin/python3 .venv/bin/python
ln -sfn /mnt/venv/lib .venv/lib
echo /mnt/python/lib > /etc/ld.so.conf.d/000-python.conf
ldconfig
[ -e static/dist ] || cp -r /mnt/dist static/dist
"""
# The first process of the machine: makes its file system and becomes systemd. Its folder is $1.
BOOT: Final = """
set -eu
umask 022
mount --make-rprivate /
mount -t tmpfs upper "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mountpoint -q sys/fs/cgroup || mount -t tmpfs cgroup sys/fs/cgroup
umount sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs dev dev
for name in @devices@; do touch "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mount -t tmpfs tmp tmp
rm -rf var/log/journal
mount -t tmpfs mnt mnt
mkdir mnt/old mnt/checkout mnt/venv mnt/dist mnt/python
mount --bind "$2" mnt/checkout
mount --bind "$3" mnt/venv
mount --bind "$4" mnt/dist
mount --bind "$5" mnt/python
: > etc/machine-id
for name in @not there@; do ln -sf /dev/null "etc/systemd/system/$name.service"; done
# What this machine may not give to others, whose limit of open files is its own.
for name in redis-server; do
  mkdir -p "etc/systemd/system/$name.service.d"
  printf '[Service]\nLimitNOFILE=%s\n' "$(ulimit -Hn)" > "etc/systemd/system/$name.service.d/limits.conf"
done
pivot_root . mnt/old
umount -l /mnt/old
export container=meet
exec /lib/systemd/systemd --unit=multi-user.target < /dev/null > /dev/null 2>&1
"""


class Machine:
    """`run` runs a script there, as root."""

    def __init__(self, place: Place, init: int) -> None:
        self.place = place
        self._enter = ["nsenter", f"--target={init}", "--mount", "--pid", "--ipc", "--uts", "--net", "--cgroup"]
        self._enter += ["--root", "--wd"]

    def run(self, script: str, *, timeout_s: float = 120) -> str:
        """What a script of bash says; it must not fail."""
        done = self.attempt(script, timeout_s=timeout_s)
        assert done.returncode == 0, f"{done.stdout}\n--- {done.returncode}\n{self.journal()}"
        return done.stdout

    def attempt(self, script: str, *, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a script of bash, whatever becomes of it."""
        kept = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        return subprocess.run(
            [*self._enter, "bash", "-eu", "-o", "pipefail", "-c", script],
            env=kept,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=timeout_s,
            umask=0o022,
        )

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file there."""
        subprocess.run(
            [*self._enter, "sh", "-c", f'mkdir -p "$(dirname {path})" && cat > {path} && chmod {mode:o} {path}'],
            input=text,
            text=True,
            check=True,
            umask=0o022,
        )

    def journal(self) -> str:
        """The last of what services have said."""
        return self.attempt("systemctl --failed --no-pager; journalctl --no-pager -n 120 -o cat").stdout


@contextlib.contextmanager
def clean_machine(place: Place, folder: Path) -> Iterator[Machine]:
    """One that has started, at a place; it ends with the block, with all that runs on it."""
    boot, root, checkout = folder / "boot.sh", folder / "machine", folder / "checkout"
    boot.write_text(BOOT.replace("@devices@", DEVICES).replace("@not there@", " ".join(NOT_THERE)))
    root.mkdir()
    _check_out(checkout)
    told = [
        str(root),
        str(checkout),
        str((PROJECT / ".venv").resolve()),
        str(PROJECT / "static" / "dist"),
        sys.base_prefix,
    ]
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", "--cgroup"]
    log = folder / "boot.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*place.command, "unshare", *namespaces, "bash", str(boot), *told], stdout=output, stderr=output
        )
    try:
        machine = _booted(place, process, log)
        for name, text in (("apt-get", APT), ("git", GIT), ("make", MAKE)):
            machine.write(f"/usr/local/sbin/{name}", text, 0o755)
        yield machine
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _booted(place: Place, process: subprocess.Popen[bytes], log: Path) -> Machine:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if not children or Path(f"/proc/{children[0]}/comm").read_text().strip() != "systemd":
            assert time.monotonic() < deadline, log.read_text()
            continue
        machine = Machine(place, int(children[0]))
        state = machine.attempt("systemctl is-system-running").stdout.strip()
        if state in {"running", "degraded"}:
            return machine
        assert time.monotonic() < deadline, f"{state}\n{machine.journal()}"


def _check_out(folder: Path) -> None:
    """The files of this checkout as they are now, with those that git has not been told of."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = PROJECT / name, folder / name
        if source.is_symlink() or not source.is_file():  # what a worktree borrows from another one
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def possible() -> bool:
    """Whether there are the programs and the rights for it."""
    programs = ("unshare", "nsenter", "pivot_root", "ip", "git")
    return os.geteuid() == 0 and Path("/lib/systemd/systemd").exists() and all(map(shutil.which, programs))
