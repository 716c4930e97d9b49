"""The one scale: every word and figure on it, and nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners import severity
from mcpquality_scanners.findings import Confidence, Severity
from mcpquality_scanners.severity import BANDIT, CVSS_BANDS, OSV, SECRET, SEMGREP, by_score, by_vector, by_word

TABLES = {"semgrep": SEMGREP, "bandit": BANDIT, "osv": OSV}


@pytest.mark.parametrize(
    ("table", "word", "expected"),
    [
        (SEMGREP, "CRITICAL", Severity.CRITICAL),
        (SEMGREP, "ERROR", Severity.HIGH),
        (SEMGREP, "HIGH", Severity.HIGH),
        (SEMGREP, "WARNING", Severity.MEDIUM),
        (SEMGREP, "MEDIUM", Severity.MEDIUM),
        (SEMGREP, "LOW", Severity.LOW),
        (SEMGREP, "INFO", Severity.LOW),
        (SEMGREP, "INVENTORY", Severity.INFO),
        (BANDIT, "HIGH", Severity.HIGH),
        (BANDIT, "LOW", Severity.LOW),
        (BANDIT, "UNDEFINED", Severity.UNKNOWN),
        (OSV, "MODERATE", Severity.MEDIUM),
        (OSV, " moderate\n", Severity.MEDIUM),
        (SEMGREP, "error", Severity.HIGH),
    ],
)
def test_a_word_means_what_its_tool_says(table: Mapping[str, Severity], word: str, expected: Severity) -> None:
    assert by_word(table, word) is expected


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
@pytest.mark.parametrize("word", ["", "SEVERE", "NONE", "HIGHER", "\0"])
def test_a_word_nobody_knows_is_unknown_and_counts_as_high(table: Mapping[str, Severity], word: str) -> None:
    assert by_word(table, word) is Severity.UNKNOWN
    assert Severity.UNKNOWN.rank == Severity.HIGH.rank


def test_every_word_of_every_table_is_found_in_it() -> None:
    for table in TABLES.values():
        assert {word: by_word(table, word.lower()) for word in table} == dict(table)


def test_confidence_has_words_too() -> None:
    assert severity.confidence("high") is Confidence.HIGH
    assert severity.confidence("Medium") is Confidence.MEDIUM
    assert severity.confidence("UNDEFINED") is Confidence.UNKNOWN


def test_a_secret_is_high() -> None:
    assert SECRET is Severity.HIGH


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (10.0, Severity.CRITICAL),
        (9.0, Severity.CRITICAL),
        (8.9, Severity.HIGH),
        (7.0, Severity.HIGH),
        (6.9, Severity.MEDIUM),
        (4.0, Severity.MEDIUM),
        (3.9, Severity.LOW),
        (0.1, Severity.LOW),
        (0.0, Severity.INFO),
        (-1.0, Severity.UNKNOWN),
        (float("nan"), Severity.UNKNOWN),
    ],
)
def test_the_bands_of_a_score(score: float, expected: Severity) -> None:
    assert by_score(score) is expected


@given(low=st.floats(0, 10), high=st.floats(0, 10))
def test_a_higher_score_is_never_less_severe(low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert by_score(low).rank <= by_score(high).rank
    assert [least for least, _ in CVSS_BANDS] == sorted((least for least, _ in CVSS_BANDS), reverse=True)


@pytest.mark.parametrize(
    ("vector", "score", "expected"),
    [
        # Scores as FIRST's own calculators give them.
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Severity.CRITICAL),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, Severity.INFO),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N", 5.3, Severity.MEDIUM),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, Severity.CRITICAL),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, Severity.INFO),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5, Severity.HIGH),
    ],
)
def test_a_vector_is_scored(vector: str, score: float, expected: Severity) -> None:
    assert by_vector(vector) == (score, expected)


@pytest.mark.parametrize(
    "vector",
    [
        "",
        "HIGH",
        "7.5",
        "CVSS:3.1",
        "CVSS:3.1/",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N",
        "CVSS:4.0/",
        "CVSS:5.0/AV:N/AC:L",
        "AV:N/AC:L",
        "\0",
    ],
)
def test_what_is_no_vector_is_none(vector: str) -> None:
    assert by_vector(vector) is None


_PARTS = st.sampled_from(
    ["AV:N", "AC:L", "PR:N", "UI:N", "S:U", "C:H", "I:H", "A:H", "AT:N", "VC:H", "Au:N", "E:X", "", ":", "AV:", "a"]
)
_ODD = st.builds(
    lambda lead, parts: lead + "/".join(parts),
    st.sampled_from(["", "CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/", "CVSS:4", "CVSS:3"]),
    st.lists(_PARTS, max_size=12),
)


@given(vector=st.one_of(st.text(max_size=40), _ODD))
def test_no_text_is_too_odd_for_a_vector(vector: str) -> None:
    scored = by_vector(vector)
    assert scored is None or 0 <= scored[0] <= 10
