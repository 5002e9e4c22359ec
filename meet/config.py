"""Every setting that an operator can make: one list with name, default and meaning.

`Config.from_environment` reads `MEET_…` variables; the table in `docs/operator.md` is made from the same list.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from meet.private_files import make_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

PROJECT: Final = Path(__file__).resolve().parent.parent
BANDWIDTH_FEEDBACK: Final = ("transport-cc", "remb", "none")
VIDEO_CODECS: Final = ("VP8", "H264", "VP9", "AV1")
MIN_SECRET_LENGTH: Final = 32
# A video of one small camera needs half of it.
MIN_COMPOSER_MEMORY_MB: Final = 512
LOOPBACK_NETWORKS: Final = ("127.0.0.0/8", "::1")


class ConfigError(Exception):
    """A setting that cannot work; the message is one line that says what to change."""


def _setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    """A field; a secret one is left out of what `repr` and so a log shows."""
    return field(default=default, metadata={"help": help_text}, repr=not secret)


@dataclass(frozen=True)
class Config:
    """All settings. The environment variable of `data_dir` is `MEET_DATA_DIR`, and so on."""

    env: str = _setting("development", "`development` or `production`; production insists on a secret key and hosts.")
    secret_key: str = _setting(
        "", "Signs sessions and tickets. Made and kept in the data folder in development.", secret=True
    )
    old_secret_keys: str = _setting(
        "",
        "Comma-separated keys whose signatures and secrets count beside those of `MEET_SECRET_KEY`, while it is "
        "changed for another one.",
        secret=True,
    )
    data_dir: str = _setting("var", "Folder for the database, the generated key, certificates and recordings.")
    database_url: str = _setting(
        "", "`postgresql://user:password@host/name`; SQLite in the data folder when empty.", secret=True
    )
    database_connect_s: int = _setting(
        5, "A connection to PostgreSQL that isn't made within so many seconds, 2 at least, has failed."
    )
    database_silence_s: int = _setting(
        10,
        "One on which nothing has come back for so many seconds, 4 at least, is lost: its packets vanish. PostgreSQL "
        "may work for longer on an answer, as long as its machine is there.",
    )
    database_statement_s: int = _setting(
        60,
        "What web or a node asks of PostgreSQL for longer than so many seconds is given up; 0 for never, and where "
        "PgBouncer is between, which does not take it: set it for the role there.",
    )
    redis_url: str = _setting(
        "",
        "Celery's broker, `redis://host:6379/0`; when empty, workers look into the database every second.",
        secret=True,
    )
    allowed_hosts: str = _setting(
        "", "Comma-separated host names of the default account (production); other accounts have domains."
    )
    allowed_origins: str = _setting(
        "", "Comma-separated origins beside our own host that may open a signalling connection; `*` for all."
    )
    behind_proxy: bool = _setting(
        False,  # noqa: FBT003 - a default value
        "A reverse proxy sets `X-Forwarded-For` and `X-Forwarded-Proto`; from anybody else they are ignored.",
    )
    trusted_proxies: str = _setting(
        "",
        "Comma-separated addresses or networks of your reverse proxies such as `10.0.0.2`; this machine's when empty.",
    )
    host: str = _setting(
        "0.0.0.0",  # noqa: S104 - a server's default
        "Address that web and node listen on. Behind a proxy on this machine it is `127.0.0.1` when empty, so that "
        "nobody gets past the proxy.",
    )
    port: int = _setting(8000, "TCP port of the pages.")
    vite_port: int = _setting(
        0, "Port of Vite's development server, from which pages take the client (`make dev`); 0 for the built client."
    )
    node_name: str = _setting("serv0", "Name of this node: `serv` and a number. Room ids may begin with it.")
    default_node: str = _setting(
        "serv0",
        "Node of rooms whose ids begin with no node's name, as long as it runs; `least` for the least loaded one. An "
        "account may choose otherwise.",
    )
    nodes: int = _setting(
        0,
        "How many nodes `serve` starts. 0 for one for each processor but one; for one node where a reverse proxy of "
        "your own is in front, which must know each of them.",
    )
    node_port: int = _setting(8001, "TCP port of the node's signalling.")
    node_url: str = _setting("", "Public WebSocket address of the node behind a proxy, `wss://host/ws/serv0/`.")
    node_country: str = _setting("", "Where this node is, for people: `Luxembourg`. In the list of servers.")
    node_description: str = _setting("", "What else the list of servers says of this node.")
    control_host: str = _setting(
        "127.0.0.1",
        "Address of the node's control API, through which web sees and acts in live rooms: "
        "loopback, or one in a private network.",
    )
    control_port: int = _setting(8002, "TCP port of the node's control API. Nobody but web needs to reach it.")
    control_url: str = _setting(
        "", "Where web reaches the node's control API, `http://10.0.0.5:8002`; from the two above when empty."
    )
    control_certificate: str = _setting(
        "",
        "PEM file with the key and the certificate of the node's control API, for the address by which it is reached: "
        "it is https then. For networks that are not yours alone.",
    )
    control_authority: str = _setting(
        "",
        "PEM file of the authority that the nodes' certificates are from, for web and for nodes; those that the system "
        "knows when empty.",
    )
    receivers_per_node: int = _setting(
        1000,
        "People who receive from a node; those who come later into its rooms receive from another one, where there is "
        "one. 0 for no such thing: each room is on one node whole.",
    )
    spread_above_load: int = _setting(
        70, "As `MEET_RECEIVERS_PER_NODE`, in percent of a processor that the node's event loop uses."
    )
    pipe_ip: str = _setting(
        "",
        "Address on which a node exchanges media of large rooms with other nodes (UDP, any port): loopback, or one in "
        "a private network; that of `MEET_CONTROL_HOST` when empty.",
    )
    media_port: int = _setting(40000, "UDP port of all media.")
    media_tcp_port: str = _setting(
        "",
        "TCP port of media, for networks that let no UDP through; the number of `MEET_MEDIA_PORT` when empty, 0 for no "
        "media by TCP.",
    )
    media_tcp_connections: int = _setting(
        4000,
        "TCP connections for media that a node takes at once, two for each participant whose network needs them; one "
        "address (of IPv6: a /64 network) may have twice `MEET_SOCKETS_PER_ADDRESS`. "
        "Fewer where the limit of open files leaves less room beside "
        "`MEET_MAX_CONNECTIONS`; 0 for as many as it leaves room for.",
    )
    media_ip: str = _setting(
        "",
        "Comma-separated addresses to bind for media, IPv4 and IPv6. When empty: of each, the address that packets to "
        "the outside leave from, without a way there those of all interfaces, and in development loopback.",
    )
    max_send_kbps: int = _setting(
        8000,
        "Kilobits a second that each participant may send, video and sound together, up to 65535; more is dropped. "
        "0 for any number.",
    )
    all_microphones_up_to: int = _setting(
        5,
        "In a room with more open microphones, those heard are the three loudest and up to three who have just spoken; "
        "recordings and the sound of a shared screen have all of it. 0 for always all microphones.",
    )
    bandwidth_feedback: str = _setting(
        "transport-cc",
        "How receivers tell what their network carries: `transport-cc` (precise; REMB where a client has nothing "
        "else), `remb` (by their own estimate), or `none` (they get what they ask for, whatever it carries).",
    )
    precise_up_to: int = _setting(
        0,
        "Of one room so many receivers of video at most report by `transport-cc` at a time, those who come later by "
        "`remb`, which costs the node less. 0 for any number.",
    )
    data_channels: bool = _setting(
        False,  # noqa: FBT003 - a default value
        "Let clients of your own open data channels between participants. Our pages use none.",
    )
    data_messages_per_second: int = _setting(
        50, "Messages a second that each participant may send on data channels; who sends more loses them all."
    )
    data_kbps: int = _setting(1000, "Kilobits a second that each participant may send on data channels.")
    public_ip: str = _setting(
        "",
        "Comma-separated addresses or host names to announce for media where the machine is behind NAT; "
        "`203.0.113.7/10.0.0.5` for the one of a certain bound address.",
    )
    turn_urls: str = _setting(
        "",
        "Comma-separated addresses of TURN servers, for networks that let nothing else through: "
        "`turn:turn.example.org:3478?transport=udp,turns:turn.example.org:443?transport=tcp`.",
    )
    turn_secret: str = _setting(
        "", "What the TURN servers have as `static-auth-secret`; browsers get credentials that expire.", secret=True
    )
    turn_hours: int = _setting(24, "For so many hours these credentials let somebody begin to use a TURN server.")
    tls: bool = _setting(
        False,  # noqa: FBT003 - a default value
        "Serve https with a self-signed certificate from the data folder.",
    )
    domain: str = _setting(
        "",
        "Comma-separated host names that `serve` gets certificates for and answers by https, without a reverse proxy "
        "of your own: as `serve --domain`.",
    )
    http_port: int = _setting(
        80, "TCP port of http with `MEET_DOMAIN`: leads to https, and shows the authority whose the name is."
    )
    https_port: int = _setting(
        443, "TCP port of https with `MEET_DOMAIN`. Where it is another, something maps port 443 to it."
    )
    acme_url: str = _setting(
        "", "Directory of the authority that certificates come from, `https://…`; Let's Encrypt's when empty."
    )
    acme_email: str = _setting("", "An address that the authority may write to.")
    acme_roots: str = _setting(
        "", "PEM file with the roots that the authority itself is trusted by, where it is your own."
    )
    jwt_key: str = _setting(
        "",
        "Verifies tokens in the default account, beside its signing keys: a secret of 32 characters or more (HS256), "
        "or the path of an RSA public key (RS256), a PEM file whose name ends with `.pem` or `.pub`.",
        secret=True,
    )
    outgoing_networks: str = _setting(
        "",
        "Comma-separated networks of your own, such as `10.1.0.0/16`, that access checks and webhooks may be in. "
        "Without them only public addresses are sent to.",
    )
    api_requests_per_second: int = _setting(
        4, "Requests a second that each account may make to the Server API; 0 for any number."
    )
    sockets_per_address: int = _setting(
        1000,
        "Signalling connections that one address (of IPv6: a /64 network) may have open to a node, each for one "
        "participant; 0 for any number.",
    )
    joins_per_minute: int = _setting(
        1200,
        "How often a minute (or, after a pause, at once) people from one address may open a room's page, and as often "
        "join; who has a token is counted apart. An account's people have ten times as much. 0 for any number.",
    )
    checks_at_once: int = _setting(
        4,
        "How many people may check their connection (`/check`) on a node at the same time, each with 2.5 Mbit/s each "
        "way for seconds; 0 turns it off.",
    )
    checks_per_address: int = _setting(
        20, "How many such checks one address may make in ten minutes on a node; 0 turns it off."
    )
    people_per_account: int = _setting(
        5000,
        "How many people an account may have on one node, in rooms and in waiting rooms; a fifth is kept for those who "
        "have a token. 0 for any number.",
    )
    full_percent: int = _setting(
        90,
        "From so many percent of its processor on, with a loop that is late, a node takes nobody new; some percent "
        "before that nobody new may send there, and before that the largest rooms do without the best layer of "
        "cameras. The same follows where media is 50, 35 or 20 ms late on average, from half of that on. Where it is "
        "70 ms late on a full node, the largest rooms keep the cameras of those who spoke last, and none from 100 ms "
        "on. Who is in, or comes back, stays. 0 for no limit.",
    )
    email_url: str = _setting(
        "",
        "The server that takes e-mail, `smtp://user:password@mail.example.org:587` or `smtps://…`: people who have "
        "forgotten their password get a link then.",
        secret=True,
    )
    email_from: str = _setting("", "The sender of e-mail, `meet@example.org`.")
    log_format: str = _setting(
        "text", "`text`, or `json`: each line of the log is a JSON object, with ids of account, room and request."
    )
    metrics_port: int = _setting(
        0,
        "TCP port of `/metrics`, `/healthz` and `/readyz` of web; the node has the next one, then the worker, then the "
        "composer. 0 for none.",
    )
    metrics_host: str = _setting(
        "127.0.0.1", "Address that they listen on: loopback, or one in a network that only your machines are in."
    )
    otlp_endpoint: str = _setting(
        "",
        "Where traces go by OTLP over HTTP, `http://127.0.0.1:4318`; needs the extra `otel`. None are made when empty.",
    )
    otlp_headers: str = _setting(
        "", "Comma-separated headers for it, `authorization=Bearer …`, where it wants any.", secret=True
    )
    trace_percent: int = _setting(100, "So many of a hundred page loads and API requests are traced.")
    sentry_dsn: str = _setting(
        "",
        "Where errors are reported to (Sentry, GlitchTip); needs the extra `sentry`. None are when empty.",
        secret=True,
    )
    statistics_days: int = _setting(
        400, "For so many days sessions are kept (who was in which room, and when); 0 for ever."
    )
    delivery_days: int = _setting(
        30, "For so many days deliveries of webhooks are kept once they have come to an end; 0 for ever."
    )
    incident_days: int = _setting(
        365, "For so many days incidents are kept after they happened for the last time; 0 for ever."
    )
    audit_days: int = _setting(
        365,
        "For so many days the audit trail keeps logins and changes, and the admin what was done with each object; "
        "0 for ever.",
    )
    sample_days: int = _setting(
        30,
        "For so many days samples of connections are kept, which show how good each meeting was; 0 to make none.",
    )
    max_body_mb: int = _setting(
        3, "Most megabytes of a request's body that web takes. A node takes none: its clients speak on WebSockets."
    )
    max_connections: int = _setting(
        2500,
        "Most connections at once of web, and of a node: 2,000 viewers and some who come back. Needs a limit of open "
        "files (`ulimit -n`) that is higher by 256.",
    )
    requests_at_once: int = _setting(
        40,
        "So many requests does web answer at a time, each with a connection to the database; the others wait in line. "
        "At most an eighth of them wait for servers of one account (access checks, tests of webhooks), half for those "
        "of all. "
        "All processes together need fewer connections than PostgreSQL allows (`max_connections`, 100 as a rule).",
    )
    session_idle_hours: int = _setting(12, "Who has not used the admin for so many hours logs in again.")
    session_hours: int = _setting(168, "After so many hours everybody logs in again.")
    superusers_second_factor: bool = _setting(
        False,  # noqa: FBT003 - a default value
        "Superusers log in with a second step: a code of an app, or a passkey.",
    )
    hsts_days: int = _setting(
        365, "For so many days browsers use https only, once they have been here by https (production); 0 for never."
    )
    hsts_subdomains: bool = _setting(
        False,  # noqa: FBT003 - a default value
        "Browsers use https only for all hosts below ours, too (`includeSubDomains`).",
    )
    video_codecs: str = _setting("VP8,H264,VP9,AV1", "Video codecs in the order in which rooms prefer them.")
    recording_min_free_mb: int = _setting(
        512,
        "Free space of the data folder's disk, in MiB, below which recordings end and meetings go on; "
        "below twice as much no videos are made.",
    )
    recording_max_megapixels: int = _setting(
        9, "Pictures of more than so many million pixels are left out of videos; 9 is enough for 4K."
    )
    composer_nodes: str = _setting(
        "",
        "Comma-separated names of the nodes whose recordings the composer makes videos of; they write into the same "
        "data folder. `MEET_NODE_NAME` when empty.",
    )
    composer_memory_mb: int = _setting(4096, "Memory, in MiB, that making one video may take; 0 for any.")
    composer_max_times: int = _setting(
        8, "A video is given up when making it takes more than so many times its length, and five minutes."
    )
    s3_bucket: str = _setting(
        "", "Bucket of an S3-compatible service that videos are kept in; the data folder when empty."
    )
    s3_endpoint: str = _setting("", "Its address, `https://s3.example.org`; Amazon's when empty.")
    s3_region: str = _setting("", "Its region, such as `eu-central-1`.")
    s3_access_key: str = _setting(
        "", "Who we are there; where both keys are empty, what the machine or the usual `AWS_…` variables say."
    )
    s3_secret_key: str = _setting("", "The secret that belongs to it.", secret=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Config:
        """Read all settings. Raises `ConfigError` for a value of the wrong kind; all else is for `meet.conf.rules`."""
        values: dict[str, Any] = {}
        for setting in fields(cls):
            text = environment.get(f"MEET_{setting.name.upper()}")
            if text is not None and text.strip():
                values[setting.name] = _parse(setting.name, setting.default, text)
        config = cls(**values)
        if config.behind_proxy and not config.trusted_proxies and "host" not in values:
            config = replace(config, host="127.0.0.1")
        return config

    @property
    def secrets(self) -> tuple[str, ...]:
        """The values of settings that nobody may see, as they are set."""
        values = (getattr(self, setting.name) for setting in fields(self) if not setting.repr)
        return tuple(value for value in values if value)

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.env == "production"

    @property
    def old_keys(self) -> list[str]:
        """The old secret keys, one by one."""
        return list(split_list(self.old_secret_keys))

    @property
    def data_path(self) -> Path:
        """The data folder, absolute."""
        return (PROJECT / self.data_dir).resolve()

    @property
    def origins(self) -> tuple[str, ...]:
        """The allowed origins, one by one, as browsers spell them."""
        return tuple(origin.rstrip("/").lower() for origin in split_list(self.allowed_origins))

    @property
    def hosts(self) -> list[str]:
        """The allowed hosts, one by one; any in development."""
        return list(split_list(self.allowed_hosts)) or ["*"]

    @property
    def control_address(self) -> str:
        """Where web reaches this node's control API."""
        host = f"[{self.control_host}]" if ":" in self.control_host else self.control_host
        scheme = "https" if self.control_certificate else "http"
        return self.control_url or f"{scheme}://{host}:{self.control_port}"

    @property
    def media_tcp(self) -> int | None:
        """The TCP port of media; None for none. Raises `ConfigError` for what is no port."""
        if not self.media_tcp_port.strip():
            return self.media_port
        port: int = _parse("media_tcp_port", 0, self.media_tcp_port)
        return port or None

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of reverse proxies that may say where a request comes from; none where there is no proxy."""
        if not self.behind_proxy:
            return ()
        return tuple(ip_network(network) for network in split_list(self.trusted_proxies) or LOOPBACK_NETWORKS)

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that requests may go to beside public addresses, one by one."""
        return tuple(ip_network(network) for network in split_list(self.outgoing_networks))

    @property
    def domains(self) -> tuple[str, ...]:
        """The names that `serve` gets certificates for, one by one."""
        return tuple(name.lower() for name in split_list(self.domain))

    @property
    def turn_server_urls(self) -> tuple[str, ...]:
        """The TURN servers' addresses, one by one."""
        return split_list(self.turn_urls)

    @property
    def composed_nodes(self) -> tuple[str, ...]:
        """The nodes whose recordings the composer makes videos of, one by one."""
        return split_list(self.composer_nodes) or (self.node_name,)

    @property
    def codecs(self) -> tuple[str, ...]:
        """The video codecs, one by one."""
        return tuple(codec.upper() for codec in split_list(self.video_codecs))

    def ensure_data_path(self) -> Path:
        """Make the data folder, for its owner only. Raises `ConfigError` if it cannot be written to."""
        path = self.data_path
        try:
            make_private(path)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            message = f"The data folder {path} cannot be written to ({error.strerror}); MEET_DATA_DIR names it."
            raise ConfigError(message) from error
        return path

    def effective_secret_key(self) -> str:
        """The secret key; in development one is made once and kept in the data folder, readable by its owner."""
        if self.secret_key:
            return self.secret_key
        path = self.ensure_data_path() / "secret_key"
        try:
            if not path.exists():
                _write_once(path, secrets.token_urlsafe(48))
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"The secret key {path} cannot be read or made ({error})."
            raise ConfigError(message) from error
        if len(key) < MIN_SECRET_LENGTH:
            message = f"The secret key {path} is too short."
            raise ConfigError(message)
        return key


def _write_once(path: Path, text: str) -> None:
    """A file for its owner only, complete from the moment that others see it; the first of several writers wins."""
    descriptor, draft = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def is_network(text: str) -> bool:
    """Whether it is an address or a network, without bits beyond its mask."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def split_url(text: str) -> SplitResult | None:
    """The parts of a URL; None where Python finds none, or a port that is no number."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a list that is separated by commas, without blanks."""
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
            message = f"MEET_{name.upper()} must be a number from 0 to 65535, not {text!r}."
            raise ConfigError(message)
        return number
    return text
