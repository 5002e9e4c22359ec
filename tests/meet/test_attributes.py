"""The attributes of links and tokens: every one of them, where it may come from, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from meet.accounts.tokens import TokenRefusedError
from meet.attributes import RoomAttributes, for_page, read, reference
from meet.attributes.schema import Actor, Origin, Spec, specs
from meet.attributes.spelling import MAX_WARNINGS
from meet.attributes.values import MAX_URL_LENGTH, time_ms
from meet.errors import AppError, BadRequest

A_TIME = 1_655_769_600_000  # 2022-06-21T00:00:00Z

# Each attribute: a value in a link, what it is read as, its default, where it may come from, and wrong values.
FLAGS = {"true": True, "True": True, "_true": True, "false": False, "1": True, "0": False}
NO_FLAG = ["2", "yes", "truee", "null"]
NO_NUMBER = ["-1", "1.5", "ten", "1e3", "9" * 30, "²", "10.05", "1,0"]
NO_URL = ["http://a.example/", "a.example", "https://", "javascript:alert(1)", "https://u:p@a.example/", "https://a:x/"]
URL = {"https://a.example/x?y=1#z": "https://a.example/x?y=1#z", " HTTPS://a.example ": "HTTPS://a.example"}
HEADER = {"Basic abc==": "Basic abc=="}
NO_HEADER = ["a\nb", "ü", "a\x00", "a" * 1001]
TAGS = {"nl": "nl", "UK": "uk", "pt_br": "pt-BR", "zh-HANT-tw": "zh-Hant-TW"}
NO_TAG = ["x", "german!", "de-", "-de", "de-AT-" + "x" * 40]
NO_ID = ["a\x00b", "\u202e", "x" * 129]
TIMES = {
    "2022-06-21T00:00:00.0Z": A_TIME,
    "2022-06-21T02:00+02:00": A_TIME,
    "2022-06-21T00:00:00": A_TIME,
    "2022-06-21T00:00:00.123456Z": A_TIME + 123,
    str(A_TIME): A_TIME,
    str(A_TIME // 1000): A_TIME,
    f"{A_TIME}.0": A_TIME,
    "2022-06-21T02:00:00+0200": A_TIME,
    "2022-06-21T02:00:00.5+02": A_TIME + 500,
    "2022-06-21T00:00:00z": A_TIME,
    "2022-06-21 00:00:00 Z": A_TIME,
    "2022-06-20t22:00:00\u22122:00".replace("\u22122", "\u221202"): A_TIME,
    "20220621T000000Z": A_TIME,
    "20220621T0200+0200": A_TIME,
    "2022-06-21T00:00:00,123Z": A_TIME + 123,
}
NO_TIME = ["soon", "2022-13-45T00:00:00Z", "2022-06-21", "-5", "9" * 30, "2022-0621T00:00Z", "2022-06-21T00:00:00+2"]
TABLE: dict[str, tuple[dict[str, Any], Any, str, list[str]]] = {
    "accessToken": ({"secret": "secret"}, "", "both", ["x" * 5000]),
    "accessUrl": (URL, "", "both", NO_URL),
    "apiEvent": (URL, "", "both", NO_URL),
    "authEvent": (HEADER, "", "both", NO_HEADER),
    "authorizationAccess": (HEADER, "", "both", NO_HEADER),
    "autoplayWithoutAudioTrack": (FLAGS, False, "url", NO_FLAG),
    "canRecord": (FLAGS, False, "jwt", NO_FLAG),
    "controlsDisabled": (FLAGS, False, "url", NO_FLAG),
    "disableChat": (FLAGS, False, "both", NO_FLAG),
    "displayName": ({" Ada  L ": "Ada L", "\u202e": ""}, "", "both", ["x" * 5000]),
    "handEnabled": (FLAGS, False, "both", NO_FLAG),
    "hideIndicators": (FLAGS, False, "url", NO_FLAG),
    "interface": ({"webinar": "webinar", "Call": "call"}, "", "jwt", ["tv"]),
    "inviteUrl": (URL, "", "both", NO_URL),
    "itisparticipant": (FLAGS, False, "both", NO_FLAG),
    "lang": ({"de": "de", "LB": "lb", "de-AT": "de", "en_US": "en", "fr-Latn-CA": "fr"}, "", "url", ["xx", "-de"]),
    "maxBroadcasters": ({"10": 10, "0": 0, "10.0": 10}, 0, "both", NO_NUMBER),
    "maxWatchers": ({"50": 50}, 0, "both", NO_NUMBER),
    "minimizeTiles": (FLAGS, False, "url", NO_FLAG),
    "nameScreenDisabled": (FLAGS, False, "url", NO_FLAG),
    "peerId": ({"a@b.example": "a@b.example", " 5 ": "5"}, "", "both", NO_ID),
    "role": (
        {"moderator": "moderator", "Interpreter": "interpreter", "participant": ""},
        "",
        "jwt",
        ["admin", "interpretor"],
    ),
    "roomId": ({"serv0room": "serv0room"}, "", "both", ["x" * 5000]),
    "sortPeers": (FLAGS, False, "url", NO_FLAG),
    "startWithFS": (FLAGS, False, "url", NO_FLAG),
    "token": ({"a.b.c": "a.b.c"}, "", "url", ["x" * 5000]),
    "tokenLifetime": ({"60000": 60000, "60000.0": 60000}, None, "both", NO_NUMBER),
    "video": (URL, "", "both", NO_URL),
    "waitingRoom": (FLAGS, False, "jwt", NO_FLAG),
    "startTime": (TIMES, None, "jwt", NO_TIME),
    "iat": (TIMES, None, "jwt", NO_TIME),
    "featureInterpreters": (FLAGS, False, "jwt", NO_FLAG),
    "intLang": (TAGS, "", "jwt", NO_TAG),
    "interpretation": (TAGS, "", "both", NO_TAG),
}
FIELDS = {spec.name: field for field, spec, _ in specs()}
SPECS = {spec.name: spec for _, spec, _ in specs()}


def query(**given: str) -> QueryDict:
    return QueryDict(urlencode(given))


def value_of(name: str, attributes: RoomAttributes) -> Any:
    return getattr(attributes, FIELDS[name])


def test_the_table_has_every_attribute_with_its_default_and_origin() -> None:
    origins = {"url": Origin.URL, "jwt": Origin.JWT, "both": Origin.BOTH}
    expected = {name: (default, origins[origin]) for name, (_, default, origin, _) in TABLE.items()}
    found = {spec.name: (default, spec.origin) for _, spec, default in specs()}
    assert found == expected, "give each attribute of the schema its row in TABLE above, with right and wrong values"
    assert read(query(), {}) == (RoomAttributes(), [])


@pytest.mark.parametrize("name", TABLE)
def test_right_values_are_read_from_wherever_they_may_come(name: str) -> None:
    values, default, origin, _ = TABLE[name]
    for text, expected in values.items():
        for source, attributes_and_warnings in (
            ("url", read(query(**{name: text}), {})),
            ("jwt", read(query(), {name: text})),
        ):
            attributes, warnings = attributes_and_warnings
            if origin in {source, "both"}:
                assert value_of(name, attributes) == expected
                assert warnings == []
            else:
                assert value_of(name, attributes) == default
                allowed = "in a token only" if source == "url" else "in the link only"
                assert len(warnings) == 1
                assert warnings[0].startswith(f"{name} can be given {allowed}")


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("source", [Origin.URL, Origin.JWT])
def test_a_wrong_value_means_the_default_and_a_warning_or_no_entry_for_a_restriction(name: str, source: Origin) -> None:
    _, default, _, wrong = TABLE[name]
    spec = SPECS[name]
    for text in wrong if source in spec.origin else ():
        given = (query(), {name: text}) if source is Origin.JWT else (query(**{name: text}), {})
        if source in spec.restricts:
            with pytest.raises(AppError, match=f"can't be used: {name} must be ") as caught:
                read(*given)
            assert caught.value.status == (403 if source is Origin.JWT else 400)
            assert len(caught.value.message) < 300
            continue
        attributes, warnings = read(*given)
        assert value_of(name, attributes) == default, text
        assert len(warnings) == 1
        assert warnings[0].startswith(f"{name} must be ")
        assert len(warnings[0]) < 300


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[2] != "url"])
@pytest.mark.parametrize(
    "value", [[], {}, [True], {"a": 1}, 1.5, float("nan"), float("inf"), 10**5000, -(10**5000)], ids=lambda _value: ""
)
def test_a_token_may_hold_any_json_and_nothing_breaks(name: str, value: Any) -> None:
    is_a_time = name in {"startTime", "iat"} and value == 1.5
    if Origin.JWT in SPECS[name].restricts and not is_a_time:
        with pytest.raises(TokenRefusedError, match=f"{name} must be "):
            read(query(), {name: value})
        return
    attributes, warnings = read(query(), {name: value})
    assert value_of(name, attributes) == (1500 if is_a_time else TABLE[name][1])
    assert len(warnings) == (0 if is_a_time else 1)


@pytest.mark.parametrize(
    ("claims", "field", "expected"),
    [
        ({"waitingRoom": True}, "waiting_room", True),
        ({"maxWatchers": 7}, "max_watchers", 7),
        ({"peerId": 5}, "peer_id", "5"),
        ({"iat": A_TIME // 1000}, "iat", A_TIME),
        ({"iat": A_TIME}, "iat", A_TIME),
        ({"startTime": "2022-06-21T00:00:00.0Z"}, "start_time", A_TIME),
        ({"displayName": None}, "display_name", ""),
        ({"role": ""}, "role", ""),
        ({"peerId": None}, "peer_id", ""),
        ({"peerId": 7.0}, "peer_id", "7"),
        ({"maxWatchers": 10.0}, "max_watchers", 10),
        ({"tokenLifetime": 6e4}, "token_lifetime", 60_000),
        ({"waitingRoom": 1}, "waiting_room", True),
        ({"waitingRoom": 0.0}, "waiting_room", False),
        ({"disableChat": True}, "disable_chat", True),
        ({"canRecord": None}, "can_record", False),
    ],
)
def test_a_token_has_json_values(claims: dict[str, Any], field: str, expected: Any) -> None:
    attributes, warnings = read(query(), claims)
    assert getattr(attributes, field) == expected
    assert warnings == []


class TestPriority:
    @pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row[2] == "both"])
    def test_the_token_wins_over_the_link(self, name: str) -> None:
        values, *_, wrong = TABLE[name]
        text, expected = next(iter(values.items()))
        assert value_of(name, read(query(**{name: wrong[0]}), {name: text})[0]) == expected

    def test_what_is_wrong_in_the_token_is_not_taken_from_the_link(self) -> None:
        attributes, warnings = read(query(video="https://a.example/"), {"video": "http://b.example/"})
        assert attributes.video == ""
        assert len(warnings) == 1
        with pytest.raises(TokenRefusedError, match="maxWatchers must be a whole number, not negative, not 'many'"):
            read(query(maxWatchers="5"), {"maxWatchers": "many"})

    def test_what_the_token_does_not_say_is_taken_from_the_link(self) -> None:
        attributes, _ = read(query(displayName="Ada", maxWatchers="5"), {"maxWatchers": 7})
        assert (attributes.display_name, attributes.max_watchers) == ("Ada", 7)

    def test_no_link_makes_a_moderator(self) -> None:
        attributes, warnings = read(query(role="moderator", waitingRoom="true", canRecord="true"), {})
        assert attributes == RoomAttributes()
        assert len(warnings) == 3


class TestRestrictions:
    """What keeps people out must not fail open: not by its value, and not by its name."""

    LIMITS = ("waitingRoom", "startTime", "tokenLifetime", "maxWatchers", "maxBroadcasters", "itisparticipant")

    @pytest.mark.parametrize("name", [*LIMITS, "disableChat"])
    @pytest.mark.parametrize("value", [None, "", " "])
    def test_nothing_is_no_value_of_one(self, name: str, value: Any) -> None:
        """What a server that made a mistake writes: JavaScript's JSON has null for an invalid date."""
        with pytest.raises(TokenRefusedError, match=f"{name} must be "):
            read(query(), {name: value})

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            *[(name.lower(), name) for name in LIMITS if not name.islower()],
            *[(name.upper(), name) for name in LIMITS],
            ("waiting_room", "waitingRoom"),
            ("start-time", "startTime"),
            ("room_id", "roomId"),
            ("PeerId", "peerId"),
            ("Role", "role"),
            ("EXP", "exp"),
            ("expiresAt", "exp"),
            ("not_before", "nbf"),
        ],
    )
    def test_one_that_is_spelt_wrong_in_a_token_lets_nobody_in(self, written: str, meant: str) -> None:
        with pytest.raises(TokenRefusedError, match=f"did you mean {meant}\\?"):
            read(query(), {written: "x"})
        if meant not in {"exp", "nbf"}:
            assert read(query(), {written: "x", meant: next(iter(TABLE[meant][0]))})[1]

    def test_a_token_may_have_claims_of_ones_own(self) -> None:
        own = {"iss": "me", "sub": "5", "aud": "x", "exp": 1, "nbf": 1, "jti": "x", "email": "a@b.example"}
        assert read(query(), own) == (RoomAttributes(), [])

    def test_the_right_value_of_the_token_counts_whatever_the_link_says(self) -> None:
        assert read(query(maxWatchers="many"), {"maxWatchers": 5})[0].max_watchers == 5

    def test_the_links_own_limits_do_not_fail_open_either(self) -> None:
        with pytest.raises(BadRequest, match="maxWatchers must be"):
            read(query(maxWatchers="many"), {})
        assert read(query(maxWatchers="", itisparticipant="perhaps"), {})[0] == RoomAttributes()


