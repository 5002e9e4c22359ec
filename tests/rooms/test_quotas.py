"""What a node takes from one address and for one account."""

from __future__ import annotations

from rooms.runtime.quotas import ACCOUNT_JOINS, Quotas, Usage


class TestSockets:
    def test_an_address_has_so_many_and_others_are_not_concerned(self) -> None:
        usage = Usage(Quotas(sockets_per_address=2))
        assert [usage.connect("192.0.2.1") for _ in range(3)] == [True, True, False]
        assert usage.connect("2001:db8::/64")
        usage.disconnect("192.0.2.1")
        assert [usage.connect("192.0.2.1") for _ in range(2)] == [True, False]

    def test_an_address_that_is_not_known_is_not_counted(self) -> None:
        usage = Usage(Quotas(sockets_per_address=1))
        assert all(usage.connect("") for _ in range(5))

    def test_nothing_is_kept_of_who_is_gone(self) -> None:
        usage = Usage(Quotas())
        for address in ("a", "b"):
            usage.connect(address)
            usage.disconnect(address)
            usage.enter(1, token=False)
            usage.leave(1)
        assert not usage._sockets
        assert not usage._people


class TestJoins:
    def test_a_class_behind_one_address_comes_at_once_and_goes_on_at_the_rate(self) -> None:
        usage = Usage(Quotas(joins_per_minute=60))
        assert all(usage.join("a", account, 5.0, token=False) for account in range(60))
        assert not usage.join("a", 1, 5.0, token=False)
        assert usage.join("b", 1, 5.0, token=False)
        assert usage.join("a", 1, 6.0, token=False)
        assert not usage.join("a", 1, 6.0, token=False)

    def test_who_has_a_token_is_counted_apart(self) -> None:
        usage = Usage(Quotas(joins_per_minute=1))
        assert [usage.join("a", 1, 0.0, token=token) for token in (False, False, True, True)] == [
            True,
            False,
            True,
            False,
        ]

    def test_an_account_has_more_from_many_addresses_but_not_any_number(self) -> None:
        usage = Usage(Quotas(joins_per_minute=3))
        joined = [usage.join(f"address{number}", 1, 0.0, token=False) for number in range(4 * ACCOUNT_JOINS)]
        assert sum(joined) == 3 * ACCOUNT_JOINS
        assert usage.join("address0", 2, 0.0, token=False)

    def test_what_is_refused_for_its_address_counts_for_no_account(self) -> None:
        usage = Usage(Quotas(joins_per_minute=1))
        for _ in range(100):
            usage.join("a", 1, 0.0, token=False)
        assert usage.join("b", 1, 0.0, token=False)


def test_a_fifth_of_an_accounts_places_is_for_people_with_a_token() -> None:
    usage = Usage(Quotas(people_per_account=5))
    assert [usage.enter(1, token=False) for _ in range(5)] == [True] * 4 + [False]
    assert usage.enter(2, token=False)
    assert [usage.enter(1, token=True) for _ in range(2)] == [True, False]
    usage.leave(1)
    assert not usage.enter(1, token=False)
    assert usage.enter(1, token=True)


def test_without_quotas_anything_goes() -> None:
    usage = Usage(Quotas())
    assert all(
        usage.connect("a") and usage.join("a", 1, 0.0, token=False) and usage.enter(1, token=False) for _ in range(999)
    )
