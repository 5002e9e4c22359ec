"""An archive: a ZIP file (APPNOTE 6.3) with a manifest that names each of its entries with size and checksum.

It is written from front to back, so that it can go into a pipe, and the manifest comes last. Rows of the database are
compressed; files are stored as they are, since videos don't get smaller. What is read from an archive is bounded by
what its manifest says, and is nobody's until the checksum at its end was right.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
# A million entries, which no installation has that keeps them on one disk, are 150 MB.
MAX_MANIFEST: Final = 256 * 1024 * 1024
CHUNK: Final = 1024 * 1024
# The longest row is a delivery's body or a room's memory.
MAX_LINE: Final = 64 * 1024 * 1024
_PRIVATE_FILE: Final = (stat.S_IFREG | 0o600) << 16


class ArchiveError(Exception):
    """An archive can't be used; the message is a full sentence."""


class Entry(msgspec.Struct, frozen=True):
    """One thing in an archive: its size in bytes, and the SHA-256 of it in hexadecimal digits."""

    name: str
    size: int
    sha256: str


class Table(msgspec.Struct, frozen=True):
    """The rows of a model, `app.model`, in an entry of the same name below `database/`."""

    model: str
    rows: int


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What is in an archive, and of what. `recordings` are `included`, `leftOut` or, kept elsewhere, `inBucket`."""

    format: int
    version: str
    made_at: str
    database: str
    migrations: list[tuple[str, str]]
    tables: list[Table]
    recordings: str
    entries: list[Entry]


class Writer:
    """Writes an archive into a binary file that need not be seekable. After `finish` and `close` it is whole."""

    def __init__(self, file: IO[bytes], now: dt.datetime) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)
        self._date = now.timetuple()[:6]
        self.entries: list[Entry] = []

    @contextmanager
    def entry(self, name: str, *, compressed: bool = False) -> Iterator[EntryWriter]:
        """Write one entry."""
        with self._zip.open(self._info(name, compressed=compressed), "w", force_zip64=True) as file:
            writer = EntryWriter(file)
            yield writer
        self.entries.append(Entry(name, writer.size, writer.digest.hexdigest()))

    def add(self, name: str, path: Path) -> bool:
        """Add a file, as long as it is when it is opened; False if there is none any more."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return False
        with source, self.entry(name) as entry:
            left = path.stat().st_size
            while left > 0 and (chunk := source.read(min(CHUNK, left))):
                entry.write(chunk)
                left -= len(chunk)
        return True

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, without which it is no archive."""
        self._zip.writestr(self._info(MANIFEST, compressed=True), msgspec.json.format(msgspec.json.encode(manifest)))

    def close(self) -> None:
        """Write the directory of the ZIP file, whatever is in it. Idempotent. Raises `OSError`."""
        self._zip.close()

    def _info(self, name: str, *, compressed: bool) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._date)
        info.external_attr = _PRIVATE_FILE
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        return info


class EntryWriter:
    """One entry while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Add to it."""
        self._file.write(data)
        self.digest.update(data)
        self.size += len(data)


class Reader:
    """Reads an archive. Raises `ArchiveError` where it is no backup, damaged, or names what it must not."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            self.manifest = self._read_manifest()
        except FileNotFoundError as error:
            raise ArchiveError(f"There is no file {path}.") from error
        except OSError as error:
            raise ArchiveError(f"{path} can't be read ({error.strerror or error}).") from error
        except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, RuntimeError) as error:
            raise ArchiveError(f"{path} is no backup, or damaged ({error}).") from error
        self.entries = {entry.name: entry for entry in self.manifest.entries}
        self._check_names()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._zip.close()

    def chunks(self, name: str) -> Iterator[bytes]:
        """An entry, in parts. Raises `ArchiveError` where it is damaged, at its end at the latest."""
        entry = self.entries[name]
        digest, left = hashlib.sha256(), entry.size
        try:
            with self._zip.open(name) as file:
                while chunk := file.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    yield chunk
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
            raise ArchiveError(f"The archive is damaged: {name} can't be read ({error}).") from error
        if left != 0 or digest.hexdigest() != entry.sha256:
            raise ArchiveError(f"The archive is damaged: {name} is not what was saved.")

    def lines(self, name: str) -> Iterator[bytes]:
        """An entry's lines, without the line breaks."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > MAX_LINE:
                raise ArchiveError(f"The archive is damaged: a line of {name} is too long.")
        if rest:
            raise ArchiveError(f"The archive is damaged: {name} ends in the middle of a line.")

    def _read_manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(MANIFEST)
        except KeyError:
            raise ArchiveError(f"There is no {MANIFEST} in it: this is no backup, or a part of one.") from None
        if info.file_size > MAX_MANIFEST:
            raise ArchiveError(f"The archive is damaged: its {MANIFEST} is too long.")
        with self._zip.open(info) as file:
            text = file.read(MAX_MANIFEST)
        try:
            kind = msgspec.json.decode(text, type=_Kind)
            if kind.format > FORMAT:
                raise ArchiveError(f"The archive was made by a newer version, {kind.version}. Install that one first.")
            return msgspec.json.decode(text, type=Manifest)
        except msgspec.MsgspecError as error:
            raise ArchiveError(f"The archive is damaged: {MANIFEST} can't be understood ({error}).") from error

    def _check_names(self) -> None:
        """Raise unless the ZIP file has exactly what the manifest says, each with a name that leads nowhere else."""
        names = self._zip.namelist()
        for name in names:
            if not is_plain(name):
                raise ArchiveError(f"The archive is not to be trusted: it has an entry named {name!r}.")
        if len(names) != len(set(names)) or len(self.entries) != len(self.manifest.entries):
            raise ArchiveError("The archive is not to be trusted: it has two entries of one name.")
        if set(names) != {MANIFEST, *self.entries}:
            raise ArchiveError("The archive is damaged: it has not what its manifest says.")


class _Kind(msgspec.Struct):
    """The part of a manifest that each version can read."""

    format: int
    version: str = ""


def is_plain(name: str) -> bool:
    """Whether a name leads to a file below the folder that it is taken in."""
    parts = PurePosixPath(name).parts
    bad = {".", "..", "", "/"}
    return bool(parts) and "/".join(parts) == name and name.isprintable() and "\\" not in name and bad.isdisjoint(parts)


def total(entries: Iterable[Entry]) -> int:
    """How much they are together, in bytes."""
    return sum(entry.size for entry in entries)