class TestNames:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("displayname", "displayName"),
            ("canrecord", "canRecord"),
            ("dispalyName", "displayName"),
            ("hand_enabled", "handEnabled"),
        ],
    )
    def test_a_slip_is_told(self, written: str, meant: str) -> None:
        expected = [f"There is no attribute '{written}' (did you mean {meant}?)."]
        assert read(query(**{written: "true"}), {}) == (RoomAttributes(), expected)
        assert read(query(), {written: "true"}) == (RoomAttributes(), expected)

    def test_what_is_like_none_is_told_for_links_only(self) -> None:
        assert read(query(utm_source="x"), {"utm_source": "x"})[1] == [
            "There is no attribute 'utm_source': docs/attributes.md lists all."
        ]

    def test_any_number_of_them_are_few_lines(self) -> None:
        assert len(read(query(**{f"{'x' * 500}{number}": "1" for number in range(100)}), {})[1]) == MAX_WARNINGS


class TestAliases:
    @pytest.mark.parametrize(
        ("given", "field", "expected"),
        [
            ({"peerID": "ada"}, "peer_id", "ada"),
            ({"peerId": "ada", "peerID": "bob"}, "peer_id", "ada"),
            ({"disbleChat": "true"}, "disable_chat", True),
            ({"disableChat": "false", "disbleChat": "true"}, "disable_chat", False),
        ],
    )
    def test_two_attributes_have_two_spellings(self, given: dict[str, str], field: str, expected: Any) -> None:
        assert getattr(read(query(**given), {})[0], field) == expected

    def test_a_token_may_use_them_too(self) -> None:
        assert read(query(peerId="bob"), {"peerID": "ada"})[0].peer_id == "ada"


