"""Deliveries to a real web server: in order, at least once, tried again, given up, visible."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from meet.accounts.models import Account, Incident
from meet.config import Config
from meet.leases import LEASE
from meet.outgoing import places
from rooms.webhooks.delivering import send_again, serve
from rooms.webhooks.endpoints import GRACE, do_rotate, do_send_test
from rooms.webhooks.health import FAILURES_TO_TELL
from rooms.webhooks.lanes import MOST_FOR_FAILING, MOST_FOR_ONE, give_up_what_nobody_wants, lease_due, take_up
from rooms.webhooks.models import Attempt, Delivery, Endpoint, State
from rooms.webhooks.posting import MAX_ANSWER
from rooms.webhooks.pruning import KEPT, prune
from rooms.webhooks.schedule import LIFETIME
from tests.meet.answering import Answering, Asked, answer
from tests.ports import free_port
from tests.webhooks.parts import START, Clock, base, endpoint, happen, peers, work

if TYPE_CHECKING:
    from django.conf import LazySettings


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


class TestRequests:
    def test_the_request_of_the_tutorial(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver, "/api/events/?key=1", header="Basic dXNlcjpwYXNz")
        happen(acme, "de9b6927")
        happen(acme, "de9b6927", kind="closePeer")
        work(clock)
        joined, closed = receiver.asked
        assert (joined.path, closed.path) == ("/api/events/joinPeer?key=1", "/api/events/closePeer?key=1")
        assert joined.body == (
            b'{"event":"connected","roomId":"44fde071","peerId":"de9b6927","displayName":"de9b6927 name"}'
        )
        assert json.loads(closed.body)["event"] == "disconnected"
        assert joined.headers["Content-Type"] == "application/json"
        assert joined.headers["Authorization"] == "Basic dXNlcjpwYXNz"
        assert states() == [State.DELIVERED, State.DELIVERED]

    def test_without_a_header_there_is_none(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        work(clock)
        assert "Authorization" not in receiver.asked[0].headers

    def test_each_attempt_is_kept(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver, header="Basic c2VjcmV0")
        happen(acme, "a")
        receiver.script = answer(500, b"\0" + "ü".encode() * 2 * MAX_ANSWER)
        work(clock)
        receiver.script = answer(204)
        clock.after(seconds=6)
        work(clock)
        failed, succeeded = Attempt.objects.all()
        assert (failed.at, failed.status, failed.problem) == (START, 500, "It answered with 500.")
        assert failed.answer == "ü" * MAX_ANSWER
        assert (succeeded.at, succeeded.status, succeeded.problem, succeeded.answer) == (clock(), 204, "", "")

    @pytest.mark.parametrize(
        ("url", "problem"),
        [
            ("http://127.0.0.1:{port}/", "Nobody answers"),
            ("http://10.0.0.1/", "not public"),
            ("http://169.254.169.254/", "not public"),
            ("http://[::1]:{port}/", "not public"),
            ("https://user:pw@example.org/", "user or a password"),
        ],
    )
    def test_what_can_not_be_asked_is_a_failed_attempt(
        self, acme: Account, clock: Clock, url: str, problem: str
    ) -> None:
        Endpoint.objects.create(account=acme, url=url.format(port=free_port()))
        happen(acme, "a")
        work(clock)
        attempt = Attempt.objects.get()
        assert attempt.status is None
        assert problem in attempt.problem
        assert states() == [State.FAILED]

    def test_a_redirection_is_not_followed(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        receiver.script = answer(302, Location=f"{base(receiver)}/elsewhere")
        happen(acme, "a")
        work(clock)
        assert len(receiver.asked) == 1
        assert Attempt.objects.get().problem == "It answered with 302. Redirections are not followed."

    def test_secrets_of_another_installation_are_a_problem_of_their_own(
        self, acme: Account, receiver: Answering, clock: Clock, settings: LazySettings
    ) -> None:
        endpoint(acme, receiver)
        settings.SECRET_KEY = "another key, which nobody knows, and which is long enough"
        happen(acme, "a")
        work(clock)
        assert "another MEET_SECRET_KEY" in Attempt.objects.get().problem
        assert receiver.asked == []


@pytest.mark.usefixtures("database")
class TestOrder:
    def test_a_room_is_told_in_order_and_waits_for_what_failed(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        endpoint(acme, receiver)
        receiver.script = answer(503)
        happen(acme, "a", "b", "c")
        work(clock)
        clock.after(seconds=3)
        work(clock)
        assert peers(receiver.asked) == ["a"]
        receiver.script = answer(200)
        happen(acme, "d", at=clock.after(seconds=3))
        work(clock)
        assert peers(receiver.asked) == ["a", "a", "b", "c", "d"]

    def test_another_room_and_another_endpoint_do_not_wait(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        def refuse_one_room(asked: Asked, write: Any) -> None:
            answer(503 if b'"roomId":"bad"' in asked.body else 200)(asked, write)

        receiver.script = refuse_one_room
        endpoint(acme, receiver)
        endpoint(acme, receiver, "/second")
        happen(acme, "a", "b", room="bad")
        happen(acme, "c", "d", room="good")
        work(clock)
        delivered = Delivery.objects.filter(state=State.DELIVERED)
        assert set(delivered.values_list("room_id", flat=True)) == {"good"}
        assert delivered.count() == 4
        assert [one.path for one in receiver.asked if b'"peerId":"d"' in one.body].count("/second/joinPeer") == 1

    def test_what_is_given_up_makes_room_for_the_next(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        receiver.script = answer(500)
        happen(acme, "a")
        happen(acme, "b", at=START + dt.timedelta(hours=20))
        for _ in range(40):
            work(clock)
            clock.after(hours=1)
            if states()[0] == State.GIVEN_UP:
                break
        receiver.script = answer(200)
        work(clock)
        assert states() == [State.GIVEN_UP, State.DELIVERED]
        assert clock() < START + LIFETIME + dt.timedelta(hours=2)
        (given_up, *_) = Delivery.objects.order_by("pk")
        assert given_up.failures == given_up.attempts.count() == peers(receiver.asked).count("a")

    def test_one_account_sees_nothing_of_another(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        other = Account.objects.create(name="other")
        endpoint(other, receiver, "/other")
        happen(other, "theirs")
        happen(acme, "ours")
        work(clock)
        assert sorted((one.path, *peers([one])) for one in receiver.asked) == [
            ("/events/joinPeer", "ours"),
            ("/other/joinPeer", "theirs"),
        ]


@pytest.mark.usefixtures("database")
class TestLeases:
    def test_nobody_else_gets_what_is_leased(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a", "b")
        (lease,) = lease_due(clock())
        assert lease_due(clock()) == []
        assert take_up(lease, clock()) is not None

    def test_what_a_killed_worker_held_is_sent_by_another_one_in_order(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        endpoint(acme, receiver)
        happen(acme, "a", "b")
        (of_the_dead,) = lease_due(clock())
        clock.now += LEASE
        assert lease_due(clock()) == []
        clock.after(milliseconds=1)
        work(clock)
        assert peers(receiver.asked) == ["a", "b"]
        serve(of_the_dead, clock)
        assert len(receiver.asked) == 2

    def test_a_lease_of_a_clock_that_was_ahead_holds_nothing_up(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        assert len(lease_due(clock() + 120 * LEASE)) == 1
        assert len(lease_due(clock())) == 1

    def test_a_lease_is_renewed_before_each_attempt(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        (lease,) = lease_due(clock())
        clock.now += LEASE
        assert take_up(lease, clock()) is not None
        clock.now += LEASE
        assert lease_due(clock()) == []

    def test_a_slow_endpoint_has_a_few_attempts_at_a_time_and_a_failing_one_a_single_one(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        slow = endpoint(acme, receiver)
        for number in range(20):
            happen(acme, "a", room=str(number))
        endpoint(acme, receiver, "/fast")
        happen(acme, "b", room="other")
        leases = lease_due(clock())
        assert len(leases) == MOST_FOR_ONE + 1
        assert lease_due(clock()) == []
        Endpoint.objects.filter(pk=slow.pk).update(failing_since=clock())
        clock.now += LEASE + dt.timedelta(seconds=1)
        theirs = Delivery.objects.filter(pk__in=[lease.key for lease in lease_due(clock())], endpoint=slow)
        assert theirs.count() == MOST_FOR_FAILING

    def test_all_rooms_of_an_endpoint_are_served_by_few_leases(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        endpoint(acme, receiver)
        for number in range(12):
            happen(acme, "a", "b", room=str(number))
        for lease in lease_due(clock()):
            serve(lease, clock)
        assert len(receiver.asked) == 24
        assert set(states()) == {State.DELIVERED}


class TestEndpoints:
    def test_one_that_is_gone_is_turned_off_and_its_admins_know(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        one = endpoint(acme, receiver)
        receiver.script = answer(410)
        happen(acme, "a", "b")
        work(clock)
        one.refresh_from_db()
        assert not one.active
        give_up_what_nobody_wants(clock())
        assert states() == [State.GIVEN_UP, State.GIVEN_UP]
        assert len(receiver.asked) == 1
        assert "turned off" in Incident.objects.get(account=acme).message

    def test_admins_get_to_know_what_can_not_be_delivered_long_before_it_is_given_up(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        endpoint(acme, receiver, "/events?key=secret")
        receiver.script = answer(500)
        happen(acme, "a")
        while Delivery.objects.get().failures < FAILURES_TO_TELL:
            assert not Incident.objects.exists()
            clock.after(minutes=10)
            work(clock)
        message = Incident.objects.get(account=acme, kind="webhook").message
        assert message == (
            f"Events for {base(receiver)}/events can't be delivered, and are tried for a day: It answered with 500."
        )
        while states() != [State.GIVEN_UP]:
            clock.after(hours=4)
            work(clock)
        assert "given up after a day" in Incident.objects.latest("pk").message

    def test_the_address_of_a_link_is_not_named(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver, "/anything-somebody-likes", from_link=True)
        receiver.script = answer(410)
        Delivery.objects.create(
            endpoint=Endpoint.objects.get(), room_id="r", kind="joinPeer", body="{}", happened_at=START, due_at=START
        )
        work(clock)
        assert "somebody" not in Incident.objects.get().message
        assert "apiEvent" in Incident.objects.get().message

    def test_its_health_shows(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        receiver.script = answer(500)
        happen(acme, "a")
        work(clock)
        clock.after(seconds=10)
        work(clock)
        assert Endpoint.objects.get().failing_since == START
        receiver.script = answer(200)
        clock.after(minutes=1)
        work(clock)
        assert Endpoint.objects.get().failing_since is None

    def test_a_test_event_is_sent_at_once_and_never_again(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        one = endpoint(acme, receiver)
        tried = do_send_test(one, clock())
        assert tried is not None
        assert tried.status == 200
        assert receiver.asked[0].path == "/events/test"
        assert states() == [State.DELIVERED]
        receiver.script = answer(500)
        assert do_send_test(one, clock()) is not None
        clock.after(days=1)
        work(clock)
        assert len(receiver.asked) == 2
        assert states() == [State.DELIVERED, State.GIVEN_UP]


@pytest.mark.usefixtures("database")
class TestSendAgain:
    def test_the_same_message_once_more(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        work(clock)
        assert send_again(Delivery.objects.get(), clock) is not None
        first, second = receiver.asked
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert Attempt.objects.count() == 2
        assert states() == [State.DELIVERED]

    def test_an_account_has_only_so_many_under_way_at_a_time(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        one = endpoint(acme, receiver)
        few = places()
        with ExitStack() as taken:
            for _ in range(few._limit):
                taken.enter_context(few.one(acme.pk))
            tried = do_send_test(one, clock())
            assert tried is not None
            assert tried.problem == "Too many requests are under way. Please try again in some seconds."
            assert receiver.asked == []
        tried = do_send_test(one, clock())
        assert tried is not None
        assert tried.status == 200

    def test_what_was_given_up_may_still_be_delivered(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        Delivery.objects.update(state=State.GIVEN_UP, due_at=None)
        assert send_again(Delivery.objects.get(), clock) is not None
        assert states() == [State.DELIVERED]

    def test_a_failure_by_hand_changes_nothing(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        receiver.script = answer(500)
        work(clock)
        before = Delivery.objects.get()
        assert send_again(before, clock) is not None
        after = Delivery.objects.get()
        assert (after.state, after.due_at, after.failures) == (before.state, before.due_at, before.failures)
        assert Attempt.objects.count() == 2
        clock.after(seconds=6)
        receiver.script = answer(200)
        work(clock)
        assert states() == [State.DELIVERED]

    def test_not_while_it_is_being_sent(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, "a")
        (lease,) = lease_due(clock())
        assert send_again(Delivery.objects.get(), clock) is None
        serve(lease, clock)
        assert len(receiver.asked) == 1


class TestSignatures:
    """Checked by the specification's own library, which takes what is five minutes old at most."""

    @pytest.fixture
    def clock(self) -> Clock:
        clock = Clock()
        clock.now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
        return clock

    def verified(self, secret: str, asked: Asked) -> bool:
        try:
            Webhook(secret).verify(asked.body, asked.headers)
        except WebhookVerificationError:
            return False
        return True

    def test_a_receiver_can_check_them(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        one = endpoint(acme, receiver)
        stranger = endpoint(acme, receiver, kinds=[])
        happen(acme, "ä", at=clock())
        work(clock)
        (asked,) = receiver.asked
        assert self.verified(one.secret, asked)
        assert not self.verified(stranger.secret, asked)
        assert not self.verified(one.secret, Asked(asked.path, asked.headers, asked.body + b" "))

    def test_an_attempt_has_its_own_time_and_the_same_id(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        one = endpoint(acme, receiver)
        receiver.script = answer(500)
        happen(acme, "a", at=clock())
        work(clock)
        clock.after(seconds=20)
        work(clock)
        first, second = receiver.asked
        assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 20
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert self.verified(one.secret, first)
        assert self.verified(one.secret, second)

    def test_after_a_rotation_both_secrets_count_for_a_day(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        one = endpoint(acme, receiver)
        old = one.secret
        do_rotate(one, clock())
        assert one.secret != old
        happen(acme, "a", at=clock())
        work(clock)
        assert self.verified(old, receiver.asked[0])
        assert self.verified(one.secret, receiver.asked[0])
        do_rotate(one, clock() - GRACE)
        happen(acme, "b", at=clock())
        work(clock)
        assert not self.verified(one.old_secret, receiver.asked[1])
        assert self.verified(one.secret, receiver.asked[1])


@pytest.mark.usefixtures("database")
class TestPruning:
    def test_what_was_finished_long_ago_goes_in_batches(self, acme: Account, receiver: Answering, clock: Clock) -> None:
        endpoint(acme, receiver)
        happen(acme, *"abcdefg")
        work(clock)
        prune(START + KEPT, KEPT.days, batch=3)
        assert Delivery.objects.count() == 7
        receiver.script = answer(500)
        happen(acme, "h")
        work(clock)
        prune(START + KEPT + dt.timedelta(seconds=1), KEPT.days, batch=3)
        assert states() == [State.FAILED]
        assert Attempt.objects.count() == 1

    def test_addresses_of_links_go_with_their_deliveries(
        self, acme: Account, receiver: Answering, clock: Clock
    ) -> None:
        del clock
        kept, named = endpoint(acme, receiver), endpoint(acme, receiver, from_link=True)
        Endpoint.objects.update(created_at=START)
        prune(START + KEPT, KEPT.days)
        assert set(Endpoint.objects.all()) == {kept, named}
        prune(START + KEPT + dt.timedelta(seconds=1), KEPT.days)
        assert list(Endpoint.objects.all()) == [kept]


def test_production_sends_by_https_only(
    acme: Account, receiver: Answering, clock: Clock, settings: LazySettings
) -> None:
    settings.CONFIG = Config(env="production", outgoing_networks="127.0.0.0/8")
    endpoint(acme, receiver)
    happen(acme, "a")
    work(clock)
    assert receiver.asked == []
    assert "https" in Attempt.objects.get().problem
