"""The admin as the operator and an account's people use it: what each may do, and what is never shown again."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import escape
from PIL import Image

from meet.accounts.advice import advice
from meet.accounts.api_tokens import find
from meet.accounts.hosts import default_account
from meet.accounts.logos import BOX, MAX_OCTETS, check_logo
from meet.accounts.models import Account, ApiToken, AuditEvent, Domain, Incident, Membership, Role, SigningKey
from meet.attributes.schema import LANGUAGES
from meet.config import Config
from tests.meet.personas import NOW, Household, household, member, operator, picture
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

pytestmark = pytest.mark.usefixtures("client_build")

ACCOUNTS = "/admin/accounts/account/"
SECRET = "correct-horse-battery-staple-hunter2"


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    return household("acme")


def options(account: Account, **changed: Any) -> dict[str, Any]:
    """An account's form as the browser would send it."""
    form = {
        name: getattr(account, name)
        for name in (
            "name",
            "access_url",
            "brand_name",
            "contact",
            "language",
            "embed_origins",
            "recording_visibility",
            "second_factor",
            "keep_tracks_days",
            "token_grace_minutes",
            "interpreted_languages",
        )
    }
    domains = list(account.domains.all())
    form |= {"domains-TOTAL_FORMS": len(domains), "domains-INITIAL_FORMS": len(domains)}
    for number, domain in enumerate(domains):
        form |= {f"domains-{number}-id": domain.pk, f"domains-{number}-account": account.pk}
        form |= {f"domains-{number}-host": domain.host}
    return form | changed


def change(client: Client, account: Account, **changed: Any) -> str:
    """Send it; empty when it was taken, else the page with the errors."""
    response = client.post(f"{ACCOUNTS}{account.pk}/change/", options(account, **changed))
    if response.status_code == 302:
        account.refresh_from_db()
        return ""
    assert response.status_code == 200
    return response.content.decode()


def test_who_logs_in_comes_to_the_pages_of_their_accounts(acme: Household, client: Client) -> None:
    response = client.post("/admin/login/", {"username": "acmeperson", "password": PASSWORD}, follow=True)
    page = response.content.decode()
    assert response.redirect_chain == [("/admin/", 302)]
    assert "Signing keys" in page
    assert "Users" not in page
    assert acme.account.name in client.get(ACCOUNTS).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["webhooks/endpoint", "webhooks/delivery", "stats/session", "recording/video",
                                  "recording/recording", "accounts/incident", "accounts/signingkey"])  # fmt: skip
def test_an_empty_list_says_what_will_be_in_it(path: str) -> None:
    owner = member(Account.objects.create(name="New"), Role.OWNER)
    page = owner.get(f"/admin/{path}/").content.decode()
    model = apps.get_model(path.replace("/", "."))
    assert f"No {model._meta.verbose_name_plural} yet" in page
    assert escape(str(admin.site._registry[model].when_empty)) in page  # type: ignore[attr-defined]
    assert ("Add" in page) == (path in {"webhooks/endpoint", "accounts/signingkey"})
    assert "Nothing found" not in page


@pytest.mark.django_db
def test_a_list_in_which_nothing_is_found_says_how_to_go_on() -> None:
    page = member(Account.objects.create(name="New"), Role.OWNER).get("/admin/webhooks/endpoint/?q=x").content.decode()
    assert "Nothing found" in page
    assert "Show all" in page


