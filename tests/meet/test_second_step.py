"""The second step of the admin's login: codes, passkeys, recovery codes, who must have one, and who resets it."""

from __future__ import annotations

import datetime as dt
import html
import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from meet.accounts.models import AuditEvent, Membership, Passkey, RecoveryCode, Role, SecondFactor, SecondFactorPolicy
from meet.accounts.second_factor.codes import code_at, do_use_code, step_of
from meet.accounts.second_factor.errors import FactorRefusedError
from meet.accounts.second_factor.passkeys import CHALLENGE, Site, do_log_in, do_register
from meet.api.throttling import CODES
from tests.authenticator import Authenticator
from tests.meet.personas import Household, household, member, operator
from tests.password import PASSWORD

if TYPE_CHECKING:
    from django.conf import LazySettings

OWN = "/admin/second-step/"
SECOND = "/admin/login/second/"
ORIGIN = "http://testserver"
Action = AuditEvent.Action

pytestmark = pytest.mark.usefixtures("client_build")


class Clock:
    def __init__(self) -> None:
        self.now = dt.datetime.now(dt.UTC)

    def goes_on(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def acme(db: None) -> Household:  # noqa: ARG001 - its tables
    made = household("acme")
    careful = User.objects.get(username="acmecareful")
    Membership.objects.create(account=made.account, user=careful, role=Role.ADMIN)
    return made


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timezone, "now", lambda: made.now)
    return made


