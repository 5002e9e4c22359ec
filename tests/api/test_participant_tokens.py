"""`POST /rooms/:roomId/token`: participants' tokens for programs that don't sign themselves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.management import call_command
from django.utils import timezone

from meet.accounts.keyring import keys_of
from meet.accounts.models import Account, Domain, Role, SigningKey
from meet.accounts.tokens import MAX_LENGTH, TokenRefusedError, verify
from meet.attributes.links import read_link
from meet.attributes.schema import Origin, specs
from meet.config import Config
from tests.api.programs import api_key, bearer, error_in, person, program

if TYPE_CHECKING:
    from django.conf import LazySettings

SECRET = "a secret of an account, long enough for HS256"
EXAMPLES: dict[str, Any] = {
    "displayName": "Ada Lovelace",
    "role": "moderator",
    "peerId": "ada-1",
    "interface": "webinar",
    "video": "https://videos.example/1",
    "intLang": "de",
    "interpretation": "fr",
    "accessToken": "caa630bb",
    "startTime": "2030-06-21T10:00:00.0Z",
    "iat": "2030-06-21T09:00:00Z",
    "roomId": "team42",
}


@pytest.fixture(autouse=True)
def _any_number_of_requests(settings: LazySettings) -> None:
    settings.CONFIG = Config(api_requests_per_second=0)


@pytest.fixture
def account(db: None) -> Account:  # noqa: ARG001 - its table
    account = Account.objects.create(name="Acme")
    Domain.objects.create(account=account, host="acme.example")
    SigningKey.objects.create(account=account, kid="first", algorithm="HS256", key=SECRET)
    return account


@pytest.fixture
def key(account: Account) -> str:
    return api_key(account)


def ask(key: str, body: Any = None, room: str = "team42", host: str = "acme.example", slash: str = "") -> Any:
    caller = program(key, Host=host)
    return caller.post(f"/rooms/{room}/token{slash}", {} if body is None else body, content_type="application/json")


def link_of(account: Account, url: str) -> Any:
    """The link as the room's page reads it."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return read_link(account, query, "webinar" if parts.path == "/webinar/" else "call")


class TestAToken:
    @pytest.mark.parametrize("slash", ["", "/"])
    def test_it_opens_this_room_and_no_other(self, account: Account, key: str, slash: str) -> None:
        now = timezone.now()
        response = ask(key, {"role": "moderator", "displayName": "Ada"}, slash=slash)
        assert response.status_code == 200
        answer = response.json()
        assert set(answer) == {"token", "url", "expiresAt"}
        claims = verify(answer["token"], keys_of(account), "team42")
        assert claims["role"] == "moderator"
        with pytest.raises(TokenRefusedError):
            verify(answer["token"], keys_of(account), "team43")
        expires = dt.datetime.fromisoformat(answer["expiresAt"])
        assert claims["exp"] == int(expires.timestamp())
        assert dt.timedelta(hours=23, minutes=59) < expires - now <= dt.timedelta(hours=24, minutes=1)

    def test_its_link_is_the_rooms(self, account: Account, key: str) -> None:
        url = ask(key, {"role": "moderator", "displayName": "Ada", "peerId": "ada-1"}).json()["url"]
        assert url.startswith("http://acme.example/call/?roomId=team42&token=")
        link = link_of(account, url)
        assert link.attributes.role == "moderator"
        assert (link.peer_id, link.attributes.display_name, link.warnings) == ("ada-1", "Ada", [])

    def test_a_webinars_viewer(self, account: Account, key: str) -> None:
        url = ask(key, {"interface": "webinar", "displayName": "Ada"}).json()["url"]
        assert "/webinar/?" in url
        assert link_of(account, url).viewer
        assert link_of(account, url.replace("/webinar/", "/call/")).viewer

    @pytest.mark.parametrize("name", [spec.name for _, spec, _ in specs() if Origin.JWT in spec.origin])
    def test_each_attribute_that_counts_in_a_token(self, account: Account, key: str, name: str) -> None:
        field, spec, _ = next(entry for entry in specs() if entry[1].name == name)
        account.debug_attributes = True
        account.save()
        plain = {"true, false": True, "number": 3, "milliseconds": 60_000, "https address": "https://a.example/b"}
        value = EXAMPLES.get(name, plain.get(spec.kind, "Basic abc"))
        response = ask(key, {name: value})
        assert response.status_code == 200, response.content
        assert getattr(link_of(account, response.json()["url"]).attributes, field) == spec.read(value)

    def test_a_lifetime_of_ones_own(self, key: str) -> None:
        answer = ask(key, {"expiresIn": 60}).json()
        left = dt.datetime.fromisoformat(answer["expiresAt"]) - timezone.now()
        assert dt.timedelta(seconds=0) < left <= dt.timedelta(seconds=60)

    def test_null_is_as_if_not_given(self, key: str) -> None:
        token = ask(key, {"role": None}).json()["token"]
        assert set(jwt.decode(token, options={"verify_signature": False})) == {"roomId", "iat", "exp"}

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"role": "king"}, "role must be one of moderator, interpreter."),
            ({"canRecord": "perhaps"}, "canRecord must be true or false."),
            ({"maxWatchers": -1}, "maxWatchers must be a whole number, not negative."),
            ({"displayName": ["x"]}, "displayName must be a text of at most 4096 characters."),
            ({"peerId": "\u0000"}, "peerId must be 1 to 128 printable characters."),
            ({"lang": "de"}, "lang can be given in the link only."),
            ({"colour": "red"}, "There is no attribute 'colour': docs/attributes.md lists all."),
            ({"exp": 1}, "There is no attribute 'exp': docs/attributes.md lists all."),
            ({"waitingroom": "true"}, "There is no attribute 'waitingroom' (did you mean waitingRoom?)."),
            ({"waitingRoom": None}, "waitingRoom must be true or false."),
            ({"tokenLifetime": None}, "tokenLifetime must be a whole number, not negative."),
            ({"roomId": "other"}, "roomId names another room than the address."),
            ({"interface": "tv"}, 'interface: "tv" is not a valid choice.'),
            ({"expiresIn": 0}, "expiresIn: Ensure this value is greater than or equal to 1."),
            ({"expiresIn": 2_592_001}, "expiresIn: Ensure this value is less than or equal to 2592000."),
            ({"accessToken": "x" * 4096}, f"The token would have more than {MAX_LENGTH} characters."),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_why(self, key: str, body: Any, message: str) -> None:
        assert error_in(ask(key, body), 400)["message"] == message

    def test_addresses_are_signed_unless_the_account_says_no(self, account: Account, key: str) -> None:
        asked = {"accessUrl": "https://a.example"}
        assert ask(key, asked).status_code == 200
        account.signed_addresses = False
        account.save()
        message = "accessUrl has no effect: the account does not allow addresses in tokens."
        assert error_in(ask(key, asked), 400)["message"] == message

    @pytest.mark.parametrize("room", ["-x", "a b", "x" * 129, "ä"])
    def test_an_id_that_no_room_can_have(self, key: str, room: str) -> None:
        error_in(ask(key, room=room), 404)