class TestOptions:
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    def test_owners_and_admins_set_them(self, acme: Household, role: Role) -> None:
        client, account = member(acme.account, role), acme.account
        changed = {"jwt_required": "on", "contact": "help@acme.example", "language": "lb", "access_url": ""}
        assert change(client, account, **changed, embed_origins="https://Acme.example/") == ""
        assert (account.jwt_required, account.contact, account.language) == (True, "help@acme.example", "lb")
        assert (account.access_url, account.embed_origins) == ("", "https://acme.example")

    def test_viewers_and_strangers_do_not(self, acme: Household) -> None:
        path = f"{ACCOUNTS}{acme.account.pk}/change/"
        assert member(acme.account, Role.VIEWER).get(path).status_code == 404
        assert member(default_account(), Role.OWNER).get(path).status_code == 404
        assert member(default_account(), Role.OWNER, "other").post(path, {"name": "x"}).status_code == 404

    def test_only_the_operator_makes_names_and_deletes_accounts(self, acme: Household) -> None:
        owner, boss, path = member(acme.account, Role.OWNER), operator(), f"{ACCOUNTS}{acme.account.pk}/"
        assert owner.get(f"{ACCOUNTS}add/").status_code == owner.post(f"{path}delete/").status_code == 403
        assert change(owner, acme.account, name="Other") == ""
        assert acme.account.name == "acme name"
        assert change(boss, acme.account, name="Other") == ""
        assert acme.account.name == "Other"
        boss.post(f"{ACCOUNTS}add/", {"name": "New"})
        assert Account.objects.filter(name="New").exists()
        assert boss.post(f"{path}delete/", {"post": "yes"}).status_code == 302
        assert not Account.objects.filter(pk=acme.account.pk).exists()
        assert boss.post(f"{ACCOUNTS}{default_account().pk}/delete/", {"post": "yes"}).status_code == 403

    def test_addresses_are_https_in_production(self, acme: Household, settings: LazySettings) -> None:
        owner = member(acme.account, Role.OWNER)
        settings.CONFIG = Config(env="production", allowed_hosts="testserver", secret_key="s" * 50)
        assert "must begin with https://" in change(owner, acme.account, access_url="http://acme.example/check")
        assert "is no origin such as" in change(owner, acme.account, embed_origins="acme.example")

    def test_languages_of_interpretation_are_checked_and_kept_in_one_spelling(self, acme: Household) -> None:
        owner, account = member(acme.account, Role.OWNER), acme.account
        assert account.interpretation
        assert "Line 2 must begin with a language tag" in change(owner, account, interpreted_languages="de Deutsch\n?")
        changed = {"interpreted_languages": "DE  Deutsch\r\nit Italiano", "extended_webhook_bodies": "on"}
        assert change(owner, account, **changed) == ""
        assert account.interpreted_languages == "de Deutsch\nit Italiano"
        assert (account.interpretation, account.extended_webhook_bodies) == (False, True)

    def test_languages_are_those_of_the_pages(self, settings: LazySettings) -> None:
        assert tuple(code for code, _ in settings.LANGUAGES) == LANGUAGES

    def test_what_can_not_work_is_said(self, acme: Household) -> None:
        owner, account = member(acme.account, Role.OWNER), acme.account
        assert advice(account, has_keys=False) == []
        assert "left out of links" in " ".join(advice(account, has_keys=True))
        account.jwt_required = account.debug_attributes = True
        assert [text.split()[0] for text in advice(account, has_keys=True)] == ["Tokens", "Debug"]
        Account.objects.filter(pk=account.pk).update(jwt_required=True)
        SigningKey.objects.all().delete()
        page = owner.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
        assert "nobody can enter" in page
        assert "the access check is not asked" in page


class TestDomains:
    def test_a_domain_is_added_as_browsers_spell_it(self, acme: Household) -> None:
        owner = member(acme.account, Role.OWNER)
        new = {"domains-TOTAL_FORMS": 2, "domains-1-account": acme.account.pk, "domains-1-host": "Bücher.Example"}
        assert change(owner, acme.account, **new) == ""
        assert {domain.host for domain in acme.account.domains.all()} == {"acme.example", "xn--bcher-kva.example"}

    @pytest.mark.parametrize("host", ["taken.example", "TAKEN.example", "meet.example", "acme.example"])
    def test_a_host_name_that_is_taken_is_refused_without_saying_by_whom(
        self, acme: Household, settings: LazySettings, host: str
    ) -> None:
        Domain.objects.create(host="taken.example", account=Account.objects.create(name="Competitor"))
        settings.CONFIG = Config(allowed_hosts="meet.example,testserver")
        owner = member(acme.account, Role.OWNER)
        new = {"domains-TOTAL_FORMS": 2, "domains-1-account": acme.account.pk, "domains-1-host": host}
        page = change(owner, acme.account, **new)
        assert "This host name is taken." in page or "duplicate" in page
        assert "Competitor" not in page