def log_in(name: str = "acmeperson", client: Client | None = None, after: str = "/admin/") -> tuple[Client, Any]:
    client = client or Client()
    body = {"username": name, "password": PASSWORD}
    return client, client.post(f"/admin/login/?next={after}", body)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def code_of(name: str, clock: Clock) -> str:
    factor = SecondFactor.objects.get(user__username=name)
    return code_at(factor.secret or factor.offered, int(clock.now.timestamp()) // 30)


def options_of(page: Any) -> dict[str, Any]:
    found = re.search(r'<script id="passkey-options" type="application/json">(.*?)</script>', page.content.decode())
    assert found is not None
    options: dict[str, Any] = json.loads(found[1])
    return options


def recovery_codes_of(page: Any) -> list[str]:
    found = re.search(r'<textarea id="recovery-codes"[^>]*>([^<]+)</textarea>', page.content.decode())
    assert found is not None, page.content.decode()
    return html.unescape(found[1]).split()


def set_app_up(client: Client, clock: Clock, name: str = "acmeperson") -> list[str]:
    """The recovery codes that are shown."""
    client.post(OWN, {"action": "offer"})
    page = client.post(OWN, {"action": "confirm", "code": code_of(name, clock)})
    clock.goes_on(30)
    return recovery_codes_of(page)


def add_passkey(client: Client, authenticator: Authenticator, name: str = "my laptop") -> Any:
    answer = authenticator.make(options_of(client.get(OWN)), ORIGIN)
    return client.post(OWN, {"action": "register", "passkey": answer, "name": name})


def policy(acme: Household, chosen: SecondFactorPolicy) -> None:
    acme.account.second_factor = chosen
    acme.account.save()


def told(action: str) -> list[str]:
    return list(AuditEvent.objects.filter(action=action).order_by("pk").values_list("what", flat=True))


class TestApp:
    def test_codes_are_those_of_rfc_6238(self) -> None:
        """Appendix B's, of which an app shows the last six digits."""
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
            assert code_at(secret, seconds // 30) == code
            now = dt.datetime.fromtimestamp(seconds, dt.UTC)
            assert step_of(secret, f" {code[:3]} {code[3:]} ", now) == seconds // 30

    def test_a_code_counts_a_step_early_or_late_and_no_more(self) -> None:
        secret, now = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", dt.datetime.fromtimestamp(3000, dt.UTC)
        counts = [step_of(secret, code_at(secret, 100 + around), now) is not None for around in range(-3, 4)]
        assert counts == [False, False, True, True, True, False, False]

    @pytest.mark.usefixtures("acme")
    def test_the_login_asks_for_it_once_it_is_confirmed(self, clock: Clock) -> None:
        client, _ = log_in()
        page = client.post(OWN, {"action": "offer"}, follow=True)
        assert "<svg" in page.content.decode()
        assert SecondFactor.objects.get(user__username="acmeperson").offered.encode() not in page.content
        wrong = client.post(OWN, {"action": "confirm", "code": "000000"})
        assert "This code is wrong" in wrong.content.decode()
        other, answer = log_in()
        assert answer.url == "/admin/", "what is not confirmed counts for nothing"
        codes = set_app_up(client, clock)
        assert len(codes) == 10
        assert is_in(client), "who has set it up stays"
        assert not is_in(other), "who was logged in without it is not any more"

    @pytest.mark.usefixtures("acme")
    def test_a_password_alone_opens_nothing(self, clock: Clock) -> None:
        set_app_up(log_in()[0], clock)
        client, answer = log_in(after="/admin/accounts/account/")
        assert answer.url == f"{SECOND}?next=%2Fadmin%2Faccounts%2Faccount%2F"
        for path in ("/admin/", "/admin/accounts/account/", "/recordings", "/admin/password_change/", OWN):
            assert client.get(path).status_code == 302, path
        assert client.get("/admin/login/").url.startswith(SECOND)  # type: ignore[attr-defined]
        assert client.post(SECOND, {"code": "000000"}).status_code == 200
        assert not is_in(client)
        key = client.session.session_key
        done = client.post(answer.url, {"code": code_of("acmeperson", clock)})
        assert (done.status_code, done.url) == (302, "/admin/accounts/account/")  # type: ignore[attr-defined]
        assert is_in(client)
        assert client.session.session_key != key
        assert told(Action.LOGIN) == ["the admin", "the admin, with a code"]
        assert told(Action.LOGIN_FAILED) == ["the admin, second step"]

    @pytest.mark.usefixtures("acme")
    def test_a_code_counts_once(self, clock: Clock) -> None:
        set_app_up(log_in()[0], clock)
        code = code_of("acmeperson", clock)
        assert log_in()[0].post(SECOND, {"code": code}).status_code == 302
        again = log_in()[0].post(SECOND, {"code": code})
        assert "This code has been used" in again.content.decode()
        factor = SecondFactor.objects.get(user__username="acmeperson")
        clock.goes_on(90)
        fresh = code_of("acmeperson", clock)
        do_use_code(factor, fresh, clock.now)
        with pytest.raises(FactorRefusedError, match="used"):
            do_use_code(factor, fresh, clock.now)

    @pytest.mark.usefixtures("acme")
    def test_codes_can_not_be_guessed_and_others_still_count(self, clock: Clock) -> None:
        recovery = set_app_up(log_in()[0], clock)
        statuses = [log_in()[0].post(SECOND, {"code": f"{number:06}"}).status_code for number in range(CODES.requests)]
        # The confirmation was one of them.
        assert statuses == [200] * (CODES.requests - 1) + [429]
        client, _ = log_in()
        refused = client.post(SECOND, {"code": code_of("acmeperson", clock)})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= CODES.period_s
        assert client.post(SECOND, {"code": recovery[0]}).status_code == 302

    @pytest.mark.usefixtures("acme")
    def test_a_half_login_ends_by_itself(self, clock: Clock) -> None:
        set_app_up(log_in()[0], clock)
        client, _ = log_in()
        clock.goes_on(601)
        answer = client.post(SECOND, {"code": code_of("acmeperson", clock)})
        assert answer.url.startswith("/admin/login/?")  # type: ignore[attr-defined]
        assert not is_in(client)

    @pytest.mark.usefixtures("acme")
    def test_it_leads_to_addresses_of_ours_only(self, clock: Clock) -> None:
        set_app_up(log_in()[0], clock)
        client, _ = log_in()
        answer = client.post(f"{SECOND}?next=https://elsewhere.example/", {"code": code_of("acmeperson", clock)})
        assert answer.url == "/admin/"  # type: ignore[attr-defined]

    @pytest.mark.usefixtures("acme")
    def test_secrets_are_encrypted_and_hashed(self, clock: Clock) -> None:
        codes = set_app_up(log_in()[0], clock)
        factor = SecondFactor.objects.get(user__username="acmeperson")
        stored = str(list(SecondFactor.objects.extra(select={"raw": "secret"}).values("raw"))[-1])
        assert factor.secret not in stored
        hashes = set(factor.recovery_codes.values_list("hash", flat=True))
        assert len(hashes) == len(codes)
        assert not any(code in hashes or code.replace("-", "") in hashes for code in codes)
        assert not any(part in str(list(AuditEvent.objects.values())) for part in (factor.secret, *codes))


@pytest.mark.usefixtures("acme")
class TestRecoveryCodes:
    def test_each_lets_in_once(self, clock: Clock) -> None:
        first, second, *_ = set_app_up(log_in()[0], clock)
        client, _answer = log_in()
        assert client.post(SECOND, {"code": first.upper()}).status_code == 302
        assert is_in(client)
        assert "has been used" in log_in()[0].post(SECOND, {"code": first}).content.decode()
        assert log_in()[0].post(SECOND, {"code": second.replace("-", " ")}).status_code == 302
        assert told(Action.LOGIN)[-1] == "the admin, with a recovery code: 8 are left"

    def test_new_ones_replace_the_old(self, clock: Clock) -> None:
        client, _ = log_in()
        old = set_app_up(client, clock)
        new = recovery_codes_of(client.post(OWN, {"action": "recovery"}))
        assert not set(old) & set(new)
        assert log_in()[0].post(SECOND, {"code": old[0]}).status_code == 200
        assert log_in()[0].post(SECOND, {"code": new[0]}).status_code == 302

    def test_nobody_has_any_before_something_else(self) -> None:
        client, _ = log_in()
        assert "Set up an app or a passkey first" in client.post(OWN, {"action": "recovery"}).content.decode()
        assert not RecoveryCode.objects.filter(factor__user__username="acmeperson").exists()


@pytest.mark.usefixtures("acme")
class TestPasskeys:
    def test_one_is_added_and_logs_in(self) -> None:
        client, _ = log_in()
        authenticator = Authenticator()
        assert len(recovery_codes_of(add_passkey(client, authenticator))) == 10
        assert is_in(client)
        other, answer = log_in()
        assert answer.url.startswith(SECOND)
        options = options_of(other.get(SECOND))
        assert options["rpId"] == "testserver"
        done = other.post(SECOND, {"passkey": authenticator.use(options, ORIGIN)})
        assert done.status_code == 302
        assert is_in(other)
        assert told(Action.LOGIN)[-1] == "the admin, with passkey my laptop"

    def test_a_challenge_counts_once_and_for_five_minutes(self, clock: Clock) -> None:
        authenticator = Authenticator()
        add_passkey(log_in()[0], authenticator)
        client, _ = log_in()
        options = options_of(client.get(SECOND))
        answer = authenticator.use(options, ORIGIN)
        assert client.post(SECOND, {"passkey": answer}).status_code == 302
        other, _ = log_in()
        assert other.post(SECOND, {"passkey": answer}).status_code == 200
        late = authenticator.use(options_of(other.get(SECOND)), ORIGIN)
        clock.goes_on(301)
        assert "took too long" in other.post(SECOND, {"passkey": late}).content.decode()

    @pytest.mark.parametrize("origin", ["https://testserver", "http://testserver:8080", "http://evil.example", "null"])
    def test_it_counts_from_our_origin_only(self, origin: str) -> None:
        authenticator = Authenticator()
        add_passkey(log_in()[0], authenticator)
        client, _ = log_in()
        answer = authenticator.use(options_of(client.get(SECOND)), origin)
        assert "does not count here" in client.post(SECOND, {"passkey": answer}).content.decode()
        assert not is_in(client)

    def test_it_counts_at_its_host_only(self) -> None:
        authenticator = Authenticator()
        add_passkey(log_in()[0], authenticator)
        body = {"username": "acmeperson", "password": PASSWORD}
        client = Client(headers={"host": "localhost"})
        client.post("/admin/login/", body)
        page = client.get(SECOND)
        assert "passkey-options" not in page.content.decode()
        assert "Your passkeys are for another address: testserver" in " ".join(page.content.decode().split())

    def test_there_is_none_at_an_address_of_numbers(self) -> None:
        client = Client(headers={"host": "127.0.0.1:8000"})
        log_in(client=client)
        page = client.get(OWN).content.decode()
        assert "passkey-options" not in page
        assert "Passkeys need a host name" in page

    def test_a_copy_does_not_count(self) -> None:
        authenticator = Authenticator()
        add_passkey(log_in()[0], authenticator)
        for _ in range(2):
            client, _answer = log_in()
            client.post(SECOND, {"passkey": authenticator.use(options_of(client.get(SECOND)), ORIGIN)})
        authenticator.counter = 0
        client, _answer = log_in()
        answer = authenticator.use(options_of(client.get(SECOND)), ORIGIN)
        assert "has been copied" in client.post(SECOND, {"passkey": answer}).content.decode()

    def test_another_key_does_not_count(self) -> None:
        add_passkey(log_in()[0], Authenticator())
        client, _ = log_in()
        answer = Authenticator().use(options_of(client.get(SECOND)), ORIGIN)
        assert "does not count here" in client.post(SECOND, {"passkey": answer}).content.decode()

    def test_somebody_has_ten_at_most(self) -> None:
        client, _ = log_in()
        for number in range(10):
            add_passkey(client, Authenticator(), f"key {number}")
        page = client.get(OWN).content.decode()
        assert "passkey-options" not in page
        assert "10 passkeys at most" in page

    @hypothesis(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(
        st.one_of(
            st.text(max_size=200),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=40),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(
                        st.sampled_from(
                            [
                                "id",
                                "rawId",
                                "type",
                                "response",
                                "clientDataJSON",
                                "attestationObject",
                                "authenticatorData",
                                "signature",
                            ]
                        )
                        | st.text(max_size=5),
                        inner,
                        max_size=6,
                    )
                ),
                max_leaves=12,
            ).map(json.dumps),
        )
    )
    def test_whatever_a_browser_sends_is_refused_in_words(self, text: str) -> None:
        factor = SecondFactor.objects.get(user__username="acmecareful")
        site, now = Site("testserver", ORIGIN), timezone.now()
        state = {"challenge": "AAAA", "user_verification": "preferred"}
        session = {CHALLENGE: {"purpose": "register", "at": int(now.timestamp()), "state": state}}
        with pytest.raises(FactorRefusedError):
            do_register(site, factor, dict(session), text, "x", now)
        Passkey.objects.all().delete()
        session[CHALLENGE]["purpose"] = "log in"
        with pytest.raises(FactorRefusedError):
            do_log_in(site, factor, dict(session), text, now)


