"""Django's settings, gathered from `meet.config`; nothing is decided here that an operator could want to change."""

from __future__ import annotations

import sys
from typing import Any

from media.net.aiortc_parts import load_parts
from meet.api.words import DESCRIPTION, TAGS
from meet.conf.applications import applications, leave_out_postgresql
from meet.conf.broker import broker_settings
from meet.conf.database import Patience, database_settings
from meet.conf.rules import check_start
from meet.conf.storage import video_storage_settings
from meet.conf.theme import UNFOLD as UNFOLD  # noqa: PLC0414 - a setting
from meet.config import PROJECT, Config, ConfigError
from meet.email import email_settings
from meet.run.logs import LOG_FORMATS, TEXT, BoundedFormatter, JsonFormatter
from meet.run.refusals_in_logs import without_tracebacks_of_refusals
from meet.run.secrets_in_logs import Redaction

try:
    CONFIG = Config.from_environment()
    check_start(CONFIG)
    DATA_DIR = CONFIG.ensure_data_path()
    SECRET_KEY = CONFIG.effective_secret_key()
    SECRET_KEY_FALLBACKS = CONFIG.old_keys
    DATABASES: dict[str, Any] = {"default": database_settings(CONFIG.database_url, DATA_DIR, Patience.of(CONFIG))}
except ConfigError as error:
    sys.exit(f"meet: {error}")

# The command that this process carries out, such as node.
COMMAND = sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ""
if COMMAND == "web" and not CONFIG.database_url:
    leave_out_postgresql()
if COMMAND == "node":
    load_parts()

DEBUG = False
ALLOWED_HOSTS = ["*"]  # `meet.middleware.KnownHosts` knows accounts' domains as well
INSTALLED_APPS = applications(sys.argv)
MIDDLEWARE = [
    "meet.watched_requests.WatchedRequests",
    "meet.middleware.EndedConnections",
    "meet.https_only.HttpsOnly",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "meet.middleware.VisitorLanguage",
    "meet.middleware.ContentSecurityPolicy",
    "meet.middleware.KnownHosts",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "meet.logged_in.SessionLimits",
    "meet.logged_in.WholeLogins",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "meet.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
ASGI_APPLICATION = "meet.asgi.application"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("de", "Deutsch"), ("lb", "Lëtzebuergesch"), ("ru", "Русский")]
LOCALE_PATHS = [PROJECT / "locale"]  # what `scripts/catalogues.py` writes
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["meet.conf.formats"]

# The Server API; what its views have in common is in `meet.api.views`.
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "meet.api.schema.ServerSchema"}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Server API",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "",
    "CAMELIZE_NAMES": True,
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["meet.api.description.server_views"],
    "TAGS": TAGS,
    "ENUM_NAME_OVERRIDES": {"InterfaceEnum": [("call", "call"), ("webinar", "webinar")]},
}

MEDIA_ROOT = DATA_DIR / "files"
FILE_UPLOAD_PERMISSIONS = None  # as all files are made (`meet.private_files`)
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "recordings": video_storage_settings(CONFIG, MEDIA_ROOT / "recordings"),
}
# Captures are appended to by the node, and composed on the same machine.
CAPTURES_DIR = DATA_DIR / "captures"
COMPOSITIONS_DIR = DATA_DIR / "compositions"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PROJECT / "static" / "dist"]
STATIC_ROOT = DATA_DIR / "static"  # only for those who want `collectstatic`; whitenoise serves from the folders above
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
# Pages take the client from its build, or in development from Vite's server, at whose address they are opened then.
DJANGO_VITE: dict[str, dict[str, Any]] = {
    "default": {
        "dev_mode": CONFIG.vite_port > 0,
        "dev_server_port": CONFIG.vite_port,
        "manifest_path": STATICFILES_DIRS[0] / ".vite" / "manifest.json",
    }
}
# The client's build puts a hash into each file name below assets/.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/assets/.+[-.][A-Za-z0-9_-]{8,}\.\w+$"

SECURE_CONTENT_TYPE_NOSNIFF = True
SILENCED_SYSTEM_CHECKS = [
    "django_vite.W001",  # `meet.W003` says how the client is built
    "security.W005",  # other hosts below ours are not ours to bind to https, but for who sets MEET_HSTS_SUBDOMAINS,
    "security.W021",  # nor to put onto browsers' lists
    "security.W008",  # load balancers and neighbours ask by http; `meet.https_only` wants https of all others
]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.production or CONFIG.tls
if SESSION_COOKIE_SECURE:  # browsers let no other host set such a cookie (RFC 6265bis section 4.1.3.2)
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_AGE = CONFIG.session_hours * 3600  # `meet.logged_in` ends those that are idle earlier
SECURE_HSTS_SECONDS = CONFIG.hsts_days * 86_400 if CONFIG.production else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = CONFIG.hsts_subdomains

globals().update(email_settings(CONFIG.email_url))

globals().update(broker_settings(CONFIG.redis_url))
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Nothing waits behind a long task that another worker could do.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

LOG_FORMAT = CONFIG.log_format if CONFIG.log_format in LOG_FORMATS else "text"  # a system check tells of others
REDACT = Redaction((*CONFIG.secrets, SECRET_KEY))
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": BoundedFormatter, "fmt": TEXT, "style": "{", "redact": REDACT},
        "json": {"()": JsonFormatter, "role": COMMAND, "redact": REDACT},
    },
    "filters": {"refusals": {"()": lambda: without_tracebacks_of_refusals}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "aioice": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}
