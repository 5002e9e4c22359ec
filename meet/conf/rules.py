"""What must hold of an operator's settings: one list, for Django's system checks, for the start and for the docs.

Rules that are `fatal` end a process at once, in a line: without what they ask for there are no settings to start with.
All others are system checks (`meet.checks`), which run before each command and show all that is wrong together.
`docs/operator.md` has a table of this list, and a test compares.
"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from media.pipe.addresses import is_private
from meet.accounts.keys import load_key
from meet.conf.database import LEAST_CONNECT_S, LEAST_SILENCE_S, database_settings
from meet.conf.rule import Rule, raised, unless, unlisted, unreadable
from meet.config import (
    BANDWIDTH_FEEDBACK,
    MIN_COMPOSER_MEMORY_MB,
    MIN_SECRET_LENGTH,
    VIDEO_CODECS,
    Config,
    ConfigError,
    is_network,
    split_list,
    split_url,
)
from meet.email import check_email_url
from meet.run.local_nodes import MOST as MOST_NODES
from meet.run.logs import LOG_FORMATS
from rooms.control.encryption import asking, serving
from rooms.turn import problem_of

# A host name with a dot in it (RFC 952, RFC 1123 section 2.1), whose last label is no number.
_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)(?:(?!-)[A-Za-z0-9-]{1,63}(?<!-)\.)+(?=[A-Za-z])[A-Za-z0-9-]{2,63}(?<!-)")
_NODE_NAME: Final = re.compile(r"serv\d{1,4}")


def _bad_turn_url(config: Config) -> str | None:
    problem = next(filter(None, map(problem_of, config.turn_server_urls)), None)
    return problem and f"MEET_TURN_URLS: {problem}"


def _read_email_url(config: Config) -> None:
    if config.email_url:
        check_email_url(config.email_url)


def _is_url(text: str, *schemes: str) -> bool:
    parts = split_url(text)
    return parts is not None and parts.scheme in schemes and bool(parts.hostname)


def _is_origin(text: str) -> bool:
    return text == "*" or (_is_url(text, "http", "https") and text.count("/") == 2)


def _is_mail_address(text: str) -> bool:
    local, _, host = text.rpartition("@")
    return bool(local) and bool(host) and text.isprintable() and not any(map(str.isspace, text))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _media_tcp_meets(config: Config) -> str | None:
    others = {"MEET_PORT": config.port, "MEET_NODE_PORT": config.node_port, "MEET_CONTROL_PORT": config.control_port}
    with suppress(ConfigError):  # another rule's
        for name, port in others.items():
            if port == config.media_tcp:
                return f"MEET_MEDIA_TCP_PORT is {port}, as {name}."
    return None


def _are_codecs(config: Config) -> bool:
    codecs = config.codecs
    return bool(codecs) and set(codecs) <= set(VIDEO_CODECS) and len(set(codecs)) == len(codecs)


# What can be said of the settings by themselves.
RULES: Final = (
    Rule(
        "meet.E001",
        ("env",),
        "Set it to development or production.",
        unless(lambda config: config.env in {"development", "production"}, "MEET_ENV is {config.env!r}."),
        fatal=True,
    ),
    Rule(
        "meet.E002",
        ("secret_key",),
        "Set it to 50 random characters that nobody knows: openssl rand -hex 32",
        unless(
            lambda config: not config.production or bool(config.secret_key),
            "MEET_SECRET_KEY is not set, and production needs it.",
        ),
        fatal=True,
    ),
    Rule(
        "meet.E003",
        ("secret_key",),
        f"It must have at least {MIN_SECRET_LENGTH} characters in production. Make one: openssl rand -hex 32",
        unless(
            lambda config: not config.production or len(config.secret_key) >= MIN_SECRET_LENGTH,
            "MEET_SECRET_KEY is too short.",
        ),
        fatal=True,
    ),
    Rule(
        "meet.E040",
        ("old_secret_keys",),
        f"Separate them by commas; each must have at least {MIN_SECRET_LENGTH} characters.",
        unless(
            lambda config: all(len(key) >= MIN_SECRET_LENGTH for key in config.old_keys),
            "MEET_OLD_SECRET_KEYS has a key that is too short.",
        ),
        fatal=True,
    ),
    Rule(
        "meet.E004",
        ("database_url",),
        "Correct it, or leave it empty for SQLite in the data folder.",
        raised(lambda config: database_settings(config.database_url, Path())),
        fatal=True,
    ),
    Rule(
        "meet.E096",
        ("database_connect_s", "database_silence_s", "database_statement_s"),
        f"Set MEET_DATABASE_CONNECT_S to {LEAST_CONNECT_S} or more, MEET_DATABASE_SILENCE_S to {LEAST_SILENCE_S} or "
        "more, and MEET_DATABASE_STATEMENT_S to 0 or more.",
        unless(
            lambda config: (
                config.database_connect_s >= LEAST_CONNECT_S
                and config.database_silence_s >= LEAST_SILENCE_S
                and config.database_statement_s >= 0
            ),
            "MEET_DATABASE_CONNECT_S, MEET_DATABASE_SILENCE_S or MEET_DATABASE_STATEMENT_S is too small.",
        ),
        fatal=True,
    ),
    Rule(
        "meet.E005",
        ("email_url",),
        "Correct it, or leave it empty: no e-mail is sent then.",
        raised(_read_email_url),
        fatal=True,
    ),
    Rule(
        "meet.E006",
        ("allowed_hosts",),
        "Name the hosts that the pages are served under, separated by commas.",
        unless(
            lambda config: not config.production or bool(split_list(config.allowed_hosts)),
            "MEET_ALLOWED_HOSTS is not set, and production needs it.",
        ),
    ),
    Rule(
        "meet.E007",
        ("node_name",),
        "Set it to serv and a number, such as serv0.",
        unless(lambda config: bool(_NODE_NAME.fullmatch(config.node_name)), "MEET_NODE_NAME is {config.node_name!r}."),
    ),
    Rule(
        "meet.E008",
        ("default_node",),
        "Set it to serv and a number, such as serv0, or to least.",
        unless(
            lambda config: config.default_node == "least" or bool(_NODE_NAME.fullmatch(config.default_node)),
            "MEET_DEFAULT_NODE is {config.default_node!r}.",
        ),
    ),
    Rule(
        "meet.E094",
        ("nodes",),
        f"Set it to {MOST_NODES} at most, or to 0 for one for each processor but one.",
        unless(lambda config: config.nodes <= MOST_NODES, "MEET_NODES is {config.nodes}."),
    ),
    Rule(
        "meet.E095",
        ("composer_nodes",),
        "List names of nodes such as serv0,serv1, or leave it empty.",
        unless(
            lambda config: all(_NODE_NAME.fullmatch(name) for name in split_list(config.composer_nodes)),
            "MEET_COMPOSER_NODES is {config.composer_nodes!r}.",
        ),
    ),
    Rule(
        "meet.E098",
        ("spread_above_load",),
        "Set it to a number from 1 to 100.",
        unless(
            lambda config: 1 <= config.spread_above_load <= 100,
            "MEET_SPREAD_ABOVE_LOAD is {config.spread_above_load}.",
        ),
    ),
    Rule(
        "meet.E097",
        ("pipe_ip",),
        "Set it to an address of loopback or of a private network such as 10.0.0.5, or leave it empty.",
        unless(lambda config: not config.pipe_ip or is_private(config.pipe_ip), "MEET_PIPE_IP is {config.pipe_ip!r}."),
    ),
    Rule(
        "meet.E009",
        ("video_codecs",),
        f"List some of {', '.join(VIDEO_CODECS)}, each once.",
        unless(_are_codecs, "MEET_VIDEO_CODECS is {config.video_codecs!r}."),
    ),
    Rule(
        "meet.E029",
        ("bandwidth_feedback",),
        f"Set it to one of {', '.join(BANDWIDTH_FEEDBACK)}.",
        unless(
            lambda config: config.bandwidth_feedback in BANDWIDTH_FEEDBACK,
            "MEET_BANDWIDTH_FEEDBACK is {config.bandwidth_feedback!r}.",
        ),
    ),
    Rule(
        "meet.E010",
        ("recording_max_megapixels",),
        "Set it to 1 or more: with 0 no video could be made.",
        unless(lambda config: config.recording_max_megapixels >= 1, "MEET_RECORDING_MAX_MEGAPIXELS is 0."),
    ),
    Rule(
        "meet.E011",
        ("composer_max_times",),
        "Set it to 1 or more: with 0 no video could be made.",
        unless(lambda config: config.composer_max_times >= 1, "MEET_COMPOSER_MAX_TIMES is 0."),
    ),
    Rule(
        "meet.E012",
        ("composer_memory_mb",),
        f"Set it to {MIN_COMPOSER_MEMORY_MB} or more, or to 0 for any.",
        unless(
            lambda config: not 0 < config.composer_memory_mb < MIN_COMPOSER_MEMORY_MB,
            "MEET_COMPOSER_MEMORY_MB is {config.composer_memory_mb}.",
        ),
    ),
    Rule(
        "meet.E013",
        ("trusted_proxies",),
        "List addresses or networks such as 10.0.0.2.",
        unlisted("TRUSTED_PROXIES", lambda config: split_list(config.trusted_proxies), is_network),
    ),
    Rule(
        "meet.E014",
        ("trusted_proxies", "behind_proxy"),
        "Set both, or none.",
        unless(
            lambda config: config.behind_proxy or not config.trusted_proxies,
            "MEET_TRUSTED_PROXIES counts only with MEET_BEHIND_PROXY=true.",
        ),
    ),
    Rule(
        "meet.E015",
        ("trusted_proxies", "host"),
        "List your reverse proxy in MEET_TRUSTED_PROXIES, or let MEET_HOST be this machine's loopback.",
        unless(
            lambda config: not config.behind_proxy or bool(config.trusted_proxies) or _is_loopback(config.host),
            "MEET_TRUSTED_PROXIES is empty and MEET_HOST is {config.host}: who reaches the port "
            "without your proxy could say to be anybody.",
        ),
    ),
    Rule(
        "meet.E016",
        ("session_idle_hours", "session_hours"),
        "MEET_SESSION_IDLE_HOURS must be at least 1, and MEET_SESSION_HOURS not less than it.",
        unless(
            lambda config: 0 < config.session_idle_hours <= config.session_hours,
            "MEET_SESSION_IDLE_HOURS is {config.session_idle_hours} and MEET_SESSION_HOURS is {config.session_hours}.",
        ),
    ),
    Rule(
        "meet.E017",
        ("email_from",),
        "Set it to the sender's address, such as meet@example.org.",
        unless(
            lambda config: not config.email_url or "@" in config.email_from,
            "MEET_EMAIL_FROM is no address, and MEET_EMAIL_URL is set.",
        ),
    ),
    Rule(
        "meet.E018",
        ("node_url",),
        "It must look like wss://host/ws/serv0/.",
        unless(
            lambda config: not config.node_url or _is_url(config.node_url, "ws", "wss"),
            "MEET_NODE_URL is {config.node_url!r}.",
        ),
    ),
    Rule(
        "meet.E019",
        ("control_url",),
        "It must look like http://10.0.0.5:8002.",
        unless(
            lambda config: not config.control_url or _is_url(config.control_url, "http", "https"),
            "MEET_CONTROL_URL is {config.control_url!r}.",
        ),
    ),
    Rule(
        "meet.E101",
        ("control_url", "control_certificate"),
        "Say https:// in MEET_CONTROL_URL: the node answers by TLS.",
        unless(
            lambda config: not config.control_certificate or config.control_address.startswith("https://"),
            "There is MEET_CONTROL_CERTIFICATE, and MEET_CONTROL_URL is {config.control_url!r}.",
        ),
    ),
    Rule(
        "meet.E020",
        ("control_url", "control_host"),
        "Say in MEET_CONTROL_URL where web reaches the node, such as http://10.0.0.5:8002.",
        unless(
            lambda config: bool(config.control_url) or config.control_host not in {"0.0.0.0", "::"},  # noqa: S104
            "MEET_CONTROL_URL is empty and MEET_CONTROL_HOST is {config.control_host}, which is no single address.",
        ),
    ),
    Rule(
        "meet.E021",
        ("s3_endpoint",),
        "It must look like https://s3.example.org.",
        unless(
            lambda config: not config.s3_endpoint or _is_url(config.s3_endpoint, "http", "https"),
            "MEET_S3_ENDPOINT is {config.s3_endpoint!r}.",
        ),
    ),
    Rule(
        "meet.E022",
        ("s3_access_key", "s3_secret_key"),
        "Set both, or none.",
        unless(
            lambda config: bool(config.s3_access_key) == bool(config.s3_secret_key),
            "Of MEET_S3_ACCESS_KEY and MEET_S3_SECRET_KEY only one is set.",
        ),
    ),
    Rule(
        "meet.E023",
        ("allowed_origins",),
        "List origins such as https://example.org, or *.",
        unlisted("ALLOWED_ORIGINS", lambda config: config.origins, _is_origin),
    ),
    Rule(
        "meet.E024",
        ("outgoing_networks",),
        "List networks such as 10.1.0.0/16.",
        unlisted("OUTGOING_NETWORKS", lambda config: split_list(config.outgoing_networks), is_network),
    ),
    Rule(
        "meet.E050",
        ("turn_urls",),
        "List addresses such as turn:turn.example.org:3478?transport=udp and turns:turn.example.org:443?transport=tcp.",
        _bad_turn_url,
    ),
    Rule(
        "meet.E051",
        ("turn_urls", "turn_secret"),
        "Set both, or none: the secret is what the TURN server has as static-auth-secret.",
        unless(
            lambda config: bool(config.turn_server_urls) == bool(config.turn_secret),
            "Of MEET_TURN_URLS and MEET_TURN_SECRET only one is set.",
        ),
    ),
    Rule(
        "meet.E052",
        ("turn_secret",),
        f"It must have at least {MIN_SECRET_LENGTH} characters, on the TURN server too. Make one: openssl rand -hex 32",
        unless(
            lambda config: not config.turn_secret or len(config.turn_secret) >= MIN_SECRET_LENGTH,
            "MEET_TURN_SECRET is too short: whoever sees credentials could find it by trying.",
        ),
    ),
    Rule(
        "meet.E053",
        ("turn_hours",),
        "Set it to a number from 1 to 720, and longer than your meetings.",
        unless(lambda config: 1 <= config.turn_hours <= 720, "MEET_TURN_HOURS is {config.turn_hours}."),
    ),
    Rule(
        "meet.E054",
        ("domain",),
        "List host names such as meet.example.org, whose DNS entries lead to this machine.",
        unlisted("DOMAIN", lambda config: config.domains, lambda name: bool(_HOST_NAME.fullmatch(name))),
    ),
    Rule(
        "meet.E055",
        ("domain", "tls", "behind_proxy"),
        "With MEET_DOMAIN leave out the other two: https is served here, without a reverse proxy of your own.",
        unless(
            lambda config: not config.domain or not (config.tls or config.behind_proxy),
            "MEET_DOMAIN is set together with MEET_TLS or MEET_BEHIND_PROXY.",
        ),
    ),
    Rule(
        "meet.E056",
        ("acme_url",),
        "It must look like https://acme.example.org/directory.",
        unless(
            lambda config: not config.acme_url or _is_url(config.acme_url, "https"),
            "MEET_ACME_URL is {config.acme_url!r}.",
        ),
    ),
    Rule(
        "meet.E057",
        ("acme_email",),
        "Set it to an address such as ops@example.org, or leave it empty.",
        unless(
            lambda config: not config.acme_email or _is_mail_address(config.acme_email),
            "MEET_ACME_EMAIL is {config.acme_email!r}.",
        ),
    ),
    Rule(
        "meet.E058",
        ("http_port", "https_port"),
        "Set each to another port from 1 on.",
        unless(
            lambda config: 0 < config.http_port != config.https_port > 0,
            "MEET_HTTP_PORT is {config.http_port} and MEET_HTTPS_PORT is {config.https_port}.",
        ),
    ),
    Rule(
        "meet.E070",
        ("log_format",),
        f"Set it to one of {', '.join(LOG_FORMATS)}.",
        unless(lambda config: config.log_format in LOG_FORMATS, "MEET_LOG_FORMAT is {config.log_format!r}."),
    ),
    Rule(
        "meet.E071",
        ("otlp_endpoint",),
        "It must look like http://127.0.0.1:4318.",
        unless(
            lambda config: not config.otlp_endpoint or _is_url(config.otlp_endpoint, "http", "https"),
            "MEET_OTLP_ENDPOINT is {config.otlp_endpoint!r}.",
        ),
    ),
    Rule(
        "meet.E072",
        ("sentry_dsn",),
        "It must look like https://key@host/1.",
        unless(
            lambda config: not config.sentry_dsn or _is_url(config.sentry_dsn, "http", "https"),
            "MEET_SENTRY_DSN is no address.",
        ),
    ),
    Rule(
        "meet.E073",
        ("trace_percent",),
        "Set it to a number from 0 to 100.",
        unless(lambda config: config.trace_percent <= 100, "MEET_TRACE_PERCENT is {config.trace_percent}."),
    ),
    Rule(
        "meet.E028",
        ("vite_port",),
        "Leave it out: production serves the client that `make build` has made.",
        unless(lambda config: not (config.production and config.vite_port), "MEET_VITE_PORT is {config.vite_port}."),
    ),
    Rule(
        "meet.E030",
        ("media_tcp_port",),
        "Set it to a port, to 0 for no media by TCP, or leave it empty for the number of MEET_MEDIA_PORT.",
        raised(lambda config: config.media_tcp),
        fatal=True,
    ),
    Rule(
        "meet.E031",
        ("media_tcp_port",),
        "Set it to a port that is free, or to 0 for no media by TCP.",
        _media_tcp_meets,
    ),
)
# What files say.
FILE_RULES: Final = (
    Rule(
        "meet.E099",
        ("control_certificate",),
        "Name a PEM file with a key and its certificate that the user who runs this can read, or leave it empty.",
        unreadable("MEET_CONTROL_CERTIFICATE", lambda config: config.control_certificate, serving),
        fatal=True,
    ),
    Rule(
        "meet.E100",
        ("control_authority",),
        "Name a PEM file with the authority's certificate, or leave it empty.",
        unreadable("MEET_CONTROL_AUTHORITY", lambda config: config.control_authority, asking),
        fatal=True,
    ),
    Rule(
        "meet.E025",
        ("data_dir",),
        "Set MEET_DATA_DIR to a folder that the user who runs this owns.",
        raised(Config.ensure_data_path),
        fatal=True,
    ),
    Rule(
        "meet.E026",
        ("secret_key", "data_dir"),
        "Set MEET_SECRET_KEY, or delete the file: then another one is made.",
        raised(Config.effective_secret_key),
        fatal=True,
    ),
    Rule(
        "meet.E059",
        ("acme_roots",),
        "Name a PEM file with the authority's roots, or leave it empty.",
        unreadable("MEET_ACME_ROOTS", lambda config: config.acme_roots, asking),
        fatal=True,
    ),
    Rule(
        "meet.E027",
        ("jwt_key",),
        "Correct MEET_JWT_KEY, or leave it empty.",
        raised(lambda config: config.jwt_key and load_key(config.jwt_key)),
        fatal=True,
    ),
)


def broken(config: Config) -> list[tuple[Rule, str]]:
    """The rules that the settings break by themselves, with what is wrong."""
    found = ((rule, rule.problem(config)) for rule in RULES)
    return [(rule, problem) for rule, problem in found if problem is not None]


def check(config: Config) -> None:
    """Raise `ConfigError`, one line, for the first rule that the settings break by themselves."""
    for rule, problem in broken(config):
        raise ConfigError(rule.line(problem))


def check_start(config: Config) -> None:
    """Raise `ConfigError`, one line, for what makes starting impossible. Makes the data folder, and a key in it."""
    for rule in (*RULES, *FILE_RULES):
        problem = rule.problem(config) if rule.fatal else None
        if problem is not None:
            raise ConfigError(rule.line(problem))