class TestSecrets:
    @pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.secret])
    @pytest.mark.parametrize("where", ["link", "token"])
    def test_a_secret_is_in_no_warning(self, name: str, where: str) -> None:
        secret = "hunter2\nü https://u:hunter2@a.example/" * 200
        given = (query(**{name: secret}), {}) if where == "link" else (query(), {name: secret})
        try:
            warnings = read(*given)[1]
        except TokenRefusedError as refused:
            warnings = [refused.message]
        assert len(warnings) == 1
        assert "hunter2" not in warnings[0]

    def test_all_that_may_hold_one_are_marked(self) -> None:
        secret = {name for name, spec in SPECS.items() if spec.secret}
        assert secret == {"accessToken", "accessUrl", "apiEvent", "authEvent", "authorizationAccess", "token"}

    def test_the_page_is_told_none_and_nothing_that_it_does_not_act_on(self) -> None:
        told = for_page(RoomAttributes(token="hunter2", access_token="hunter2", lang="de", sort_peers=True))
        assert "hunter2" not in json.dumps(told)
        assert set(told) == {name for name, spec in SPECS.items() if spec.actor is Actor.PAGE}
        assert (told["lang"], told["sortPeers"], told["startWithFS"]) == ("de", True, False)


class TestAddresses:
    def test_what_needs_escaping_is_escaped(self) -> None:
        given = "https://a.example/ä b?x=<y>&z=%20"
        expected = "https://a.example/%C3%A4%20b?x=%3Cy%3E&z=%20"
        assert read(query(video=given), {})[0].video == expected

    def test_one_that_would_not_fit_into_a_ticket_is_refused(self) -> None:
        base = "https://a.example/"
        assert read(query(video=base + "x" * (MAX_URL_LENGTH - len(base))), {})[0].video
        assert not read(query(video=base + "x" * MAX_URL_LENGTH), {})[0].video
        assert not read(query(video=base + "ü" * (MAX_URL_LENGTH // 4)), {})[0].video

    @pytest.mark.parametrize("given", ["https://a.example/\ud800", "https://[", "https://[::1", "https://a:99999/"])
    def test_what_python_finds_impossible_is_a_warning(self, given: str) -> None:
        attributes, warnings = read(query(), {"video": given})
        assert attributes.video == ""
        assert warnings[0].startswith("video must be an address that begins with https://")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
attribute_names = st.sampled_from([*TABLE, "peerID", "disbleChat", "nonsense"])


@settings(deadline=None)
@given(
    st.dictionaries(attribute_names, st.text(max_size=200) | st.sampled_from([*URL, *TIMES, *FLAGS, "10"])),
    st.dictionaries(attribute_names, json_values),
)
def test_any_link_with_any_token_is_read(link: dict[str, str], claims: dict[str, Any]) -> None:
    try:
        attributes, warnings = read(link, claims)
    except AppError as refused:
        attributes, warnings = RoomAttributes(), [refused.message]
    for field, spec, default in specs():
        value = getattr(attributes, field)
        assert type(value) in {type(default), int, str}, spec.name
    assert attributes.display_name.isprintable()
    assert len(attributes.display_name) <= 64
    assert len(attributes.peer_id) <= 128
    assert attributes.video == "" or attributes.video.lower().startswith("https://")
    assert attributes.video.isascii()
    json.dumps(for_page(attributes))
    assert all(len(warning) < 500 for warning in warnings)


@settings(deadline=None)
@given(json_values)
def test_any_value_is_a_time_or_none(value: Any) -> None:
    problem = ""
    try:
        assert time_ms(value) >= 0
    except ValueError as error:
        problem = str(error)
    assert problem == "" or "a time such as" in problem


class TestReference:
    def test_the_page_is_up_to_date(self) -> None:
        assert reference.TARGET.read_text(encoding="utf-8") == reference.generate(), "run make generate"

    def test_it_has_a_row_for_each_and_promises_only_what_is_done(self) -> None:
        rows = {row.split("`")[1]: row for row in reference.generate().splitlines() if row.startswith("| `")}
        assert list(rows) == [spec.name for _, spec, _ in specs()]
        assert len(fields(RoomAttributes)) == len(rows)
        for name, row in rows.items():
            spec: Spec = SPECS[name]
            assert ("Without effect so far." in row) == spec.pending
            assert not (spec.pending and "Enforced" in row)
            for alias in spec.aliases:
                assert f"`{alias}`" in row
