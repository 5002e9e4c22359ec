"""Accounts and what each owns. Nothing here is visible to another account (`meet.accounts.scope`)."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.http.request import validate_host

from meet.accounts.addresses import check_callback, check_header, check_host, check_origins, is_public_name
from meet.accounts.encrypted import EncryptedTextField
from meet.accounts.interpreted import check_languages, default_languages
from meet.accounts.keys import KeyRefusedError, check_key
from meet.accounts.logos import LogoStorage, logo_name
from meet.leases import Leased

HOST_TAKEN: Final = "This host name is taken."
# A day: who was in a meeting comes back to that meeting, not to another one.
MAX_GRACE_MINUTES: Final = 24 * 60
# A token that names no key is tried with each.
MAX_KEYS: Final = 20


class Visibility(models.TextChoices):
    """Who may watch an account's recordings beside its own people."""

    SIGNED = "signed", "who has a signed link, until it expires"
    MEMBERS = "members", "nobody else"
    PUBLIC = "public", "everybody who knows the address"


class SecondFactorPolicy(models.TextChoices):
    """Of whom an account wants a second step at the login."""

    OPTIONAL = "optional", "of nobody; who wants one sets it up"
    ADMINS = "admins", "of owners and admins"
    ALL = "all", "of everybody"


class Account(models.Model):
    """One customer with its options. The default account is there from the start; unnamed hosts lead to it."""

    name = models.CharField("name", max_length=100, unique=True)
    is_default = models.BooleanField("default account", default=False, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)

    jwt_required = models.BooleanField(
        "tokens required",
        default=False,
        help_text=(
            "Nobody enters without a signed token; accessToken is ignored then. "
            "Without this, whoever leaves the token out of their link gets around what it restricts: "
            "waitingRoom, startTime, tokenLifetime, itisparticipant."
        ),
    )
    token_grace_minutes = models.PositiveSmallIntegerField(
        "coming back after a token's end",
        default=60,
        validators=[MaxValueValidator(MAX_GRACE_MINUTES)],
        help_text=(
            "For so many minutes after its token's exp or tokenLifetime, a page that was in the room may connect anew "
            "when its connection is lost. 0 is strict: then nobody comes back."
        ),
    )
    second_factor = models.CharField(
        "second step at the login",
        max_length=8,
        choices=SecondFactorPolicy.choices,
        default=SecondFactorPolicy.OPTIONAL,
        db_default=SecondFactorPolicy.OPTIONAL,
        help_text="A code of an app, or a passkey. Who must have one sets it up when they log in next.",
    )
    debug_attributes = models.BooleanField(
        "debug attributes",
        default=False,
        help_text="accessUrl, apiEvent and their headers count in links. For development only.",
    )
    signed_addresses = models.BooleanField(
        "addresses in tokens",
        default=True,
        help_text="accessUrl, apiEvent and their headers count in signed tokens.",
    )
    videos_by_all = models.BooleanField(
        "everybody may bring a video",
        default=False,
        help_text="video= counts in every link; otherwise in signed tokens and in moderators' links only.",
    )
    access_url = models.URLField(
        "access check", max_length=2000, blank=True, help_text="Asked about everybody who wants to enter."
    )
    access_header = EncryptedTextField("its Authorization header", blank=True)
    auto_recording = models.BooleanField(
        "automatic recording",
        default=False,
        help_text="Every meeting is recorded, from a minute after its start.",
    )
    recording_visibility = models.CharField(
        "who may watch recordings", max_length=8, choices=Visibility.choices, default=Visibility.SIGNED
    )
    lasting_links = models.BooleanField(
        "lasting addresses of videos",
        default=False,
        help_text=(
            "The Server API makes addresses of videos that count until they are revoked, for apps. "
            "Without this, those that are out don't count."
        ),
    )
    keep_tracks_days = models.PositiveSmallIntegerField(
        "keep original tracks",
        default=30,
        help_text="So many days after a meeting, what each participant sent can be had as a file of its own.",
    )

    interpretation = models.BooleanField(
        "language interpretation",
        default=True,
        help_text="Interpreters speak into channels of their languages, and who chooses one hears them.",
    )
    interpreted_languages = models.TextField(
        "languages",
        blank=True,
        default=default_languages,
        help_text="A tag (BCP 47) and the language's own name, one a line, such as: pt-BR Português do Brasil.",
    )
    record_interpretation = models.BooleanField(
        "record interpreters",
        default=False,
        help_text="Recordings have the languages as further sound to choose. Otherwise the original only.",
    )
    extended_webhook_bodies = models.BooleanField(
        "extended events",
        default=False,
        help_text="Events of participants say role and, of interpreters, language, too.",
    )

    default_node = models.CharField(
        "server of new rooms",
        max_length=32,
        blank=True,
        validators=(RegexValidator(r"^(serv\d{1,4}|least)\Z", "Give a server's name, such as serv0, or least."),),
        help_text=(
            "For ids that name none: serv0, serv1, …, or least for the least loaded one. "
            "The installation's where empty."
        ),
    )

    viewers_told = models.BooleanField(
        "tell of viewers",
        default=False,
        help_text="Speakers, and pages around their rooms, hear of each viewer who comes or goes, below 50 viewers.",
    )
    embed_origins = models.TextField(
        "may embed rooms",
        blank=True,
        help_text="Origins such as https://example.org, one a line; empty for every site.",
    )
    contact = models.CharField(
        "contact", max_length=200, blank=True, help_text="Shown to people who find a room locked."
    )
    language = models.CharField("default language", max_length=8, blank=True, help_text="The browser's where empty.")
    brand_name = models.CharField("name on pages", max_length=60, blank=True)
    logo = models.ImageField("logo", upload_to=logo_name, storage=LogoStorage(allow_overwrite=True), blank=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "account"
        verbose_name_plural = "accounts"
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="only_one_default_account"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check addresses, and keep origins as browsers spell them, languages as their tags are spelt."""
        problems: dict[str, str] = {}
        try:
            self.embed_origins = "\n".join(check_origins(self.embed_origins))
        except ValueError as error:
            problems["embed_origins"] = str(error)
        try:
            _ = self.access_url and check_callback(self.access_url, production=settings.CONFIG.production)
        except ValueError as error:
            problems["access_url"] = str(error)
        try:
            self.interpreted_languages = check_languages(self.interpreted_languages)
        except ValueError as error:
            problems["interpreted_languages"] = str(error)
        try:
            check_header(self.access_header)
        except ValueError as error:
            problems["access_header"] = str(error)
        if problems:
            raise ValidationError(problems)


class Domain(models.Model):
    """A host name that leads to an account."""

    host = models.CharField(
        "host name",
        max_length=253,
        unique=True,
        error_messages={"unique": HOST_TAKEN},
        help_text="Such as video.example.org.",
    )
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="domains")

    class Meta:
        ordering = ("host",)
        verbose_name = "domain"
        verbose_name_plural = "domains"

    def __str__(self) -> str:
        return self.host

    def clean(self) -> None:
        """Keep the name as browsers send it. The operator's own hosts stay with the default account."""
        try:
            self.host = check_host(self.host)
        except ValueError as error:
            raise ValidationError({"host": str(error)}) from error
        if settings.CONFIG.production and not is_public_name(self.host):
            raise ValidationError({"host": "This is no host name such as video.example.org."})
        listed = settings.CONFIG.allowed_hosts and validate_host(self.host, settings.CONFIG.hosts)
        if listed and not self.account.is_default:
            raise ValidationError({"host": str(HOST_TAKEN)})


class Role(models.TextChoices):
    """What somebody may do in an account: everything; everything but its people; look at recordings."""

    OWNER = "owner", "owner"
    ADMIN = "admin", "admin"
    VIEWER = "viewer", "viewer of recordings"


class Membership(models.Model):
    """Somebody's role in an account."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField("role", max_length=8, choices=Role.choices, default=Role.ADMIN)

    class Meta:
        ordering = ("user__username",)
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = (models.UniqueConstraint(fields=("account", "user"), name="one_role_in_an_account"),)

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"


class SecondFactor(models.Model):
    """What somebody shows beside their password (`meet.accounts.second_factor`), once it is `active`.

    `secret` is the app's, in base32, `last_step` the step of its last code; `offered` waits to be confirmed. `handle`
    is random: authenticators know the user by it (WebAuthn's user handle), sessions what they were made with.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor")
    handle = models.CharField(max_length=64, unique=True)
    active = models.BooleanField(default=False)
    secret = EncryptedTextField(blank=True, default="")
    offered = EncryptedTextField(blank=True, default="")
    last_step = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user)


class Passkey(models.Model):
    """An authenticator's public key, which counts at one host. `credential` is WebAuthn's attested credential data."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    host = models.CharField(max_length=253)
    credential_id = models.CharField(max_length=1400, unique=True)
    credential = models.TextField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for who has lost the rest, by its hash. It goes when it is used."""

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="recovery_codes")
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.hash[:8]


