"""There is always something to say, and it is said who says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_reports.digest import RuleGroup
from mcpquality_scanners.findings import Category, Finding, Package, Severity
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.remediation import RemediationSource
from pytest_mcpquality.remediation.choosing.topics import WEAKNESSES as ASKED_ABOUT
from pytest_mcpquality.remediation.fallback import without_asking
from pytest_mcpquality.remediation.fallback_weaknesses import WEAKNESSES

LINK = "https://example.org/rule"


def nothing(_scanner: str, _rule: str) -> None:
    return None


def group(**fields: object) -> RuleGroup:
    made = Finding(**{"scanner": "s", "rule": "r", "severity": Severity.HIGH, "message": "m"} | fields)  # type: ignore[arg-type]
    return RuleGroup(made.scanner, made.rule, (made,))


def test_our_own_help_comes_first_without_its_heading() -> None:
    known = {scanner.name: scanner for scanner in load_scanners()}
    about = group(scanner="bandit", rule="B602", title="shell", fix="their fix", references=(LINK,), cwe=(78,))
    made = without_asking(about, lambda scanner, rule: known[scanner].explain(rule))
    assert made.source is RemediationSource.OWN_HELP
    assert made.text.startswith("A shell interprets the command")
    assert (made.title, made.url, made.retrieved, made.library) == ("shell", LINK, "", "")


def test_then_what_the_tool_says() -> None:
    made = without_asking(group(fix="their fix", cwe=(78,)), nothing)
    assert (made.source, made.text) == (RemediationSource.TOOL, "their fix")
    linked = without_asking(group(references=("javascript:alert(1)", LINK), cwe=(78,)), nothing)
    assert linked.source is RemediationSource.TOOL
    assert linked.text.endswith(f"- <{LINK}>")
    assert "javascript" not in linked.text


def test_then_the_weakness() -> None:
    made = without_asking(group(cwe=(99999, 89)), nothing)
    assert made.source is RemediationSource.CWE
    assert made.text.startswith("**CWE-89, SQL injection.** Hand values over")
    assert made.url == "https://cwe.mitre.org/data/definitions/89.html"


def test_of_an_advisory_its_own_details_come_first() -> None:
    about = group(
        category=Category.DEPENDENCY,
        package=Package("p", "1"),
        fix="Require p>=2.",
        message="Leaks.",
        references=(LINK,),
    )
    made = without_asking(about, lambda _scanner, _rule: "# general\n\nhelp")
    assert (made.source, made.text, made.url) == (RemediationSource.ADVISORY, "Require p>=2.\n\nLeaks.", LINK)
    unknown = group(category=Category.DEPENDENCY, package=Package("p", "1"))
    assert without_asking(unknown, lambda _scanner, _rule: "# general\n\nhelp").text == "help"


@pytest.mark.parametrize("category", Category)
def test_at_last_there_is_advice_for_the_kind(category: Category) -> None:
    made = without_asking(group(category=category, references=("http://plain",)), nothing)
    assert made.source is RemediationSource.OWN_HELP
    assert "suppress it with the reason" in made.text
    assert made.url == ""


@given(
    st.text(max_size=20),
    st.text(max_size=20),
    st.lists(st.integers(0, 2000), max_size=3),
    st.sampled_from(Category),
    st.one_of(st.none(), st.text(max_size=20)),
)
def test_whatever_the_finding_holds_there_is_text(
    fix: str, link: str, cwe: list[int], category: Category, explained: str | None
) -> None:
    about = group(fix=fix.strip(), references=(link,), cwe=tuple(cwe), category=category, package=Package("p", "1"))
    made = without_asking(about, lambda _scanner, _rule: explained)
    assert made.text.strip()
    assert made.retrieved == ""


def test_the_weaknesses_that_are_asked_about_mostly_have_words_of_our_own() -> None:
    assert len(ASKED_ABOUT.keys() & WEAKNESSES.keys()) >= 30
    assert all(name and advice.endswith(".") for name, advice in WEAKNESSES.values())