class TestPolicy:
    @pytest.mark.parametrize(
        ("chosen", "wanted_of"),
        [
            (SecondFactorPolicy.OPTIONAL, set()),
            (SecondFactorPolicy.ADMINS, {Role.OWNER, Role.ADMIN}),
            (SecondFactorPolicy.ALL, {Role.OWNER, Role.ADMIN, Role.VIEWER}),
        ],
    )
    def test_who_must_have_one_sets_it_up_to_go_on(
        self, acme: Household, clock: Clock, chosen: SecondFactorPolicy, wanted_of: set[Role]
    ) -> None:
        for role in Role:
            user = User.objects.create_user(f"the{role}", "", PASSWORD, is_staff=True)
            Membership.objects.create(account=acme.account, user=user, role=role)
        policy(acme, chosen)
        for number, role in enumerate(Role):
            clock.goes_on(3600)
            client, answer = log_in(f"the{role}", after="/admin/accounts/")
            if role not in wanted_of:
                assert answer.url == "/admin/accounts/"
                continue
            page = client.get(answer.url, follow=True)
            assert page.redirect_chain[-1][0] == f"{OWN}?next=%2Fadmin%2Faccounts%2F"
            assert "Set one up to go on" in page.content.decode()
            assert client.get("/recordings").status_code == 302
            codes = set_app_up(client, clock, f"the{role}")
            assert len(codes) == 10, number
            assert client.get("/recordings").status_code == 200

    def test_a_login_that_lacks_it_changes_nothing_else(self, acme: Household) -> None:
        policy(acme, SecondFactorPolicy.ALL)
        client, _ = log_in()
        for action in ("recovery", "remove-app", "remove-passkey", "", "everything"):
            assert client.post(OWN, {"action": action}).status_code == 400, action

    def test_from_then_on_older_logins_are_out(self, acme: Household) -> None:
        client, _ = log_in()
        assert is_in(client)
        policy(acme, SecondFactorPolicy.ADMINS)
        assert not is_in(client)

    def test_superusers_by_the_operators_setting(self, settings: LazySettings, db: None) -> None:
        del db
        client = operator()
        assert is_in(client)
        settings.CONFIG = replace(settings.CONFIG, superusers_second_factor=True)
        assert not is_in(client)
        assert log_in("operator")[1].url.startswith(SECOND)

    def test_the_last_one_stays_while_it_is_wanted(self, acme: Household, clock: Clock) -> None:
        policy(acme, SecondFactorPolicy.ALL)
        client, _ = log_in()
        set_app_up(client, clock)
        kept = client.post(OWN, {"action": "remove-app"})
        assert "Set up another one before you remove this" in kept.content.decode()
        add_passkey(client, Authenticator())
        assert client.post(OWN, {"action": "remove-app"}).status_code == 302
        assert SecondFactor.objects.get(user__username="acmeperson").secret == ""

    def test_owners_choose_it_and_admins_do_not(self, acme: Household) -> None:
        path = f"/admin/accounts/account/{acme.account.pk}/change/"
        for role, count in ((Role.OWNER, 1), (Role.ADMIN, 0)):
            page = member(acme.account, role).get(path).content.decode()
            assert page.count('name="second_factor"') == count, role


