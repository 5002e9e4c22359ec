"""In production nothing is said in the clear, and browsers keep to https."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from meet.config import Config
from meet.https_only import can_be_kept_to_https

if TYPE_CHECKING:
    from django.conf import LazySettings

STRANGER = "198.51.100.7"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("client_build")]


@pytest.fixture(autouse=True)
def production(settings: LazySettings) -> None:
    settings.CONFIG = Config(env="production", allowed_hosts="testserver", secret_key="s" * 50, behind_proxy=True)


def ask(method: str, path: str, scheme: str = "http", address: str = STRANGER, **options: Any) -> Any:
    return getattr(Client(), method)(path, secure=scheme == "https", REMOTE_ADDR=address, **options)


@pytest.mark.parametrize(
    "path", ["/", "/call/?roomId=a&displayName=b", "/check", "/admin/login/?next=/admin/", "/static/x"]
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_what_is_looked_at_leads_to_its_https_address(method: str, path: str) -> None:
    response = ask(method, path)
    assert (response.status_code, response.headers["Location"]) == (308, f"https://testserver{path}")


def test_ports_stay_but_that_of_http() -> None:
    for host, address in (
        ("testserver:80", "https://testserver/new"),
        ("testserver:8443", "https://testserver:8443/new"),
    ):
        assert ask("get", "/new", headers={"host": host}).headers["Location"] == address


def test_nobody_is_led_to_a_host_that_is_not_ours() -> None:
    response = ask("get", "/new", headers={"host": "elsewhere.example"})
    assert response.status_code == 404
    assert "Location" not in response.headers


def test_what_is_sent_and_what_programs_ask_for_is_refused() -> None:
    assert ask("post", "/admin/login/").status_code == 403
    for method, path in (
        ("post", "/auth/jwt/login"),
        ("get", "/rooms/serv0a/numberPeers"),
        ("get", "/streaming/summary"),
    ):
        refused = ask(method, path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "httpsRequired"), path
    refused = ask("post", "/tickets/", data="{}", content_type="application/json")
    assert refused.status_code == 403


def test_by_https_all_is_as_ever() -> None:
    assert ask("get", "/new", "https").status_code == 200
    assert ask("post", "/auth/jwt/login", "https").status_code in {400, 415}


@pytest.mark.parametrize("path", ["/healthz"])
def test_load_balancers_may_ask_by_http(path: str) -> None:
    assert ask("get", path).status_code == 200


def test_somebody_on_this_machine_may() -> None:
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert ask("get", "/new", address=address).status_code == 200
    assert ask("get", "/new", address="nonsense").status_code == 308


def test_development_has_no_https(settings: LazySettings) -> None:
    settings.CONFIG = Config()
    assert ask("get", "/new").status_code == 200


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("meet.example", True),
        ("localhost", False),
        ("a.localhost", False),
        ("203.0.113.7", False),
        ("[2001:db8::7]", False),
    ],
)
def test_browsers_are_kept_to_https_at_names_only(host: str, kept: bool, settings: LazySettings) -> None:
    assert can_be_kept_to_https(host) == kept
    settings.CONFIG = Config(env="production", allowed_hosts=host, secret_key="s" * 50, behind_proxy=True)
    settings.SECURE_HSTS_SECONDS = 86_400
    for port in ("", ":8443"):
        response = ask("get", "/healthz", "https", headers={"host": host + port})
        assert response.headers.get("Strict-Transport-Security") == ("max-age=86400" if kept else None)
    assert "Strict-Transport-Security" not in ask("get", "/healthz", headers={"host": host}).headers


def test_hosts_below_ours_are_bound_only_where_the_operator_says_so(settings: LazySettings) -> None:
    settings.SECURE_HSTS_SECONDS = 86_400
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    told = ask("get", "/healthz", "https").headers["Strict-Transport-Security"]
    assert told == "max-age=86400; includeSubDomains"
