"""Frames to messages and back: whatever comes in is a request or a `BadFrame`."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms import protocol
from rooms.protocol import frames
from rooms.protocol.errors import Refused
from rooms.protocol.frames import BadFrame, decode_request, encode_notification, encode_refusal, encode_response


def refusal(text: str | None) -> protocol.RefusalFrame:
    with pytest.raises(BadFrame) as caught:
        decode_request(text)
    return caught.value.refusal


def request(method: str, data: Any = None, request_id: Any = 7) -> str:
    return json.dumps({"id": request_id, "method": method, "data": {} if data is None else data})


class TestDecoding:
    def test_a_request_is_its_id_and_its_typed_data(self) -> None:
        text = request("setDisplayName", {"displayName": "Ada", "more": [1]})
        assert decode_request(text) == (7, protocol.SetDisplayName("Ada"))

    def test_data_may_be_left_out_where_nothing_is_needed(self) -> None:
        assert decode_request('{"id": 0, "method": "ping"}') == (0, protocol.Ping())

    def test_what_nobody_reads_may_still_be_sent(self) -> None:
        capabilities: dict[str, list[str]] = {"codecs": [], "headerExtensions": []}
        data = {"ticket": "", "rtpCapabilities": capabilities, "sctpCapabilities": {"numStreams": {"OS": 1, "MIS": 1}}}
        _, join = decode_request(request("join", data))
        assert isinstance(join, protocol.Join)

    @pytest.mark.parametrize("method", list(protocol.REQUESTS))
    def test_every_method_is_known_by_its_wire_name(self, method: str) -> None:
        assert protocol.wire_name(protocol.REQUESTS[method]) == method

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "nonsense",
            "[1, 2",
            "true",
            "{}",
            '{"id": null, "method": "ping"}',
            '{"id": 1.5, "method": "ping"}',
            '{"id": 9007199254740992, "method": "ping"}',
            '{"id": -1, "method": "ping"}',
            '{"id": 1, "method": 5}',
            '{"id": 1, "method": "\\ud800"}',
            '{"id": 1, "method": "\ud800"}',
            '{"id": 1, "method": "ping", "data": ' + "[" * 30_000 + "}",
            '{"id": 1, "method": "ping", "data": {}} {}',
            '{"id": NaN, "method": "ping"}',
            " " * (frames.MAX_JOIN_CHARACTERS + 1),
        ],
    )
    def test_what_is_no_request_is_malformed_and_has_no_id(self, text: str | None) -> None:
        answer = refusal(text)
        assert (answer.id, answer.error.code) == (None, "malformedMessage")

    @pytest.mark.parametrize("method", ["", "Ping", "hello", "__class__", "peerJoined"])
    def test_an_unknown_method_is_refused_by_name(self, method: str) -> None:
        answer = refusal(request(method))
        assert (answer.id, answer.error.code) == (7, "unknownMethod")

    @pytest.mark.parametrize(
        ("method", "data"),
        [
            ("ping", []),
            ("ping", None if False else "text"),
            ("ping", {"x": 2**53 + 1}),
            ("ping", {"x": "a" * 8193}),
            ("ping", {"a" * 8193: 1}),
            ("ping", {"x": [[[[[[[[[[1]]]]]]]]]]}),
            ("ping", {"x": "a" * 17_000}),
            ("setDisplayName", {"displayName": None}),
            ("setDisplayName", {"displayName": "a" * 1025}),
            ("pauseProducer", {"producerId": "a" * 129}),
            ("produceData", {"sctpStreamParameters": {}, "label": "a" * 257}),
            ("setPreferredLayers", {"consumerId": "a", "layers": {"spatialLayer": 10**30}}),
            ("setPreferredLayers", {"consumerId": "a", "layers": {"spatialLayer": 0.5}}),
            ("join", {"ticket": "a" * 8193, "rtpCapabilities": {}}),
            ("join", {"ticket": "a", "rtpCapabilities": {"codecs": {}}}),
        ],
    )
    def test_data_that_does_not_fit_is_refused_with_the_id(self, method: str, data: Any) -> None:
        answer = refusal(request(method, data))
        assert (answer.id, answer.error.code) == (7, "invalidData")

    def test_a_refusal_does_not_repeat_at_length_what_was_sent(self) -> None:
        answer = refusal(request("produce", {"kind": "x" * 8000, "source": "mic", "rtpParameters": {}}))
        assert len(answer.error.message) < 400

    def test_a_join_may_be_as_large_as_a_browser_makes_it(self) -> None:
        codec = {"mimeType": "video/VP8", "kind": "video", "clockRate": 90000, "rtcpFeedback": [{"type": "nack"}] * 6}
        text = request("join", {"ticket": "a" * 1000, "rtpCapabilities": {"codecs": [codec] * 60}})
        assert len(text) > frames.MAX_FRAME_CHARACTERS / 2
        assert isinstance(decode_request(text)[1], protocol.Join)

    @given(st.one_of(st.none(), st.text()))
    def test_any_text_is_a_request_or_a_bad_frame(self, text: str | None) -> None:
        with pytest.raises(BadFrame):
            decode_request(text)


class TestEncoding:
    def test_an_answer_an_error_and_an_event_look_as_the_protocol_says(self) -> None:
        assert json.loads(encode_response(7, protocol.Produced("p"))) == {
            "id": 7,
            "ok": True,
            "data": {"producerId": "p"},
        }
        assert json.loads(encode_refusal(7, Refused("notFound", "There is none.", what="consumer"))) == {
            "id": 7,
            "ok": False,
            "error": {"code": "notFound", "message": "There is none.", "data": {"what": "consumer"}},
        }
        assert json.loads(encode_notification(protocol.PeerLeft("ada", "lost"))) == {
            "event": "peerLeft",
            "data": {"peerId": "ada", "reason": "lost"},
        }

    @given(st.text(max_size=200))
    def test_every_refusal_of_a_bad_frame_can_be_sent(self, text: str) -> None:
        with pytest.raises(BadFrame) as caught:
            decode_request(text)
        json.loads(frames.encode_bad_frame(caught.value))


def test_every_error_code_is_spelt_in_camel_case_and_once() -> None:
    codes = msgspec.inspect.type_info(protocol.ErrorCode)
    assert isinstance(codes, msgspec.inspect.LiteralType)
    assert all(str(code)[0].islower() and str(code).isalpha() for code in codes.values)