@pytest.mark.usefixtures("acme")
class TestChanges:
    def test_they_take_a_login_of_the_last_quarter_of_an_hour(self, clock: Clock) -> None:
        client, _ = log_in()
        set_app_up(client, clock)
        clock.goes_on(15 * 60)
        page = client.get(OWN).content.decode()
        assert "Changes take a login of the last quarter of an hour" in page
        assert "passkey-options" not in page
        for action in ("offer", "confirm", "register", "recovery", "remove-app"):
            assert client.post(OWN, {"action": action}).status_code == 302
        factor = SecondFactor.objects.get(user__username="acmeperson")
        assert (factor.active, factor.offered, factor.recovery_codes.count()) == (True, "", 10)
        again = client.post(OWN, {"action": "again"})
        assert again.url == "/admin/login/?next=%2Fadmin%2Fsecond-step%2F"  # type: ignore[attr-defined]
        assert not is_in(client)

    def test_with_the_last_one_the_second_step_goes(self, clock: Clock) -> None:
        client, _ = log_in()
        set_app_up(client, clock)
        other, _ = log_in()
        other.post(SECOND, {"code": code_of("acmeperson", clock)})
        client.post(OWN, {"action": "remove-app"})
        assert is_in(client)
        assert not is_in(other)
        assert log_in()[1].url == "/admin/"
        assert not SecondFactor.objects.filter(user__username="acmeperson").exists()

    def test_nobody_removes_anothers_passkey(self) -> None:
        theirs = Passkey.objects.get(factor__user__username="acmecareful")
        client, _ = log_in()
        for number in (str(theirs.pk), "", "x", "9" * 30, "²"):
            page = client.post(OWN, {"action": "remove-passkey", "number": number})
            assert "has been removed before" in page.content.decode()
        assert Passkey.objects.filter(pk=theirs.pk).exists()

    def test_strangers_are_led_to_the_login(self) -> None:
        for method in (Client().get, Client().post):
            assert method(OWN).url == "/admin/login/?next=%2Fadmin%2Fsecond-step%2F"  # type: ignore[attr-defined]
            assert method(SECOND).url.startswith("/admin/login/")  # type: ignore[attr-defined]


