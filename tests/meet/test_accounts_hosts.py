"""Host names lead to accounts; who may embed an account's rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from meet.accounts.addresses import check_callback, check_host, check_origins, is_public_name
from meet.accounts.branding import for_page, frame_ancestors
from meet.accounts.hosts import account_for, default_account
from meet.accounts.models import Account, Domain
from meet.config import Config
from meet.errors import NotFoundError

if TYPE_CHECKING:
    from django.conf import LazySettings
    from django.test import Client

PRODUCTION = Config(env="production", allowed_hosts="meet.example, .ops.example", secret_key="s" * 50)


@pytest.fixture
def acme(db: None) -> Account:  # noqa: ARG001 - its table
    account = Account.objects.create(name="Acme")
    Domain.objects.create(host="video.acme.example", account=account)
    return account


class TestHosts:
    @pytest.mark.parametrize("host", ["video.acme.example", "VIDEO.acme.example:8443", "video.acme.example."])
    def test_a_domain_leads_to_its_account(self, database: str, host: str) -> None:
        del database
        account = Account.objects.create(name="Acme")
        Domain.objects.create(host="video.acme.example", account=account)
        assert account_for(host) == account
        assert account_for("other.example") == default_account()

    def test_in_production_the_operators_hosts_lead_to_the_default_account_and_others_nowhere(
        self, settings: LazySettings, acme: Account
    ) -> None:
        settings.CONFIG = PRODUCTION
        assert account_for("video.acme.example") == acme
        assert account_for("meet.example:443") == account_for("a.ops.example") == default_account()
        with pytest.raises(NotFoundError, match=r"no meetings at evil\.example"):
            account_for("evil.example")

    @pytest.mark.parametrize("path", ["/", "/call/?roomId=room", "/admin/login/", "/tickets/", "/nowhere"])
    @pytest.mark.usefixtures("acme")
    def test_an_unknown_host_has_a_clear_page(self, settings: LazySettings, client: Client, path: str) -> None:
        settings.CONFIG = PRODUCTION
        response = client.get(path, headers={"host": "evil.example"})
        assert response.status_code == 404
        assert "There are no meetings at evil.example." in response.content.decode()
        assert client.get("/", headers={"host": "video.acme.example"}).status_code == 200
        assert client.get("/", headers={"host": "meet.example"}).status_code == 200

    @pytest.mark.usefixtures("acme", "client_build", "live_node")
    def test_a_rooms_page_its_headers_and_its_hosts_check_look_the_account_up_once(
        self, settings: LazySettings, client: Client
    ) -> None:
        settings.CONFIG = PRODUCTION
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/call/?roomId=room", headers={"host": "video.acme.example"})
        assert page.status_code == 200
        assert sum("accounts_domain" in query["sql"] for query in queries) == 1

    def test_an_account_is_found_by_one_query_whatever_leads_to_it(
        self, settings: LazySettings, acme: Account, django_assert_num_queries: Any
    ) -> None:
        default = default_account()
        default.domains.create(host="our.example")
        default.domains.create(host="ours.example")
        for config in (settings.CONFIG, PRODUCTION):
            settings.CONFIG = config
            for host, account in (("video.acme.example", acme), ("ours.example", default), ("meet.example", default)):
                with django_assert_num_queries(1):
                    assert account_for(host) == account
        with django_assert_num_queries(1), pytest.raises(NotFoundError):
            account_for("evil.example")

    def test_load_balancers_get_an_answer_at_any_host(self, settings: LazySettings, client: Client) -> None:
        settings.CONFIG = PRODUCTION
        assert client.get("/healthz", headers={"host": "10.0.0.7:8000"}).status_code == 200


class TestEmbedding:
    @pytest.mark.parametrize(
        ("listed", "expected"),
        [
            ("", "*"),
            ("https://acme.example\nhttp://localhost:3000", "'self' https://acme.example http://localhost:3000"),
            ("nonsense; script-src *", "'self'"),
        ],
    )
    def test_room_pages_say_who_may_embed_them(self, acme: Account, client: Client, listed: str, expected: str) -> None:
        Account.objects.filter(pk=acme.pk).update(embed_origins=listed)
        acme.refresh_from_db()
        assert frame_ancestors(acme) == expected
        response = client.get("/call/?roomId=room", headers={"host": "video.acme.example"})
        assert response.headers["Content-Security-Policy"].endswith(f"frame-ancestors {expected}")
        assert "X-Frame-Options" not in response.headers
        elsewhere = client.get("/call/?roomId=room")
        assert elsewhere.headers["Content-Security-Policy"].endswith("frame-ancestors *")

    def test_what_pages_show_of_an_account(self, acme: Account) -> None:
        assert for_page(acme) == {"contact": "", "brand": None}
        acme.contact, acme.brand_name, acme.logo.name = "help@acme.example", "Acme", f"logos/{acme.pk}/0123abcd.png"
        logo = f"/brand/{acme.pk}/logo?v=0123abcd"
        assert for_page(acme) == {"contact": "help@acme.example", "brand": {"name": "Acme", "logoUrl": logo}}


class TestHowAddressesAreWritten:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (" Video.Example.ORG. ", "video.example.org"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("localhost", "localhost"),
            ("192.168.1.10", "192.168.1.10"),
            (f"{'a' * 63}.example", f"{'a' * 63}.example"),
        ],
    )
    def test_host_names(self, text: str, expected: str) -> None:
        assert check_host(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["", " ", ".", "https://a.example", "a.example:8000", "a.example/", "*.example", "a b.example", "-a.example",
         "a_b.example", "a..example", f"{'a' * 64}.example", "a." * 127 + "example", "a@b.example", "[::1]", "a\0.b"],
    )  # fmt: skip
    def test_what_is_no_host_name(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"video\.example\.org"):
            check_host(text)

    def test_names_that_can_be_somebodys_domain(self) -> None:
        assert is_public_name("video.example.org")
        assert not any(map(is_public_name, ("localhost", "10.0.0.1", "127.1")))

    def test_origins(self) -> None:
        text = " https://Acme.example/\nhttps://*.acme.example  http://localhost:3000 https://acme.example"
        expected = ["https://acme.example", "https://*.acme.example", "http://localhost:3000"]
        assert check_origins(text) == expected
        assert check_origins(" ") == []

    @pytest.mark.parametrize(
        "text",
        ["acme.example", "*", "ftp://a.example", "https://a.example/path", "https://a.example;script-src", "null",
         "https://a.example:port", "https://", "https://u@a.example", "https://a.*.example", "'self'", "https://[::1]"],
    )  # fmt: skip
    def test_what_is_no_origin(self, text: str) -> None:
        with pytest.raises(ValueError, match="no origin such as"):
            check_origins(f"https://fine.example {text}")

    def test_too_many_origins(self) -> None:
        with pytest.raises(ValueError, match="the most"):
            check_origins(" ".join(f"https://a{number}.example" for number in range(51)))

    def test_callbacks(self) -> None:
        assert check_callback("http://localhost:9000/check", production=False) == "http://localhost:9000/check"
        for url in ("http://a.example/", "ftp://a.example/", "https://", "https://u:p@a.example/", "https://a:b/"):
            with pytest.raises(ValueError, match="address"):
                check_callback(url, production=True)


@pytest.mark.django_db
class TestWhatIsKept:
    def test_a_domain_is_kept_as_browsers_send_it_and_belongs_to_one_account(self, acme: Account) -> None:
        domain = Domain(host="Bücher.example", account=acme)
        domain.full_clean()
        assert domain.host == "xn--bcher-kva.example"
        with pytest.raises(ValidationError, match=r"This host name is taken\.") as caught:
            Domain(host="VIDEO.acme.example", account=default_account()).full_clean()
        assert "Acme" not in str(caught.value)
        with pytest.raises(ValidationError, match="Only the host name"):
            Domain(host="https://a.example", account=acme).full_clean()

    def test_an_accounts_addresses_are_checked(self, acme: Account, settings: LazySettings) -> None:
        acme.embed_origins, acme.access_url = "https://A.example/ https://a.example", "http://localhost:9000/check"
        acme.full_clean()
        assert acme.embed_origins == "https://a.example"
        settings.CONFIG = PRODUCTION
        acme.embed_origins, acme.access_header = "nonsense", "ü"
        with pytest.raises(ValidationError) as caught:
            acme.full_clean()
        assert set(caught.value.message_dict) == {"embed_origins", "access_url", "access_header"}