class TestKeys:
    def test_the_newest_secret_that_lasts_long_enough_signs(self, account: Account, key: str) -> None:
        soon = timezone.now() + dt.timedelta(hours=1)
        SigningKey.objects.create(account=account, kid="retiring", algorithm="HS256", key=SECRET + "1", retires_at=soon)
        SigningKey.objects.create(account=account, kid="off", algorithm="HS256", key=SECRET + "2", active=False)
        assert jwt.get_unverified_header(ask(key).json()["token"])["kid"] == "first"
        assert jwt.get_unverified_header(ask(key, {"expiresIn": 60}).json()["token"])["kid"] == "retiring"

    def test_without_a_secret_it_says_what_to_do(self, account: Account, key: str, tmp_path: Any) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

        public = generate_private_key(65537, 2048).public_key()
        pem = tmp_path / "key.pub"
        pem.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        account.signing_keys.all().delete()
        call_command("add_key", "Acme", file=str(pem))
        error = error_in(ask(key), 400)
        assert error["code"] == "keyMissing"
        assert "HS256" in error["hint"]

    def test_the_operators_secret_signs_for_the_default_account(self, db: None, settings: LazySettings) -> None:
        del db
        settings.CONFIG = Config(api_requests_per_second=0, jwt_key=SECRET)
        default = Account.objects.create(name="Default", is_default=True)
        answer = ask(api_key(default), host="localhost:8000").json()
        assert answer["url"].startswith("http://localhost:8000/call/?")
        assert verify(answer["token"], keys_of(default), "team42")


class TestHosts:
    def test_a_link_leads_to_the_accounts_own_host(self, account: Account, key: str) -> None:
        Domain.objects.create(account=account, host="meet.acme.example")
        at_first = ask(key, host="localhost").json()["url"]
        assert at_first.startswith("http://acme.example:8000/call/?")
        assert ask(key, host="meet.acme.example").json()["url"].startswith("http://meet.acme.example/call/?")

    def test_in_production_it_is_https(self, key: str, settings: LazySettings) -> None:
        settings.CONFIG = Config(
            env="production", secret_key="x" * 50, allowed_hosts="meet.example", api_requests_per_second=0
        )
        assert ask(key, host="meet.example").json()["url"].startswith("https://acme.example/call/?")

    def test_without_a_host_it_says_what_to_do(self, account: Account, key: str) -> None:
        account.domains.all().delete()
        assert error_in(ask(key, host="localhost"), 400)["code"] == "hostMissing"


class TestWhoMay:
    def test_owners_and_admins(self, account: Account) -> None:
        for role in (Role.OWNER, Role.ADMIN):
            assert ask(bearer(person(role, account, role))).status_code == 200

    def test_no_viewers_of_recordings_and_nobody_without_a_token(self, account: Account) -> None:
        error_in(ask(bearer(person("ada", account, Role.VIEWER))), 403)
        error_in(ask(""), 401)

    def test_strangers_sign_with_their_own_keys_only(self, account: Account) -> None:
        other = Account.objects.create(name="Zenith")
        SigningKey.objects.create(account=other, kid="theirs", algorithm="HS256", key="another " + SECRET)
        Domain.objects.create(account=other, host="zenith.example")
        answer = ask(api_key(other)).json()
        assert answer["url"].startswith("http://zenith.example:8000/")
        with pytest.raises(TokenRefusedError):
            verify(answer["token"], keys_of(account), "team42")