class TestReset:
    def test_owners_reset_it_for_their_people_and_it_is_told(self, acme: Household) -> None:
        owner = member(acme.account, Role.OWNER)
        membership = Membership.objects.get(user__username="acmecareful")
        path = f"/admin/accounts/membership/{membership.pk}/second-step/"
        assert "second-step/" in owner.get(f"/admin/accounts/membership/{membership.pk}/change/").content.decode()
        assert owner.get(path).status_code == 200
        assert SecondFactor.objects.filter(user=membership.user).exists(), "to look changes nothing"
        assert owner.post(path).status_code == 302
        assert not SecondFactor.objects.filter(user=membership.user).exists()
        assert told(Action.SECOND_FACTOR) == ["of acmecareful: reset"]

    def test_others_do_not(self, acme: Household) -> None:
        membership = Membership.objects.get(user__username="acmecareful")
        path = f"/admin/accounts/membership/{membership.pk}/second-step/"
        strangers = household("zebra").account
        for client in (member(acme.account, Role.ADMIN), member(strangers, Role.OWNER), Client()):
            assert client.post(path).status_code in {302, 403, 404}
        Membership.objects.create(account=strangers, user=membership.user, role=Role.VIEWER)
        answer = member(acme.account, Role.OWNER).post(path, follow=True)
        assert "its operator can help" in answer.content.decode()
        assert SecondFactor.objects.filter(user=membership.user).exists()

    def test_the_operator_resets_anybodys(self, acme: Household) -> None:
        del acme
        user = User.objects.get(username="acmecareful")
        client = operator()
        assert client.post(f"/admin/auth/user/{user.pk}/second-step/").status_code == 302
        assert not SecondFactor.objects.filter(user=user).exists()
        assert client.post("/admin/auth/user/999999/second-step/").status_code == 404

    def test_a_command_does_as_well(self, acme: Household) -> None:
        del acme
        said = io.StringIO()
        call_command("reset_mfa", "acmecareful", stdout=said)
        call_command("reset_mfa", "acmecareful", stdout=said)
        assert said.getvalue().splitlines() == [
            "acmecareful logs in without a second step now, or sets up a new one where it is required.",
            "acmecareful has no second step.",
        ]
        assert told(Action.SECOND_FACTOR) == ["of acmecareful: reset"]
        with pytest.raises(CommandError, match="There is no user 'nobody'"):
            call_command("reset_mfa", "nobody")

    def test_it_ends_logins_that_were_made_with_it(self, acme: Household, clock: Clock) -> None:
        del acme
        client, _ = log_in()
        set_app_up(client, clock)
        call_command("reset_mfa", "acmeperson", stdout=io.StringIO())
        assert not is_in(client)


