from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.mcp.event_stream import Event, EventParser, EventTooLongError


def feed(parser: EventParser, *pieces: bytes) -> list[Event]:
    return [event for piece in pieces for event in parser.feed(piece)]


def parse(*pieces: bytes) -> list[Event]:
    return feed(EventParser(10_000), *pieces)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_an_event_has_a_name_data_an_id_and_a_time(end: bytes) -> None:
    lines = [b": a comment", b"event: ping", b"data: one", b"data:two", b"id: 7", b"retry: 250", b"", b""]
    assert parse(end.join(lines) + b"x") == [Event("ping", b"one\ntwo", "7", 0.25)]


def test_without_a_name_it_is_a_message() -> None:
    assert parse(b'data: {"a": 1}\n\n') == [Event("message", b'{"a": 1}')]


def test_an_empty_event_with_an_id_primes_and_one_without_is_none() -> None:
    assert parse(b"id: 1\ndata:\n\n", b"event: x\n\n", b":\n\n") == [Event("message", b"", "1")]


def test_a_return_ends_a_line_at_once_and_its_line_feed_ends_no_other() -> None:
    parser = EventParser(500)
    assert feed(parser, b"data: x\r\r") == [Event("message", b"x")]
    assert feed(parser, b"\n", b"data: y", b"\r", b"\n\r") == [Event("message", b"y")]


def test_a_byte_order_mark_is_dropped_once() -> None:
    assert parse(b"\xef\xbb\xbfdata: x\n\n") == [Event("message", b"x")]


def test_odd_fields_are_ignored() -> None:
    assert parse(b"retry: soon\nid: a\0b\nfield\ndata: x\n\n") == [Event("message", b"x")]


def test_an_event_that_is_not_finished_is_no_event() -> None:
    assert parse(b"data: x\n") == []


@pytest.mark.parametrize("piece", [b"x" * 600, b"data: " + b"x" * 90 + b"\n"])
def test_an_event_that_is_too_long_is_refused(piece: bytes) -> None:
    parser = EventParser(500)
    with pytest.raises(EventTooLongError, match="longer than 500 bytes"):
        feed(parser, *[piece] * 10)


LINES = st.sampled_from([b"data: a", b"data: \xc3\xa4", b"event: e", b"id: 1", b":c", b"retry: 5", b"", b""])
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(LINES, ENDS), max_size=20), st.lists(st.integers(0, 60), max_size=10))
def test_the_pieces_do_not_matter(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(line + end for line, end in lines)
    places = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[start:stop] for start, stop in pairwise(places)]
    assert parse(*pieces) == parse(stream)