class SigningKey(models.Model):
    """A key that verifies participants' tokens: an RSA public key in PEM (RS256), or a secret (HS256).

    Several may be active, so that keys can be rotated; `kid` names one in a token's header (RFC 7515 section 4.1.4).
    """

    class Algorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        HS256 = "HS256", "HS256"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="signing_keys")
    kid = models.CharField(
        "key ID", max_length=64, blank=True, help_text="The kid in tokens' headers; made where empty."
    )
    algorithm = models.CharField(
        "algorithm", max_length=5, choices=Algorithm.choices, blank=True, help_text="From the key where empty."
    )
    key = EncryptedTextField("key", help_text="A public key in PEM, or a secret of at least 32 characters.")
    active = models.BooleanField("active", default=True)
    retires_at = models.DateTimeField(
        "retires", null=True, blank=True, help_text="Its tokens count until then; for ever where empty."
    )
    created_at = models.DateTimeField("created", auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "signing key"
        verbose_name_plural = "signing keys"
        constraints = (models.UniqueConstraint(fields=("account", "kid"), name="one_key_of_a_kid"),)

    def __str__(self) -> str:
        return f"{self.kid} ({self.algorithm})"

    def clean(self) -> None:
        """Refuse a key that is weak or of another kind, and fill in what the key itself tells."""
        if not self.key:
            return
        if self._state.adding and SigningKey.objects.filter(account=self.account_id).count() >= MAX_KEYS:
            raise ValidationError(f"An account has {MAX_KEYS} keys at most. Delete those that are not needed any more.")
        try:
            checked = check_key(self.algorithm, self.key)
        except KeyRefusedError as error:
            raise ValidationError({"key": str(error)}) from error
        self.algorithm, self.key = checked.algorithm, checked.key.decode()
        self._check_new()
        self.kid = self.kid or checked.kid

    def _check_new(self) -> None:
        """Raise `ValidationError` for a key that the account has, or had: whoever has got hold of it would be back."""
        others = SigningKey.objects.filter(account=self.account_id).exclude(pk=self.pk)
        same = next((other for other in others if other.key == self.key), None)
        if same is not None:
            raise ValidationError(
                {
                    "key": f"The account has this key already, as {same.kid}. Make another one: a key that has leaked "
                    "or retired must not come back under a new name."
                }
            )


class ApiToken(models.Model):
    """A permanent token for the Server API. Only a hash is kept: the token itself is shown once.

    `secret` is known while the token is being made, and empty ever after.
    """

    secret: str = ""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField("name", max_length=100)
    role = models.CharField("role", max_length=8, choices=Role.choices, default=Role.ADMIN)
    hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="Never where empty.")
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta:
        ordering = ("name",)
        verbose_name = "API token"
        verbose_name_plural = "API tokens"

    def __str__(self) -> str:
        return self.name


