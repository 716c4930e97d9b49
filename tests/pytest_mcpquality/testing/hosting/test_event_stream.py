from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.testing.hosting.event_stream import Event, EventReader


def test_an_event_keeps_its_id_and_type_around_another_body() -> None:
    (event,) = EventReader().feed(b'id: 7\r\nevent: message\r\ndata: {"a":1}\r\n\r\n')

    assert isinstance(event, Event)
    assert event.data == b'{"a":1}'
    assert event.around(b"new") == b"id: 7\r\nevent: message\r\ndata: new\r\n\r\n"
    assert event.around(b"two\nlines") == b"id: 7\r\nevent: message\r\ndata: two\r\ndata: lines\r\n\r\n"


def test_comments_pass_as_they_are() -> None:
    assert EventReader().feed(b": ping\r\n\r\n") == [b": ping\r\n\r\n"]


def test_an_event_without_data_in_its_data_line() -> None:
    (event,) = EventReader().feed(b"id: 1\ndata:\n\n")
    assert isinstance(event, Event)
    assert event.data == b""


def test_half_an_event_is_none() -> None:
    reader = EventReader()
    assert reader.feed(b"data: x\n") == []
    assert reader.feed(b"\n") == [Event((b"data: x",))]


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), max_size=5),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 9),
)
def test_events_are_the_same_in_whatever_pieces_they_come(bodies: list[str], end: str, size: int) -> None:
    data = "".join(f"event: message{end}data: {body}{end}{end}" for body in bodies).encode()
    reader = EventReader()
    found = [event for start in range(0, len(data), size) for event in reader.feed(data[start : start + size])]

    assert [event.data.decode() for event in found if isinstance(event, Event)] == bodies
