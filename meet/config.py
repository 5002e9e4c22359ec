"""Every setting that an operator can make: one list with name, default and meaning.

`Config.from_environment` reads `MEET_…` variables; the table in `docs/operator.md` is made from the same list.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT: Final = Path(__file__).resolve().parent.parent


class ConfigError(Exception):
    """A setting that cannot work; the message is one line that says what to change."""


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Config:
    """All settings. The environment variable of `data_dir` is `MEET_DATA_DIR`, and so on."""

    env: str = _setting("development", "`development` or `production`; production insists on a secret key and hosts.")
    secret_key: str = _setting("", "Signs sessions and tickets. Made and kept in the data folder in development.")
    data_dir: str = _setting("var", "Folder for the database, the generated key, certificates and queues.")
    database_url: str = _setting("", "`postgresql://user:password@host/name`; SQLite in the data folder when empty.")
    redis_url: str = _setting("", "Celery's broker, `redis://host:6379/0`; a queue in the data folder when empty.")
    allowed_hosts: str = _setting("", "Comma-separated host names that the pages are served under (production).")
    allowed_origins: str = _setting(
        "", "Comma-separated origins beside our own host that may open a signalling connection; `*` for all."
    )
    host: str = _setting("0.0.0.0", "Address that web and node listen on.")  # noqa: S104 - a server's default
    port: int = _setting(8000, "TCP port of the pages.")
    node_name: str = _setting("serv0", "Name of this node: `serv` and a number. Room ids may begin with it.")
    node_port: int = _setting(8001, "TCP port of the node's signalling.")
    node_url: str = _setting("", "Public WebSocket address of the node behind a proxy, `wss://host/ws/serv0/`.")
    media_port: int = _setting(40000, "UDP port of all media.")
    media_ip: str = _setting("", "Address to bind for media; loopback and the network's address when empty.")
    public_ip: str = _setting("", "Address to announce for media when the machine is behind NAT.")
    tls: bool = _setting(False, "Serve https with a self-signed certificate from the data folder.")  # noqa: FBT003
    video_codecs: str = _setting("VP8,H264,VP9,AV1", "Video codecs in the order in which rooms prefer them.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Read and check all settings. Raises `ConfigError`."""
        values: dict[str, Any] = {}
        for setting in fields(cls):
            text = environment.get(f"MEET_{setting.name.upper()}")
            if text is not None:
                values[setting.name] = _parse(setting.name, setting.default, text)
        config = cls(**values)
        if config.env not in {"development", "production"}:
            message = f"MEET_ENV must be development or production, not {config.env!r}."
            raise ConfigError(message)
        if config.production and not config.secret_key:
            message = "MEET_SECRET_KEY must be set in production: 50 random characters that nobody knows."
            raise ConfigError(message)
        if config.production and not config.allowed_hosts:
            message = "MEET_ALLOWED_HOSTS must name the hosts that the pages are served under in production."
            raise ConfigError(message)
        return config

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.env == "production"

    @property
    def data_path(self) -> Path:
        """The data folder, absolute."""
        return (PROJECT / self.data_dir).resolve()

    @property
    def origins(self) -> tuple[str, ...]:
        """The allowed origins, one by one."""
        return _split(self.allowed_origins)

    @property
    def hosts(self) -> list[str]:
        """The allowed hosts, one by one; any in development."""
        return list(_split(self.allowed_hosts)) or ["*"]

    @property
    def codecs(self) -> tuple[str, ...]:
        """The video codecs, one by one."""
        return _split(self.video_codecs)

    def ensure_data_path(self) -> Path:
        """Make the data folder. Raises `ConfigError` if it cannot be written to."""
        path = self.data_path
        try:
            path.mkdir(parents=True, exist_ok=True)
            probe = path / f".write-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            message = f"The data folder {path} cannot be written to ({error.strerror}). Set MEET_DATA_DIR."
            raise ConfigError(message) from error
        return path

    def effective_secret_key(self) -> str:
        """The secret key; in development one is made once and kept in the data folder, readable by its owner."""
        if self.secret_key:
            return self.secret_key
        path = self.ensure_data_path() / "secret_key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            key = secrets.token_urlsafe(48)
            file.write(key)
        return key


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _parse(name: str, default: Any, text: str) -> Any:
    if isinstance(default, bool):
        lowered = text.strip().lower()
        if lowered not in {"true", "false", "1", "0", "yes", "no", ""}:
            message = f"MEET_{name.upper()} must be true or false, not {text!r}."
            raise ConfigError(message)
        return lowered in {"true", "1", "yes"}
    if isinstance(default, int):
        try:
            number = int(text)
        except ValueError:
            number = -1
        if not 0 <= number <= 65535:
            message = f"MEET_{name.upper()} must be a port number from 0 to 65535, not {text!r}."
            raise ConfigError(message)
        return number
    return text
