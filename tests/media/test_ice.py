"""ICE-lite: credentials, the selected address, restarts, consent."""

from __future__ import annotations

import os

from media.net.ice import SWITCHES_AT_ONCE, SWITCHES_PER_MINUTE, IceLite, host_candidates
from media.net.stun import BindingRequest

Path = tuple[str, int]
HOME: Path = ("192.0.2.1", 1000)
AWAY: Path = ("198.51.100.7", 2000)


def check(
    ice: IceLite[Path], *, use_candidate: bool = False, ufrag: str | None = None, transaction_id: bytes = b""
) -> BindingRequest:
    local = ufrag or ice.local.username_fragment
    return BindingRequest(
        transaction_id=transaction_id or os.urandom(12),
        username=f"{local}:remote",
        local_ufrag=local,
        remote_ufrag="remote",
        priority=1,
        use_candidate=use_candidate,
        ice_controlling=1,
    )


def test_the_first_address_is_taken_and_another_only_when_nominated() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    assert ice.checked(check(ice), HOME, 1)
    assert not ice.checked(check(ice), AWAY, 2)
    assert ice.selected == HOME
    assert ice.checked(check(ice, use_candidate=True), AWAY, 3)
    assert ice.selected == AWAY
    assert not ice.checked(check(ice, use_candidate=True), AWAY, 4)


def test_after_a_restart_old_credentials_last_until_the_new_ones_are_used() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    old = ice.local.username_fragment
    ice.checked(check(ice), HOME, 1)
    new = ice.restart().username_fragment
    assert ice.password_for(old) is not None
    assert ice.password_for(new) != ice.password_for(old)
    assert not ice.checked(check(ice, ufrag=old), HOME, 2)
    assert ice.checked(check(ice, ufrag=new), AWAY, 3)
    assert ice.selected == AWAY
    assert ice.password_for(old) is None


def test_consent_runs_out_without_checks() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    assert not ice.expired(15)
    ice.checked(check(ice), HOME, 10)
    assert not ice.expired(25)
    assert ice.expired(25.1)


def test_checks_from_elsewhere_keep_no_consent_but_replace_a_path_without_it() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    ice.checked(check(ice), HOME, 1)
    assert not ice.checked(check(ice), AWAY, 10)
    assert ice.expired(16.1)
    assert ice.checked(check(ice), AWAY, 16.2)
    assert not ice.expired(31)


def test_a_copy_of_a_check_takes_no_path_away() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    first = check(ice, use_candidate=True)
    ice.checked(first, HOME, 1)
    for number in range(200):
        ice.checked(check(ice), HOME, 2 + number)
    assert not ice.checked(first, AWAY, 300)
    assert not ice.checked(check(ice, transaction_id=first.transaction_id, use_candidate=True), AWAY, 300)
    assert ice.selected == HOME
    assert not ice.checked(first, HOME, 301)  # our client sends it again itself
    assert not ice.expired(315)
    for number in range(2000):
        ice.checked(check(ice), HOME, 302 + number)
    assert len(ice._transactions) == 256 * 12


def test_nobody_elses_fragment_has_a_password() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    assert ice.password_for("stranger") is None


def test_candidates_prefer_the_last_address() -> None:
    first, last = host_candidates([("127.0.0.1", 4000), ("192.0.2.5", 4000)])
    assert last.priority > first.priority
    assert (last.ip, last.port, last.protocol, last.type) == ("192.0.2.5", 4000, "udp", "host")


def test_a_peer_can_not_switch_all_the_time_while_it_has_consent() -> None:
    ice: IceLite[Path] = IceLite(consent_timeout_s=15, now=0)
    ice.checked(check(ice), HOME, 0)
    paths = [AWAY, HOME]
    switched = sum(ice.checked(check(ice, use_candidate=True), paths[n % 2], n / 10) for n in range(600))
    assert 2 <= switched <= 2 * SWITCHES_AT_ONCE + SWITCHES_PER_MINUTE
