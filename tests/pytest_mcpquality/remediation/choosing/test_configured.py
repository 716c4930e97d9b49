"""Questions of the configuration."""

from __future__ import annotations

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Category, Package
from pytest_mcpquality.remediation.choosing.configured import Entry, entry_for, parse
from pytest_mcpquality.remediation.choosing.values import Subject


def test_a_query_may_be_left_out() -> None:
    assert parse(["B602 | /a/b", "x:y|requests|how to"]) == {
        "b602": Entry("/a/b", ""),
        "x:y": Entry("requests", "how to"),
    }


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("B602", "is not RULE | LIBRARY"),
        ("", "is not RULE | LIBRARY"),
        ("a | b | c | d", "is not RULE | LIBRARY"),
        ("not a rule | /a/b", "is not RULE | LIBRARY"),
        ("B602 | not a library", "neither a library's id"),
        ("B602 | /a/b | " + "x" * 501, "printable characters"),
        ("B602 | /a/b | password: 'hunter2hunter2'", "looks as if it held a secret"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(entry: str, words: str) -> None:
    with pytest.raises(UsageError, match=r"docs\.rules: ") as caught:
        parse([entry])
    assert words in str(caught.value)


def test_the_nearest_name_wins() -> None:
    entries = parse(["CWE-78 | /by/cwe", "B602 | /by/rule", "bandit:B602 | /by/both", "CVE-2020-1 | /x/y"])
    assert entry_for(Subject("bandit", "B602", cwe=(78,)), entries) == Entry("/by/both", "")
    assert entry_for(Subject("ruff", "B602", cwe=(78,)), entries) == Entry("/by/rule", "")
    assert entry_for(Subject("ruff", "S602", cwe=(22, 78)), entries) == Entry("/by/cwe", "")
    assert entry_for(Subject("ruff", "S602"), entries) is None


def test_an_advisory_goes_by_its_ids_and_its_package() -> None:
    about = Subject("a", "b", Category.DEPENDENCY, ids=("CVE-2020-12345",), package=Package("Requests", "1"))
    assert entry_for(about, parse(["requests | /p/q", "cve-2020-12345 | /i/d"])) == Entry("/i/d", "")
    assert entry_for(about, parse(["requests | /p/q"])) == Entry("/p/q", "")