class TestSecrets:
    def test_a_header_is_kept_replaced_and_removed_and_never_shown(
        self, acme: Household, caplog: pytest.LogCaptureFixture
    ) -> None:
        owner, account = member(acme.account, Role.OWNER), acme.account
        assert change(owner, account, access_header=f"Basic {SECRET}") == ""
        assert account.access_header == f"Basic {SECRET}"
        assert change(owner, account, contact="other") == ""
        assert account.access_header == f"Basic {SECRET}"
        page = owner.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()
        page += change(owner, account, access_header=f"Basic {SECRET}", access_url="nonsense")
        page += owner.get(f"{ACCOUNTS}{account.pk}/history/").content.decode()
        assert SECRET not in page
        assert "Set; type another one to replace it" in page
        assert SECRET not in caplog.text + str(LogEntry.objects.values_list())
        assert change(owner, account, **{"access_header-remove": "on"}) == ""
        assert account.access_header == ""
        assert "Not set" in owner.get(f"{ACCOUNTS}{account.pk}/change/").content.decode()

    @pytest.mark.parametrize("header", ["Basic a\r\nHost: evil.example", "Basic ü", "x" * 1001])
    def test_a_header_is_one_line_of_ascii(self, acme: Household, header: str) -> None:
        assert "one line of ASCII" in change(member(acme.account, Role.OWNER), acme.account, access_header=header)

    def test_a_key_is_added_and_never_shown(self, acme: Household, caplog: pytest.LogCaptureFixture) -> None:
        admin, path = member(acme.account, Role.ADMIN), "/admin/accounts/signingkey/"
        form = {"account": acme.account.pk, "key": SECRET, "algorithm": "", "kid": ""}
        assert admin.post(f"{path}add/", form).status_code == 302
        key = SigningKey.objects.latest("created_at")
        assert (key.key, key.algorithm, bool(key.kid)) == (SECRET, "HS256", True)
        pages = [admin.get(f"{path}{end}") for end in ("", f"{key.pk}/change/", f"{key.pk}/history/")]
        pages.append(admin.post(f"{path}add/", form | {"algorithm": "RS256"}))
        assert "no readable public key" in pages[-1].content.decode()
        assert not any(SECRET in page.content.decode() for page in pages)
        assert SECRET not in caplog.text + str(LogEntry.objects.values_list())
        changed = {
            "key": "x" * 40,
            "kid": "x",
            "algorithm": "RS256",
            "retires_at_0": "2030-01-01",
            "retires_at_1": "10:00",
        }
        assert admin.post(f"{path}{key.pk}/change/", changed).status_code == 302
        key.refresh_from_db()
        assert (key.key, key.algorithm, key.active, key.retires_at is None) == (SECRET, "HS256", False, False)


class TestApiTokens:
    PATH = "/admin/accounts/apitoken/"

    def form(self, account: Account, role: Role) -> dict[str, Any]:
        return {"account": account.pk, "name": "Recorder", "role": role}

    def test_a_token_is_shown_once(self, acme: Household, caplog: pytest.LogCaptureFixture) -> None:
        admin = member(acme.account, Role.ADMIN)
        response = admin.post(f"{self.PATH}add/", self.form(acme.account, Role.ADMIN))
        (text,) = re.findall(r"\d+\$[0-9a-f]{128}", response.content.decode())
        assert "no-store" in response.headers["Cache-Control"]
        (copied,) = re.findall(r'data-copy="([^"]+)"', response.content.decode())
        assert re.search(rf'id="{copied}"[^>]*>{re.escape(text)}<', response.content.decode())
        token = find(text, timezone.now())
        assert token is not None
        assert (token.account, token.name, token.role) == (acme.account, "Recorder", "admin")
        secret = text.partition("$")[2]
        pages = [admin.get(f"{self.PATH}{end}").content.decode() for end in ("", f"{token.pk}/change/")]
        assert not any(secret in page or token.hash in page for page in pages)
        assert secret not in caplog.text + str(LogEntry.objects.values_list()) + str(ApiToken.objects.values_list())
        assert secret not in str(admin.cookies)

    def test_nobody_gives_more_than_they_have(self, acme: Household) -> None:
        admin, owner = member(acme.account, Role.ADMIN), member(acme.account, Role.OWNER)
        refused = admin.post(f"{self.PATH}add/", self.form(acme.account, Role.OWNER))
        assert "Your own role does not allow that." in refused.content.decode()
        assert "Copy the token" in owner.post(f"{self.PATH}add/", self.form(acme.account, Role.OWNER)).content.decode()
        token = ApiToken.objects.get(name="acme token")
        admin.post(f"{self.PATH}{token.pk}/change/", {"name": "changed", "role": "owner", "hash": "1" * 64})
        token.refresh_from_db()
        assert (token.name, token.role, token.hash) == ("changed", "admin", "0" * 64)

    def test_the_list_of_roles_offers_what_one_may_choose(self, acme: Household) -> None:
        for role, offered in ((Role.ADMIN, ["admin", "viewer"]), (Role.OWNER, ["owner", "admin", "viewer"])):
            form = member(acme.account, role).get(f"{self.PATH}add/").context["adminform"].form
            assert [value for value, _ in form.fields["role"].choices] == offered

    def test_a_token_of_another_account_can_not_be_made(self, acme: Household) -> None:
        stranger = member(default_account(), Role.OWNER)
        page = stranger.post(f"{self.PATH}add/", self.form(acme.account, Role.VIEWER)).content.decode()
        assert "not one of the available choices" in page

    @pytest.mark.parametrize(
        "text", ["", "1", "1$", "$" + "0" * 128, "x$" + "0" * 128, "1$" + "0" * 127, "1$" + "G" * 128]
    )
    @pytest.mark.usefixtures("acme")
    def test_what_is_no_token(self, text: str) -> None:
        assert find(text, timezone.now()) is None