class TestServerApi:
    def login(self, name: str = "acmeperson") -> Any:
        body = {"username": name, "password": PASSWORD}
        return Client().post("/auth/jwt/login", body, content_type="application/json")

    def test_a_password_alone_is_refused_in_words(self, acme: Household, clock: Clock) -> None:
        tokens = self.login().json()
        headers = {"authorization": f"Bearer {tokens['access']}"}
        assert Client(headers=headers).get("/rooms").status_code == 200
        set_app_up(log_in()[0], clock)
        refused = self.login()
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (403, "secondStepRequired")
        assert "API token" in error["hint"]
        assert Client(headers=headers).get("/rooms").status_code == 401, "tokens of before don't count any more"
        body = {"refresh": tokens["refresh"]}
        assert Client().post("/auth/jwt/refresh", body, content_type="application/json").status_code == 401
        del acme

    def test_so_it_is_where_the_account_wants_one(self, acme: Household) -> None:
        policy(acme, SecondFactorPolicy.ADMINS)
        assert self.login().status_code == 403

    def test_a_wrong_password_is_told_as_before(self, acme: Household) -> None:
        policy(acme, SecondFactorPolicy.ALL)
        body = {"username": "acmeperson", "password": "wrong"}
        assert Client().post("/auth/jwt/login", body, content_type="application/json").status_code == 401


def test_people_list_says_who_has_one(acme: Household) -> None:
    page = member(acme.account, Role.OWNER).get("/admin/accounts/membership/").content.decode()
    assert page.count("yes-no-yes") == 1
