from __future__ import annotations

import pytest

from mcpquality_reports.page.prose import Piece, pieces


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Just words.", (Piece("text", "Just words."),)),
        ("Call `run(x)` now", (Piece("text", "Call "), Piece("code", "run(x)"), Piece("text", " now"))),
        ("So:\n```python\na\n  b\n```\nDone", (Piece("text", "So:"), Piece("block", "a\n  b"), Piece("text", "Done"))),
        (
            "So:\n  before: a(\n              b)\n  after:  c\nDone",
            (Piece("text", "So:"), Piece("block", "before: a(\n            b)\nafter:  c"), Piece("text", "Done")),
        ),
        ("So:\n  the end", (Piece("text", "So:"), Piece("block", "the end"))),
        ("", ()),
    ],
)
def test_an_advice_is_cut_into_words_and_code(words: str, expected: tuple[Piece, ...]) -> None:
    assert pieces(words) == expected