class TestPeople:
    PATH = "/admin/accounts/membership/"

    def form(self, account: Account, **changed: Any) -> dict[str, Any]:
        return {"account": account.pk, "username": "bo", "email": "", "password": PASSWORD, "role": "admin"} | changed

    def test_an_owner_adds_changes_and_removes_them(self, acme: Household) -> None:
        owner = member(acme.account, Role.OWNER)
        assert owner.post(f"{self.PATH}add/", self.form(acme.account)).status_code == 302
        user = authenticate(username="bo", password=PASSWORD)
        assert isinstance(user, User)
        assert (user.is_staff, user.is_superuser) == (True, False)
        path = f"{self.PATH}{Membership.objects.get(user=user).pk}/"
        owner.post(f"{path}change/", {"role": "viewer", "user": 1, "account": 1})
        assert (Membership.objects.get(user=user).role, Membership.objects.get(user=user).account) == (
            "viewer",
            acme.account,
        )
        owner.post(f"{path}delete/", {"post": "yes"})
        assert not Membership.objects.filter(user=user).exists()

    def test_a_weak_password_or_a_name_that_is_taken_is_refused(self, acme: Household) -> None:
        owner = member(acme.account, Role.OWNER)
        page = owner.post(f"{self.PATH}add/", self.form(acme.account, password="short")).content.decode()
        assert "too short" in page
        page = owner.post(f"{self.PATH}add/", self.form(acme.account, username="acmeperson")).content.decode()
        assert "already exists" in page
        assert Membership.objects.filter(account=acme.account).count() == 2

    def test_admins_have_no_say_in_it(self, acme: Household) -> None:
        admin = member(acme.account, Role.ADMIN)
        owner = Membership.objects.get(user__username="acmeperson")
        assert admin.get(self.PATH).status_code == 403
        assert admin.post(f"{self.PATH}add/", self.form(acme.account)).status_code == 403
        assert admin.post(f"{self.PATH}{owner.pk}/delete/", {"post": "yes"}).status_code in {403, 404}
        assert not User.objects.filter(username="bo").exists()

    def test_owners_stay_owners(self, acme: Household) -> None:
        owner = member(acme.account, Role.OWNER, "me")
        path = f"{self.PATH}{Membership.objects.get(user__username='me').pk}/"
        owner.post(f"{path}change/", {"role": "viewer"})
        owner.post(f"{path}delete/", {"post": "yes"})
        owner.post(self.PATH, {"action": "delete_selected", "_selected_action": [path.split("/")[-2]], "post": "yes"})
        assert Membership.objects.get(user__username="me").role == Role.OWNER

    def test_an_owner_sets_a_new_password_for_their_people(self, acme: Household) -> None:
        owner, other = member(acme.account, Role.OWNER), member(acme.account, Role.VIEWER, "bo")
        membership = Membership.objects.get(user__username="bo")
        path = f"{self.PATH}{membership.pk}/password/"
        assert path in owner.get(f"{self.PATH}{membership.pk}/change/").content.decode()
        weak = owner.post(path, {"password1": "short", "password2": "short"})
        assert "too short" in weak.content.decode()
        new = "a new horse battery"
        assert owner.post(path, {"password1": new, "password2": new}).status_code == 302
        assert authenticate(username="bo", password=new) is not None
        assert other.get("/admin/recording/video/").status_code == 302, "who came with the old password is out"
        assert AuditEvent.objects.get(action="password", account=acme.account).what == "of bo"

    def test_nobody_gets_into_another_account_by_a_new_password(self, acme: Household) -> None:
        owner, admin = member(acme.account, Role.OWNER), member(acme.account, Role.ADMIN)
        zebra = household("zebra")
        theirs, ours = (
            Membership.objects.get(account=one.account, user__username=f"{one.secret}person") for one in (zebra, acme)
        )
        in_both = Membership.objects.create(account=acme.account, user=theirs.user, role=Role.VIEWER)
        boss = User.objects.create_superuser("boss", password=PASSWORD)
        of_the_boss = Membership.objects.create(account=acme.account, user=boss, role=Role.VIEWER)

        def set_password(client: Client, membership: Membership) -> Any:
            form = {"password1": "a new horse battery", "password2": "a new horse battery"}
            return client.post(f"{self.PATH}{membership.pk}/password/", form, follow=True)

        assert set_password(owner, theirs).status_code == 404
        for membership in (in_both, of_the_boss):
            assert "also a member of other accounts" in set_password(owner, membership).content.decode()
        assert set_password(admin, ours).status_code in {403, 404}
        for name in ("zebraperson", "acmeperson", "boss"):
            assert authenticate(username=name, password=PASSWORD) is not None, name

    def test_users_are_the_operators(self, acme: Household) -> None:
        assert member(acme.account, Role.OWNER).get("/admin/auth/user/").status_code == 403
        boss = operator()
        user = User.objects.get(username="acmeperson")
        for path in ("/admin/auth/user/", f"/admin/auth/user/{user.pk}/change/", "/admin/auth/user/add/"):
            assert boss.get(path).status_code == 200


