"""Entering a room through the whole of Django, with a real server for access checks."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from meet.accounts.access import asking, first_use
from meet.accounts.access.denials import WORDS, Denial
from meet.accounts.hosts import default_account
from meet.accounts.incidents import report
from meet.accounts.models import Account, Domain, Incident, TokenUse
from meet.attributes.links import NO_ADDRESSES, NOT_SIGNED, hash_of
from meet.config import Config
from meet.outgoing import NoPlaceError, Places
from meet.outgoing.places import _places
from meet.outgoing.sending import _sender
from rooms.models import Node, Placement
from rooms.nodes.tickets import PageIdentity, sign_identity
from tests.meet.answering import Asked, Write, answer, answering, certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from django.http import HttpResponse

    from tests.meet.answering import Answering

SECRET = "0123456789abcdef0123456789abcdef"
HOUR_MS = 3_600_000

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build", "live_node")]


@pytest.fixture(autouse=True)
def _operator(settings: LazySettings) -> None:
    settings.CONFIG = Config(jwt_key=SECRET, outgoing_networks="127.0.0.0/8")


@pytest.fixture
def checker() -> Iterator[Answering]:
    """A server for access checks that lets everybody in."""
    with answering(answer(200)) as server:
        yield server


@pytest.fixture
def account(checker: Answering) -> Account:
    """The default account asks that server."""
    account = default_account()
    account.access_url, account.access_header, account.contact = checker.url, "Basic c2VjcmV0", "help@acme.example"
    account.save()
    return account


def token(**claims: Any) -> str:
    return jwt.encode({"roomId": "room", **claims}, SECRET, "HS256")


def page(**given: str) -> Any:
    return Client().get("/call/", {"roomId": "room", **given})


def ticket(identity: str = "", **given: str) -> HttpResponse:
    query = "&".join(f"{name}={value}" for name, value in {"roomId": "room", **given}.items())
    return ask_with({"interface": "call", "query": f"?{query}", "identity": identity})


def ask_with(body: dict[str, Any]) -> HttpResponse:
    return Client().post("/tickets/", json.dumps(body), content_type="application/json")  # type: ignore[return-value]


def both(**given: str) -> int:
    """The status of the page and of a ticket, which must be the same."""
    statuses = {page(**given).status_code, ticket(**given).status_code}
    assert len(statuses) == 1
    return int(statuses.pop())


def code(response: Any) -> str:
    return str(json.loads(response.content)["error"]["code"])


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def boot(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="(?:boot|denial)" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    return dict(json.loads(found.group(1)))


def ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


class TestCheck:
    @pytest.mark.parametrize("status", [200, 409])
    def test_who_may_enter_gets_the_room(self, account: Account, checker: Answering, status: int) -> None:
        checker.script = answer(status)
        assert both(accessToken="caa630bb", peerId="de9b6927") == 200
        first, second = checker.asked
        assert json.loads(first.body) == {"accessToken": "caa630bb", "roomId": "room", "peerId": "de9b6927"}
        assert first.headers["Authorization"] == account.access_header
        assert first.headers["Content-Type"] == "application/json"
        assert second.body == first.body

    @pytest.mark.parametrize(
        ("status", "expected", "sentence"),
        [
            (400, Denial.BAD_REQUEST, "Token, roomId or peerId not found."),
            (401, Denial.DECLINED, "You are not allowed to join this room."),
            (403, Denial.INVALID_TOKEN, "Invalid token."),
            (404, Denial.INVALID_ROOM, "Invalid room ID."),
            (423, Denial.LOCKED, "Nobody can enter at the moment."),
            (425, Denial.TOO_EARLY, "The event has not started yet."),
            (500, Denial.CHECK_FAILED, "Server connection error"),
            (302, Denial.CHECK_FAILED, "Server connection error"),
            (204, Denial.CHECK_FAILED, "Server connection error"),
            (429, Denial.CHECK_FAILED, "Server connection error"),
            (503, Denial.CHECK_FAILED, "Server connection error"),
        ],
    )
    def test_who_may_not_gets_a_page_with_that_code_and_its_words(
        self, account: Account, checker: Answering, status: int, expected: Denial, sentence: str
    ) -> None:
        checker.script = answer(status, Location="http://127.0.0.1:1/")
        response, answered = page(accessToken="a"), ticket(accessToken="a")
        words = WORDS[expected]
        shown = status if expected is not Denial.CHECK_FAILED else 500
        assert response.status_code == answered.status_code == words.status == shown
        assert code(answered) == boot(response)["code"] == expected.value
        for part in (words.title, words.message, words.hint, sentence):
            assert part in text(response)
        assert response.headers["Cache-Control"] == "no-store"
        assert "X-Frame-Options" not in response.headers
        assert response.headers.get("Retry-After") == ("30" if status == 425 else None)
        assert Placement.objects.count() == 0
        assert Incident.objects.filter(account=account).exists() == (expected is Denial.CHECK_FAILED)
        assert len(checker.asked) == 2

    def test_a_locked_room_tells_why_and_whom_to_ask(self, account: Account, checker: Answering) -> None:
        checker.script = answer(423, b'{"message": "The event <b>is over</b>."}')
        response = page()
        assert "The event &lt;b&gt;is over&lt;/b&gt;." in response.content.decode()
        assert account.contact in text(response)
        assert WORDS[Denial.LOCKED].message not in text(response)
        assert json.loads(ticket().content)["error"]["message"] == "The event <b>is over</b>."
        checker.script = answer(401)
        assert account.contact not in text(page())

    @pytest.mark.usefixtures("account")
    def test_leaving_the_access_token_away_does_not_get_around_the_check(self, checker: Answering) -> None:
        checker.script = answer(401)
        assert both() == both(token=token(role="moderator")) == 401
        assert {"accessToken": "", "roomId": "room", "peerId": ""} in [json.loads(one.body) for one in checker.asked]

    @pytest.mark.usefixtures("account")
    def test_a_token_decides_what_is_asked(self, checker: Answering) -> None:
        both(token=token(accessToken="signed", peerId="ada"), accessToken="other", peerId="eve")
        asked = {"accessToken": "signed", "roomId": "room", "peerId": "ada"}
        assert [json.loads(one.body) for one in checker.asked] == [asked, asked]

    @pytest.mark.usefixtures("account")
    def test_an_id_that_we_made_up_is_not_one_of_the_link(self, checker: Answering) -> None:
        made = boot(page())
        answered = json.loads(ticket(made["identity"]).content)
        assert answered["peerId"] == made["peerId"]
        assert [json.loads(one.body)["peerId"] for one in checker.asked] == ["", ""]
        assert json.loads(ticket(made["identity"], peerId="ada").content)["peerId"] == "ada"
        assert json.loads(checker.asked[-1].body)["peerId"] == "ada"

    @pytest.mark.usefixtures("account")
    def test_nobody_enters_under_an_id_that_the_check_was_not_asked_about(self, checker: Answering) -> None:
        of_link = boot(page(peerId="eve"))["identity"]
        elsewhere = boot(page(roomId="other"))["identity"]
        checker.asked.clear()
        taken = [
            ask_with({"interface": "call", "query": "?roomId=room", "peerId": "ceo"}),
            ask_with({"interface": "call", "query": "?roomId=room", "peer_id": "ceo"}),
            ticket("ceo"),
            ticket(of_link),
            ticket(elsewhere),
            ticket(of_link[:-1] + ("A" if of_link[-1] != "A" else "B")),
        ]
        ids = [json.loads(response.content)["peerId"] for response in taken]
        assert len({str(uuid.UUID(peer_id)) for peer_id in ids}) == len(taken)
        assert {json.loads(one.body)["peerId"] for one in checker.asked} == {""}

    def test_an_account_that_requires_tokens_asks_nobody(self, account: Account, checker: Answering) -> None:
        Account.objects.filter(pk=account.pk).update(jwt_required=True)
        checker.script = answer(401)
        assert both(token=token(), accessToken="a") == 200
        assert checker.asked == []

    @pytest.mark.usefixtures("account")
    def test_each_account_asks_its_own_server(self, checker: Answering) -> None:
        other = Account.objects.create(name="Other")
        Domain.objects.create(account=other, host="other.example")
        checker.script = answer(401)
        assert Client().get("/call/?roomId=room", headers={"host": "other.example"}).status_code == 200
        assert checker.asked == []


class TestFailing:
    def test_nobody_enters_while_the_server_is_away_and_the_admins_get_to_know(
        self, account: Account, checker: Answering
    ) -> None:
        with answering(answer(200)) as gone:
            pass
        Account.objects.filter(pk=account.pk).update(access_url=gone.url)
        assert both() == 500
        incident = Incident.objects.get()
        assert (incident.account, incident.kind, incident.count) == (account, "accessCheck", 2)
        assert incident.message == ("The access check failed: Nobody answers at 127.0.0.1. People were refused entry.")
        assert checker.asked == []

    @pytest.mark.usefixtures("account")
    def test_a_connection_that_breaks_is_tried_once_more(self, checker: Answering) -> None:
        def first_breaks(asked: Asked, write: Write) -> None:
            if len(checker.asked) > 1:
                answer(200)(asked, write)

        checker.script = first_breaks
        assert page().status_code == 200
        assert len(checker.asked) == 2
        checker.script = lambda _asked, _write: None
        assert page().status_code == 500
        assert len(checker.asked) == 4

    def test_neither_a_late_answer_nor_a_broken_one_is_asked_for_again(
        self, account: Account, checker: Answering, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def late(_asked: Asked, write: Write) -> None:
            while write(b""):
                time.sleep(0.02)

        def broken(_asked: Asked, write: Write) -> None:
            write(b"nonsense\r\n\r\n")

        checker.script = broken
        assert page().status_code == 500
        checker.script = late
        monkeypatch.setattr(asking, "TIMEOUT_S", 0.2)
        assert page().status_code == 500
        assert len(checker.asked) == 2
        assert {one.message for one in Incident.objects.filter(account=account)} == {
            "The access check failed: There was no complete answer within 0.2 seconds. People were refused entry.",
            "The access check failed: What came back is no HTTP answer. People were refused entry.",
        }

    def test_an_address_that_is_not_public_is_not_asked(
        self, account: Account, checker: Answering, settings: LazySettings
    ) -> None:
        settings.CONFIG = Config(jwt_key=SECRET)
        assert both() == 500
        assert checker.asked == []
        assert "not public" in Incident.objects.get(account=account).message

    def test_the_header_is_in_no_message(self, account: Account, checker: Answering) -> None:
        Account.objects.filter(pk=account.pk).update(access_header="Basic \u00fc-secret")
        response = page()
        assert response.status_code == 500
        assert "secret" not in text(response) + Incident.objects.get().message
        assert checker.asked == []


class TestTooMany:
    def test_an_account_has_its_places_and_others_have_theirs(self) -> None:
        places = Places(2, 10)
        with places.one(1), places.one(1), places.one(2), pytest.raises(NoPlaceError), places.one(1):
            pass
        with places.one(1), places.one(1):
            pass
        with pytest.raises(ZeroDivisionError), places.one(1):
            raise ZeroDivisionError
        assert not places._taken

    def test_all_accounts_together_leave_half_of_the_places_to_others(self) -> None:
        places = _places(40)
        with ExitStack() as taken:
            for number in range(20):
                taken.enter_context(places.one(number // 5))
            for account in (0, 4):
                with pytest.raises(NoPlaceError), places.one(account):
                    pass
        assert not places._taken
        with _places(1).one(1):  # at least one
            pass

    def test_who_comes_while_all_places_are_taken_is_asked_to_wait(self, account: Account, checker: Answering) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "places", lambda: Places(0, 10))
            response = page()
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert checker.asked == []
        assert not Incident.objects.filter(account=account).exists()


class TestTokenRequired:
    @pytest.fixture(autouse=True)
    def _required(self) -> None:
        default_account()
        Account.objects.update(jwt_required=True)

    @pytest.mark.parametrize("given", [{}, {"token": ""}, {"token": " "}, {"accessToken": "a"}, {"role": "moderator"}])
    def test_without_a_token_nobody_enters(self, given: dict[str, str]) -> None:
        assert both(**given) == 403
        response = page(**given)
        assert '<h1 data-text="title">Access denied</h1>' in response.content.decode()
        assert code(ticket(**given)) == "accessDenied"
        assert Placement.objects.count() == 0

    def test_with_one_everybody_does(self) -> None:
        assert both(token=token()) == 200

    def test_a_token_that_is_not_ours_is_refused_as_ever(self) -> None:
        assert both(token=token() + "x") == 403
        assert code(ticket(token=token() + "x")) == "tokenInvalid"


class TestStart:
    @pytest.mark.parametrize("write", [ms, lambda moment: moment.isoformat().replace("+00:00", ".0Z")])
    def test_before_the_start_nobody_but_moderators_enters(self, write: Callable[[dt.datetime], Any]) -> None:
        start = (timezone.now() + dt.timedelta(hours=1)).replace(microsecond=0)
        early = token(startTime=write(start))
        assert both(token=early) == 425
        response = page(token=early)
        shown = start.isoformat().replace("+00:00", "Z")
        assert f"The event has not started yet. Start {shown}." in text(response)
        told = boot(response)
        assert told["startMs"] == ms(start)
        assert abs(told["nowMs"] - ms(timezone.now())) < 60_000
        error = json.loads(ticket(token=early).content)["error"]
        assert (error["code"], error["data"]) == ("tooEarly", {"startTime": ms(start), "retryAfter": 30})
        assert both(token=token(startTime=write(start), role="moderator")) == 200
        assert both(token=token(startTime=write(start - dt.timedelta(hours=2)))) == 200

    @pytest.mark.usefixtures("account")
    def test_the_server_for_access_checks_is_not_asked_before(self, checker: Answering) -> None:
        assert both(token=token(startTime=ms(timezone.now()) + HOUR_MS)) == 425
        assert checker.asked == []

    def test_a_link_can_not_say_when_it_starts(self) -> None:
        assert both(startTime="2999-01-01T00:00:00Z") == 200


class TestLifetime:
    @pytest.mark.usefixtures("database")
    def test_it_counts_from_the_first_entrance(self) -> None:
        now = timezone.now()
        Node.objects.get_or_create(name="serv0", defaults={"port": 8001, "started_at": now, "heartbeat_at": now})
        limited = token(tokenLifetime=60_000)
        assert both(token=limited) == 200
        use = TokenUse.objects.get()
        assert limited not in use.hash
        use.first_used_at -= dt.timedelta(seconds=61)
        use.save()
        assert both(token=limited) == 403
        assert "limited time, which is over" in text(page(token=limited))
        assert code(ticket(token=limited)) == "tokenOver"
        assert both(token=token(tokenLifetime=60_001)) == 200

    @pytest.mark.parametrize("claims", [{"tokenLifetime": 0}, {"exp": round(time.time()) - 60}])
    def test_who_was_in_gets_all_that_a_page_starts_with_when_it_is_loaded_anew(self, claims: dict[str, int]) -> None:
        over = token(displayName="Ada", role="moderator", **claims)
        first_use.note_use(default_account(), over, timezone.now() - dt.timedelta(seconds=60))
        was_in = PageIdentity(default_account().pk, "room", str(uuid.uuid4()), True, "session", hash_of(over), True)
        asked = {"interface": "webinar", "query": f"?roomId=room&lang=fr&token={over}", "page": True}
        answered = ask_with({**asked, "identity": sign_identity(was_in)})
        assert answered.status_code == 200
        given = json.loads(answered.content)
        assert given.keys() == boot(page()).keys()
        assert (given["peerId"], given["displayName"], given["language"]) == (was_in.peer_id, "Ada", "fr")
        for stranger in ({}, {"identity": sign_identity(replace(was_in, joined=False))}):
            assert code(ask_with({**asked, **stranger})) in {"tokenExpired", "tokenOver"}
        account = default_account()
        account.token_grace_minutes = 0
        account.save()
        assert code(ask_with({**asked, "identity": sign_identity(was_in)})) in {"tokenExpired", "tokenOver"}

    def test_the_spelling_of_the_signature_does_not_matter(self) -> None:
        assert first_use.token_hash("a.b.c") == first_use.token_hash("a.b.d=")
        assert first_use.token_hash("a.b.c") != first_use.token_hash("a.c.c")

    @pytest.mark.usefixtures("database")
    def test_the_first_use_is_known_once_however_many_come_at_once(self) -> None:
        account = default_account()
        moments = [timezone.now() + dt.timedelta(seconds=number) for number in range(8)]
        together(lambda moment: first_use.note_use(account, "a.b.c", moment), moments)
        use = TokenUse.objects.get()
        assert use.first_used_at in moments
        first_use.note_use(account, "a.b.c", timezone.now())
        assert first_use.first_use_ms(account, "a.b.c") == ms(use.first_used_at)
        assert first_use.first_use_ms(account, "a.c.b") is None

    def test_other_accounts_have_other_tokens(self) -> None:
        first_use.note_use(default_account(), "a.b.c", timezone.now())
        assert first_use.first_use_ms(Account.objects.create(name="Other"), "a.b.c") is None

    def test_uses_of_long_ago_are_forgotten(self) -> None:
        account, now = default_account(), timezone.now()
        for number in range(60):
            TokenUse.objects.create(account=account, hash=str(number), first_used_at=now - dt.timedelta(days=401))
        TokenUse.objects.create(account=account, hash="kept", first_used_at=now - dt.timedelta(days=399))
        first_use.note_use(account, "a.b.c", now)
        first_use.note_use(account, "a.b.c", now)
        assert TokenUse.objects.count() == 12
        first_use.note_use(account, "a.c.c", now)
        assert set(TokenUse.objects.values_list("hash", flat=True)) == {
            "kept",
            first_use.token_hash("a.b.c"),
            first_use.token_hash("a.c.c"),
        }

    def test_who_is_refused_by_the_check_has_not_used_the_token(self, account: Account, checker: Answering) -> None:
        checker.script = answer(425)
        assert both(token=token(tokenLifetime=1)) == 425
        assert not TokenUse.objects.filter(account=account).exists()

    def test_a_lifetime_in_a_link_without_a_token_means_nothing(self) -> None:
        assert both(tokenLifetime="0") == 200
        assert both(tokenLifetime="0", token=token(tokenLifetime=HOUR_MS)) == 200
        assert TokenUse.objects.count() == 1


class TestDebugAttributes:
    GIVEN: Final = {"accessToken": "a", "authorizationAccess": "Basic eA=="}
    CHECK: Final = ("accessUrl", "authorizationAccess")

    @pytest.fixture
    def links_checker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
        """A server that links name, with a certificate that we trust; it refuses."""
        path = tmp_path / "trusted.pem"
        path.write_bytes(certificate("127.0.0.1"))
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        _sender.cache_clear()
        with answering(answer(401), certified="127.0.0.1") as server:
            yield server
        _sender.cache_clear()

    def test_where_the_account_allows_them_the_links_server_is_asked(self, links_checker: Answering) -> None:
        default_account()
        Account.objects.update(debug_attributes=True)
        assert both(**self.GIVEN, accessUrl=links_checker.url) == 401
        assert links_checker.asked[0].headers["Authorization"] == "Basic eA=="
        assert json.loads(links_checker.asked[0].body) == {"accessToken": "a", "roomId": "room", "peerId": ""}

    def test_elsewhere_they_do_nothing_and_the_page_says_so(self, links_checker: Answering) -> None:
        response = page(**self.GIVEN, accessUrl=links_checker.url)
        assert response.status_code == 200
        assert boot(response)["warnings"] == [f"{name} has no effect: {NOT_SIGNED}" for name in self.CHECK]
        assert links_checker.asked == []

    def test_a_signed_one_counts_unless_the_account_says_no(self, links_checker: Answering) -> None:
        signed = token(accessUrl=links_checker.url, authorizationAccess="Basic c2lnbmVk")
        assert both(**self.GIVEN, token=signed) == 401
        assert links_checker.asked[0].headers["Authorization"] == "Basic c2lnbmVk"
        links_checker.asked.clear()
        Account.objects.update(signed_addresses=False)
        response = page(**self.GIVEN, token=signed)
        assert response.status_code == 200
        assert boot(response)["warnings"] == [f"{name} has no effect: {NO_ADDRESSES}" for name in self.CHECK]
        assert links_checker.asked == []

    def test_what_is_ignored_is_an_incident(self, links_checker: Answering) -> None:
        cache.clear()
        for _ in range(3):
            page(roomId="room", accessUrl=links_checker.url, video="https://a.example/")
        found = {(one.kind, one.message.partition(" ")[0], one.count) for one in Incident.objects.all()}
        assert found == {("ignoredAttribute", "accessUrl", 1), ("ignoredAttribute", "video", 1)}

    def test_a_signed_restriction_that_cant_be_read_is_one_too(self) -> None:
        cache.clear()
        assert page(token=token(startTime="soon")).status_code == 403
        assert page(token=token(exp="soon")).status_code == 403
        assert page(maxWatchers="ten").status_code == 400
        messages = sorted(Incident.objects.values_list("message", flat=True))
        assert messages == [f"A token was refused, because its {name} can't be read." for name in ("exp", "startTime")]

    def test_the_accounts_own_server_comes_first(
        self, account: Account, checker: Answering, links_checker: Answering
    ) -> None:
        Account.objects.filter(pk=account.pk).update(debug_attributes=True)
        assert both(**self.GIVEN, accessUrl=links_checker.url) == 200
        assert (len(checker.asked), links_checker.asked) == (2, [])

    def test_failures_of_whatever_links_name_are_one_incident(self) -> None:
        default_account()
        Account.objects.update(debug_attributes=True)
        for name in ("a", "b", "c"):
            assert page(accessUrl=f"https://{name}.invalid/").status_code == 500
        incident = Incident.objects.get()
        assert (incident.count, ".invalid" in incident.message) == (3, False)


class TestPage:
    def test_it_speaks_the_language_of_the_link_else_the_accounts_else_the_browsers(self, account: Account) -> None:
        def language(path: str, browser: str) -> Any:
            return boot(Client().get(path, headers={"accept-language": browser}))["language"]

        for given, of_account, browser, expected in (
            ("", "", "de-LU, fr;q=0.5", "de"),
            ("", "fr", "de", "fr"),
            ("LB", "fr", "de", "lb"),
            ("xx", "fr", "de", "fr"),
            ("", "xx", "ru", "ru"),
            ("", "", "", "en"),
        ):
            Account.objects.filter(pk=account.pk).update(language=of_account, jwt_required=False)
            assert language(f"/call/?roomId=room&lang={given}", browser) == expected
            Account.objects.filter(pk=account.pk).update(jwt_required=True)
            assert language(f"/call/?roomId=room&lang={given}", browser) == expected

    def test_it_shows_whose_meetings_these_are(self, account: Account, checker: Answering) -> None:
        checker.script = answer(404)
        assert "denial-brand" not in text(page())
        Account.objects.filter(pk=account.pk).update(brand_name="Acme & Sons")
        response = page()
        assert "Acme &amp; Sons" in response.content.decode()
        assert "· Acme & Sons" in text(response)

    def test_it_may_be_embedded_where_the_room_may(self, account: Account, checker: Answering) -> None:
        checker.script = answer(401)
        Account.objects.filter(pk=account.pk).update(embed_origins="https://shop.example")
        policy = page().headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors 'self' https://shop.example")

    @pytest.mark.usefixtures("account")
    def test_without_scripts_it_loads_itself_again_where_time_helps(self, checker: Answering) -> None:
        checker.script = answer(425)
        assert '<meta http-equiv="refresh" content="30">' in text(page())
        checker.script = answer(401)
        assert "refresh" not in text(page())

    @pytest.mark.usefixtures("account")
    def test_it_leads_back_to_the_same_link_and_nowhere_else(self, checker: Answering) -> None:
        checker.script = answer(401)
        response = page(displayName='"><script>alert(1)</script>')
        assert b"<script>alert" not in response.content
        (link,) = re.findall(r'href="(/[^"]*)"[^>]*>Try again', response.content.decode())
        assert html.unescape(link).startswith("/call/?roomId=room&displayName=")


class TestIncidents:
    @pytest.mark.usefixtures("database")
    def test_the_same_thing_again_counts_up_also_when_it_happens_at_once(self) -> None:
        account, start = default_account(), timezone.now()
        report(account, Incident.Kind.ACCESS_CHECK, "It failed.", start)
        Incident.objects.update(seen=True)
        moments = [start + dt.timedelta(seconds=number) for number in range(1, 9)]
        together(lambda moment: report(account, Incident.Kind.ACCESS_CHECK, "It failed.", moment), moments)
        together(lambda moment: report(account, Incident.Kind.ACCESS_CHECK, "Otherwise.", moment), moments)
        same, other = Incident.objects.order_by("message")
        assert (same.count, same.first_at, same.last_at in moments, same.seen) == (9, start, True, False)
        assert (other.count, other.first_at in moments) == (8, True)

    def test_a_message_is_cut_and_accounts_have_their_own(self) -> None:
        other = Account.objects.create(name="Other")
        for account in (default_account(), other, other):
            report(account, Incident.Kind.ACCESS_CHECK, "x" * 600, timezone.now())
        assert sorted(Incident.objects.values_list("count", flat=True)) == [1, 2]


def together(action: Callable[[Any], None], arguments: list[Any]) -> None:
    """In as many threads, started at the same moment."""
    from django.db import connection  # noqa: PLC0415 - of each thread

    barrier = threading.Barrier(len(arguments))

    def run(argument: Any) -> None:
        barrier.wait()
        try:
            action(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        for _ in pool.map(run, arguments):
            pass
