"""The rules about who may enter, and the words for who may not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meet.accounts.access.decision import (
    MAX_REASON,
    Applicant,
    Check,
    check_for,
    obey,
    reason_in,
    refuse_at_once,
)
from meet.accounts.access.denials import WORDS, Denial, Denied
from meet.accounts.models import Account
from meet.config import PROJECT

NOW = 1_900_000_000_000
LATER = NOW + 60_000
LINKS_CHECK: dict[str, Any] = {"access_url": "https://dev.example/check", "authorization": "Basic eA=="}


def denial(account: Account, applicant: Applicant, first_use_ms: int | None = None) -> Denial | None:
    try:
        refuse_at_once(account, applicant, NOW, first_use_ms)
    except Denied as denied:
        return denied.denial
    return None


class TestAtOnce:
    @pytest.mark.parametrize(
        ("account", "applicant", "expected"),
        [
            (Account(), Applicant("room"), None),
            (Account(), Applicant("room", token="t"), None),
            (Account(jwt_required=True), Applicant("room", token="t"), None),
            (Account(jwt_required=True), Applicant("room"), Denial.NO_TOKEN),
            (Account(jwt_required=True), Applicant("room", access_token="a"), Denial.NO_TOKEN),
            (Account(jwt_required=True), Applicant("room", start_ms=LATER), Denial.NO_TOKEN),
            (Account(), Applicant("room", token="t", start_ms=LATER), Denial.TOO_EARLY),
            (Account(jwt_required=True), Applicant("room", token="t", start_ms=NOW + 1), Denial.TOO_EARLY),
            (Account(), Applicant("room", token="t", start_ms=NOW), None),
            (Account(), Applicant("room", token="t", start_ms=LATER, moderator=True), None),
        ],
    )
    def test_tokens_and_the_start(self, account: Account, applicant: Applicant, expected: Denial | None) -> None:
        assert denial(account, applicant) is expected

    @pytest.mark.parametrize(
        ("lifetime_ms", "age_ms", "over"),
        [
            (None, 10**12, False),
            (60_000, None, False),
            (60_000, 0, False),
            (60_000, 60_000, False),
            (60_000, 60_001, True),
            (0, 0, False),
            (0, 1, True),
            (2**53, 10**12, False),
        ],
    )
    def test_a_lifetime_counts_from_the_first_use(
        self, lifetime_ms: int | None, age_ms: int | None, over: bool
    ) -> None:
        applicant = Applicant("room", token="t", token_lifetime_ms=lifetime_ms, moderator=True)
        first = None if age_ms is None else NOW - age_ms
        assert denial(Account(), applicant, first) is (Denial.TOKEN_OVER if over else None)

    def test_before_the_start_a_token_is_not_over(self) -> None:
        early = Applicant("room", token="t", token_lifetime_ms=1, start_ms=LATER)
        assert denial(Account(), early, NOW - 1000) is Denial.TOO_EARLY


class TestWhoIsAsked:
    @pytest.mark.parametrize(
        ("account", "applicant", "expected"),
        [
            (Account(), Applicant("room"), None),
            (Account(), Applicant("room", access_token="a"), None),
            (
                Account(),
                Applicant("room", **LINKS_CHECK),
                Check("https://dev.example/check", "Basic eA==", registered=False),
            ),
            (
                Account(access_url="https://a.example/", access_header="Bearer b"),
                Applicant("room"),
                Check("https://a.example/", "Bearer b", registered=True),
            ),
            (
                Account(access_url="https://a.example/", debug_attributes=True),
                Applicant("room", moderator=True, **LINKS_CHECK),
                Check("https://a.example/", "", registered=True),
            ),
            (Account(jwt_required=True, access_url="https://a.example/"), Applicant("room", token="t"), None),
            (Account(jwt_required=True, debug_attributes=True), Applicant("room", token="t", **LINKS_CHECK), None),
        ],
    )
    def test_the_accounts_own_check_comes_first(
        self, account: Account, applicant: Applicant, expected: Check | None
    ) -> None:
        assert check_for(account, applicant) == expected


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 409])
    def test_enter(self, status: int) -> None:
        obey(status, b"", Applicant("room"), NOW)

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (400, Denial.BAD_REQUEST),
            (401, Denial.DECLINED),
            (403, Denial.INVALID_TOKEN),
            (404, Denial.INVALID_ROOM),
            (423, Denial.LOCKED),
            (425, Denial.TOO_EARLY),
            (500, Denial.CHECK_FAILED),
        ],
    )
    def test_each_code_of_the_tutorial_is_the_pages_code_too(self, status: int, expected: Denial) -> None:
        with pytest.raises(Denied) as caught:
            obey(status, b"", Applicant("room"), NOW)
        assert (caught.value.denial, caught.value.status) == (expected, status)

    @given(st.integers(100, 999).filter(lambda status: status not in {200, 409, 400, 401, 403, 404, 423, 425}))
    def test_whatever_else_is_a_refusal(self, status: int) -> None:
        with pytest.raises(Denied) as caught:
            obey(status, b"{}", Applicant("room", moderator=True), NOW)
        assert (caught.value.denial, caught.value.status) == (Denial.CHECK_FAILED, 500)

    @pytest.mark.parametrize(("start_ms", "shown"), [(LATER, LATER), (NOW, None), (NOW - 1, None), (None, None)])
    def test_too_early_tells_the_start_of_the_token_while_it_is_to_come(
        self, start_ms: int | None, shown: int | None
    ) -> None:
        with pytest.raises(Denied) as caught:
            obey(425, b"", Applicant("room", start_ms=start_ms, moderator=True), NOW)
        assert (caught.value.start_ms, caught.value.retry_s) == (shown, 30)

    def test_a_locked_room_tells_the_reason_of_the_account(self) -> None:
        with pytest.raises(Denied) as caught:
            obey(423, json.dumps({"message": "The event is over."}).encode(), Applicant("room"), NOW)
        assert caught.value.message == caught.value.reason == "The event is over."


class TestReasons:
    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", ""),
            (b"The event is over.", ""),
            (b"\xff\xfe", ""),
            (b"[" * 16_000, ""),
            (b'["message"]', ""),
            (b'{"message": 5}', ""),
            (b'{"message": null}', ""),
            (b'{"message": "cut', ""),
            (b'{"message": " a\\n b\\u0000\\u202ec\\t"}', "a b c"),
            (b'{"message": "<b>over</b>"}', "<b>over</b>"),
            (json.dumps({"message": "x" * 300}).encode(), "x" * 300),
            (json.dumps({"message": "x" * 301}).encode(), "x" * 299 + "…"),
            ('{"message": "Закрыто 🧑\u200d🚀"}'.encode(), "Закрыто 🧑\u200d🚀"),
        ],
    )
    def test_a_reason_is_one_line_of_plain_text(self, body: bytes, reason: str) -> None:
        assert reason_in(body) == reason

    @pytest.mark.parametrize("seen_as_one", ["👩\u200d🚀", "👍🏽", "🇱🇺", "é", "❤\ufe0f"])
    @pytest.mark.parametrize("before", range(294, 300))
    def test_a_long_reason_is_not_cut_inside_what_is_seen_as_one(self, seen_as_one: str, before: int) -> None:
        whole = "x" * before + seen_as_one
        reason = reason_in(json.dumps({"message": whole + " and what else there is to say"}).encode())
        assert reason.endswith("…")
        kept = reason.removesuffix("…")
        assert kept in {"x" * before, whole} or kept.startswith(whole)

    @given(st.text())
    def test_no_reason_is_long_or_has_lines(self, text: str) -> None:
        reason = reason_in(json.dumps({"message": text}).encode())
        assert len(reason) <= MAX_REASON
        assert len(reason.splitlines()) <= 1

    @given(st.binary())
    def test_any_body_has_a_reason_or_none(self, body: bytes) -> None:
        assert isinstance(reason_in(body), str)


class TestWords:
    def test_the_start_is_told_in_utc(self) -> None:
        denied = Denied(Denial.TOO_EARLY, start_ms=1_655_769_600_500)
        assert denied.message == "The event has not started yet. Start 2022-06-21T00:00:00Z."
        assert denied.data == {"startTime": 1_655_769_600_500, "retryAfter": 30}

    def test_a_start_that_no_calendar_knows(self) -> None:
        assert str(2**53) in Denied(Denial.TOO_EARLY, start_ms=2**53).message

    def test_every_reason_has_words_and_the_page_has_the_same_in_english(self) -> None:
        source = (PROJECT / "static/src/i18n/denial/en.ts").read_text(encoding="utf-8")
        texts = dict(re.findall(r'"denial\.([\w.]+)":\s*"(.*)",$', source, re.MULTILINE))
        assert set(WORDS) == set(Denial)
        for denial, words in WORDS.items():
            for name, text in {"title": words.title, "message": words.message, "hint": words.hint}.items():
                assert texts.pop(f"{denial.value}.{name}", "") == text, (denial, name)
