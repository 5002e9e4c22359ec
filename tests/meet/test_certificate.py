"""For which names the front may get a certificate: accounts' domains, asked from this machine, and not too often."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from meet.accounts.models import Account, Domain
from meet.run import front
from meet.run.certificate_asks import (
    ALL_EACH_S,
    KNOWN_FOR_S,
    NAME_EACH_S,
    TRIES_OF_A_NAME,
    TRIES_OF_ALL,
    Answer,
    CertificateAsks,
)
from meet.views import certificate
from tests.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.conf import LazySettings
    from django.test import Client

HOST = "video.customer.example"


class TestAsks:
    def test_names_that_nobody_has_cost_one_look_in_a_while(self) -> None:
        looks = 0

        def names() -> set[str]:
            nonlocal looks
            looks += 1
            return {HOST}

        asks = CertificateAsks(names, lambda _name: True)
        answers = {asks.answer(f"{number}.example", now=number * KNOWN_FOR_S / 1000) for number in range(1000)}
        assert (answers, looks) == ({Answer.NOBODYS}, 1)
        asks.answer("x.example", KNOWN_FOR_S)
        assert looks == 2

    def test_what_has_a_certificate_may_always_be_renewed(self) -> None:
        asks = CertificateAsks(lambda: {HOST}, lambda _name: True)
        assert {asks.answer(HOST, 0.0) for _ in range(1000)} == {Answer.YES}

    def test_a_name_for_which_none_can_be_had_is_tried_less_and_less(self) -> None:
        asks = CertificateAsks(lambda: {HOST, "b.example"}, lambda _name: False)
        assert [asks.answer(HOST, 0.0) for _ in range(TRIES_OF_A_NAME)] == [Answer.YES] * TRIES_OF_A_NAME
        assert asks.answer(HOST, NAME_EACH_S - 1) is Answer.LATER
        assert asks.answer("b.example", 0.0) is Answer.YES
        assert asks.answer(HOST, NAME_EACH_S) is Answer.YES
        assert asks.answer(HOST, NAME_EACH_S + 1) is Answer.LATER

    def test_all_names_together_are_tried_so_often(self) -> None:
        names = [f"{number}.example" for number in range(TRIES_OF_ALL + 1)]
        asks = CertificateAsks(lambda: names, lambda _name: False)
        assert [asks.answer(name, 0.0) for name in names] == [Answer.YES] * TRIES_OF_ALL + [Answer.LATER]
        assert asks.answer(names[-1], ALL_EACH_S) is Answer.YES


@pytest.mark.django_db
class TestWeb:
    @pytest.fixture(autouse=True)
    def _kept(self, settings: LazySettings, tmp_path: Path) -> Iterator[None]:
        settings.CONFIG = replace(
            settings.CONFIG, data_dir=str(tmp_path), allowed_hosts="meet.example", env="production"
        )
        Domain.objects.create(host=HOST, account=Account.objects.create(name="customer"))
        certificate.asks.cache_clear()
        yield
        certificate.asks.cache_clear()

    def ask(self, client: Client, name: str, **more: str) -> int:
        return client.get(front.ASK, {"domain": name}, headers={"host": "127.0.0.1:8000"}, **more).status_code  # type: ignore[arg-type]

    def test_it_is_yes_for_domains_of_accounts(self, client: Client) -> None:
        assert self.ask(client, HOST) == 200
        assert self.ask(client, HOST.upper()) == 200
        for name in ("", "customer.example", f"a.{HOST}", "meet.example", "127.0.0.1", "../" + HOST, "x" * 5000, "\0"):
            assert self.ask(client, name) == 404
        assert client.get(front.ASK).status_code == 404

    def test_it_is_nobodys_for_who_is_elsewhere_or_comes_through_the_front(self, client: Client) -> None:
        assert self.ask(client, HOST, REMOTE_ADDR="203.0.113.9") == 404
        for header in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA"):
            assert self.ask(client, HOST, **{header: "127.0.0.1"}) == 404

    def test_it_is_tried_so_often_until_there_is_a_good_certificate(self, client: Client, tmp_path: Path) -> None:
        answers = [self.ask(client, HOST) for _ in range(TRIES_OF_A_NAME + 1)]
        assert answers == [200] * TRIES_OF_A_NAME + [429]
        folder = tmp_path / front.FOLDER / "certificates" / "acme" / HOST
        folder.mkdir(parents=True)
        now = dt.datetime.now(dt.UTC)
        authority = Authority(tmp_path)
        for ends, status in ((-1, 429), (1, 200)):
            span = (now - dt.timedelta(days=9), now + dt.timedelta(days=ends))
            authority.issue(folder / f"{HOST}.crt", HOST, span=span)
            assert self.ask(client, HOST) == status