class TokenUse(models.Model):
    """When a participant's token with a tokenLifetime was first used; known by its hash."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="token_uses")
    hash = models.CharField(max_length=64)
    first_used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("account", "hash"), name="one_first_use_of_a_token"),)

    def __str__(self) -> str:
        return self.hash[:12]


class Retention(models.Model):
    """For how many days an account keeps things, where that is shorter than the installation does.

    Without a number, or with one that is not shorter, the setting counts: `MEET_STATISTICS_DAYS` and so on.
    """

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="retention")
    statistics_days = models.PositiveSmallIntegerField("sessions", null=True)
    sample_days = models.PositiveSmallIntegerField("samples", null=True)
    delivery_days = models.PositiveSmallIntegerField("deliveries", null=True)
    incident_days = models.PositiveSmallIntegerField("incidents", null=True)

    def __str__(self) -> str:
        return f"retention of {self.account}"


class Incident(models.Model):
    """Something of an account's that its admins should look at, such as an access check that can't be reached.

    The same thing again only counts up.
    """

    class Kind(models.TextChoices):
        ACCESS_CHECK = "accessCheck", "access check"
        WEBHOOK = "webhook", "webhook"
        RECORDING = "recording", "recording"
        IGNORED_ATTRIBUTE = "ignoredAttribute", "attribute without effect"
        UNREADABLE_CLAIM = "unreadableClaim", "refused token"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="incidents")
    kind = models.CharField("kind", max_length=40, choices=Kind.choices)
    message = models.CharField("what happened", max_length=500)
    count = models.PositiveIntegerField("times", default=1)
    first_at = models.DateTimeField("first")
    last_at = models.DateTimeField("last", db_index=True)
    seen = models.BooleanField("seen", default=False)

    class Meta:
        ordering = ("-last_at",)
        verbose_name = "incident"
        verbose_name_plural = "incidents"
        constraints = (
            models.UniqueConstraint(fields=("account", "kind", "message"), name="one_row_for_the_same_incident"),
        )

    def __str__(self) -> str:
        return self.message


class ResetMail(Leased):
    """A link for a new password that somebody has asked for, until a worker has sent it (`meet.accounts.resets`).

    `host` is where it leads, by https if `secure`; `language` is that of who asked. It is tried when it is due.
    """

    email = models.EmailField(max_length=254)
    host = models.CharField(max_length=300)
    secure = models.BooleanField()
    language = models.CharField(max_length=8, default="en")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M:%S}"


class AuditEvent(models.Model):
    """Somebody did something that matters for who may do what. Without an account it is the operator's to see."""

    class Action(models.TextChoices):
        LOGIN = "login", "login"
        LOGIN_FAILED = "loginFailed", "failed login"
        LOGOUT = "logout", "logout"
        PASSWORD = "password", "new password"
        SECOND_FACTOR = "factor", "second step"
        ROOM = "room", "in a live room"
        API = "api", "by the Server API"
        ADDED = "added", "added"
        CHANGED = "changed", "changed"
        DELETED = "deleted", "deleted"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="audit_events")
    at = models.DateTimeField("when", db_index=True)
    action = models.CharField("action", max_length=12, choices=Action.choices)
    actor = models.CharField("who", max_length=150, help_text="The username, as it was given.")
    address = models.CharField("address", max_length=45, blank=True)
    what = models.CharField("what", max_length=500)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "audit trail entry"
        verbose_name_plural = "audit trail entries"
        indexes = (models.Index(fields=("account", "-at"), name="audit_events_of_an_account"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.what}"
