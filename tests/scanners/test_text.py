from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.text import last_lines, one_line


def test_terminal_sequences_and_bidirectional_overrides_are_dropped() -> None:
    assert one_line("\x1b[31mred\x1b[0m \u202eevil\u202c\tend\r\n") == "red evil end"


def test_a_title_sequence_is_dropped_with_its_text() -> None:
    assert one_line("a\x1b]0;owned\x07b") == "ab"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert one_line("word " * 100, limit=20) == "word word word word…"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_any_text_becomes_one_printable_line_within_the_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not [character for character in line if unicodedata.category(character) in {"Cc", "Cf", "Cs"}]
    line.encode()


def test_the_last_lines_that_say_something_are_kept() -> None:
    assert last_lines(b"one\ntwo\n\n  \nthree\n", count=2) == "two | three"


def test_output_that_says_nothing_gives_nothing() -> None:
    assert last_lines(b"\n \x00\n") == ""


@given(st.binary())
def test_any_bytes_can_be_shown(data: bytes) -> None:
    last_lines(data).encode()