class TestIncidents:
    def test_they_are_marked_as_seen(self, database: str) -> None:
        del database
        acme = household("acme")
        admin, incident = member(acme.account, Role.ADMIN), Incident.objects.get(account=acme.account)
        other = Incident.objects.create(account=default_account(), kind="x", message="other", first_at=NOW, last_at=NOW)
        assert re.search(r"Incidents</span>\s*<span[^>]*>\s*1\s*<", admin.get("/admin/").content.decode())
        action = {"action": "mark_as_seen", "_selected_action": [incident.pk, other.pk]}
        assert admin.post("/admin/accounts/incident/", action).status_code == 302
        incident.refresh_from_db()
        other.refresh_from_db()
        assert (incident.seen, other.seen) == (True, False)
        assert admin.post(f"/admin/accounts/incident/{incident.pk}/delete/", {"post": "yes"}).status_code == 403


class TestLogos:
    def test_a_picture_is_drawn_anew_and_served_where_its_account_is_known(self, acme: Household) -> None:
        owner, account = member(acme.account, Role.OWNER), acme.account
        large = io.BytesIO()
        Image.new("RGB", (2000, 2000), "teal").save(large, "JPEG", comment=b"<script>")
        before = account.logo.name
        assert change(owner, account, logo=SimpleUploadedFile("<script>.jpg", large.getvalue())) == ""
        response = owner.get(account.logo.url, headers={"host": "acme.example"})
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"].startswith("public, max-age=")
        with Image.open(io.BytesIO(response.content)) as drawn:
            assert (drawn.format, drawn.size) == ("PNG", (BOX[1], BOX[1]))
        assert owner.get(account.logo.url).headers["Cache-Control"].startswith("private")
        assert member(default_account(), Role.OWNER).get(account.logo.url).status_code == 404
        assert before != account.logo.name
        assert change(owner, account, **{"logo-clear": "on"}) == ""
        assert not account.logo
        assert owner.get(f"/brand/{account.pk}/logo").status_code == 404

    @pytest.mark.parametrize(
        ("octets", "reason"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no picture in PNG, JPEG or WebP"),
            (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "no picture"),
            (picture().read()[:40], "no picture"),
            (b"x", "no picture"),
            (b"x" * (MAX_OCTETS + 1), "too large"),
        ],
    )
    def test_what_is_no_logo(self, acme: Household, octets: bytes, reason: str) -> None:
        page = change(member(acme.account, Role.OWNER), acme.account, logo=SimpleUploadedFile("a.png", octets))
        assert reason in page

    def test_a_picture_that_would_fill_the_memory_is_refused(self) -> None:
        bomb = io.BytesIO()
        Image.new("1", (8000, 8000)).save(bomb, "PNG")
        bomb.seek(0)
        with pytest.raises(ValueError, match="too many pixels"):
            check_logo(bomb)
