"""Merging: what is the same becomes one, and nothing that counts is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Package,
    Region,
    Severity,
    Suppression,
    SuppressionKind,
)
from pytest_mcpquality.merge import merge_findings

PRAGMA = Suppression(SuppressionKind.PRAGMA, "known", 1)


def finding(scanner: str = "bandit", rule: str = "B602", line: int | None = 1, **changes: object) -> Finding:
    region = None if line is None else Region(line)
    plain = Finding(scanner, rule, Severity.HIGH, f"{rule} of {scanner}", Location("a.py", region), cwe=(78,))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are those of the class


def advisory(scanner: str = "pip-audit", rule: str = "PYSEC-1", *aliases: str, version: str = "1.0") -> Finding:
    package = Package("requests", version)
    return finding(scanner, rule, None, category=Category.DEPENDENCY, aliases=aliases, package=package, cwe=())


def rules(findings: Iterable[Finding]) -> list[str]:
    return [found.rule for found in findings]


def test_one_weakness_in_one_line_is_one_finding() -> None:
    semgrep = finding("semgrep", "shell", severity=Severity.CRITICAL, fix="do not", references=("https://b.example",))
    bandit = finding(cwe=(20, 78), aliases=("X",), fix="never", references=("https://a.example",))
    (merged,) = merge_findings([bandit, semgrep])
    assert merged.rule == "shell"
    assert merged.severity is Severity.CRITICAL
    assert merged.also_found_by == ("bandit:B602",)
    assert merged.cwe == (20, 78)
    assert merged.aliases == ("X",)
    assert merged.fix == "do not"
    assert merged.references == ("https://b.example", "https://a.example")


def test_the_others_fix_is_better_than_none() -> None:
    (merged,) = merge_findings([finding(severity=Severity.CRITICAL), finding("semgrep", "shell", fix="do not")])
    assert merged.fix == "do not"


@pytest.mark.parametrize(
    "other",
    [
        finding(rule="B603"),
        finding("semgrep", "shell", cwe=(89,)),
        finding("semgrep", "shell", cwe=()),
        finding("semgrep", "shell", line=2),
        finding("semgrep", "shell", location=Location("b.py", Region(1))),
        finding("semgrep", "shell", category=Category.MCP),
        finding("semgrep", "shell", suppression=PRAGMA),
        finding("semgrep", "shell", line=None),
        finding("semgrep", "shell", location=None),
        finding("semgrep", "shell", package=Package("requests", "1.0")),
    ],
    ids=[
        "one scanner", "weakness", "no weakness", "line", "file", "category", "suppressed", "no line", "no place",
        "package",
    ],
)  # fmt: skip
def test_what_differs_stays_apart(other: Finding) -> None:
    assert set(merge_findings([finding(), other])) == {finding(), other}


def test_without_a_line_nothing_is_the_same() -> None:
    assert len(merge_findings([finding(line=None), finding("semgrep", "shell", line=None)])) == 2
    assert len(merge_findings([finding(location=None), finding("semgrep", "shell", location=None)])) == 2


def test_secrets_in_one_line_are_one_whatever_they_are_called() -> None:
    first = finding("detect-secrets", "AWS Access Key", category=Category.SECRET, cwe=())
    second = finding("gitleaks", "aws-key", category=Category.SECRET, cwe=(798,))
    (merged,) = merge_findings([second, first])
    assert merged.also_found_by == ("gitleaks:aws-key",)


def test_two_secrets_of_one_scanner_in_one_line_stay_two() -> None:
    first = finding("detect-secrets", "AWS Access Key", category=Category.SECRET)
    second = finding("detect-secrets", "Basic Auth", category=Category.SECRET)
    assert len(merge_findings([first, second])) == 2


def test_one_advisory_of_one_package_is_one_finding() -> None:
    merged = merge_findings([advisory("pip-audit", "PYSEC-1", "CVE-1"), advisory("osv", "GHSA-1", "CVE-1")])
    assert [found.also_found_by for found in merged] == [("pip-audit:PYSEC-1",)]
    assert merged[0].aliases == ("CVE-1",)


@pytest.mark.parametrize("other", [advisory("osv", "GHSA-1", "CVE-1", version="2.0"), advisory("osv", "GHSA-2")])
def test_another_version_or_advisory_stays_apart(other: Finding) -> None:
    assert len(merge_findings([advisory("pip-audit", "PYSEC-1", "CVE-1"), other])) == 2


def test_what_one_that_was_absorbed_ties_together_is_one() -> None:
    chain = [
        advisory("one", "A-1", "CVE-1"),
        advisory("two", "A-2", "CVE-2"),
        advisory("zzz", "A-3", "CVE-1", "CVE-2"),
    ]
    (merged,) = merge_findings(chain)
    assert merged.also_found_by == ("two:A-2", "zzz:A-3")


_FINDINGS = st.lists(
    st.builds(
        finding,
        st.sampled_from(["bandit", "semgrep", "other"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from([None, 1, 2]),
        severity=st.sampled_from(Severity),
        category=st.sampled_from([Category.CODE, Category.SECRET, Category.DEPENDENCY]),
        cwe=st.sets(st.sampled_from([20, 78, 89]), max_size=2).map(lambda numbers: tuple(sorted(numbers))),
        aliases=st.sets(st.sampled_from(["CVE-1", "CVE-2"])).map(lambda names: tuple(sorted(names))),
        package=st.sampled_from([None, None, Package("requests", "1.0")]),
        suppression=st.sampled_from([None, None, PRAGMA]),
        native_severity=st.sampled_from(["", "x"]),
        fingerprint=st.sampled_from(["", "f", "g"]),
    ),
    max_size=9,
)


@given(findings=_FINDINGS, data=st.data())
def test_the_order_they_come_in_changes_nothing(findings: list[Finding], data: st.DataObject) -> None:
    assert merge_findings(findings) == merge_findings(data.draw(st.permutations(findings)))


@given(findings=_FINDINGS)
def test_merging_again_changes_nothing(findings: list[Finding]) -> None:
    once = merge_findings(findings)
    assert merge_findings(once) == once
    assert list(once) == sorted(once, key=lambda found: found.sort_key)


def _place(found: Finding) -> object:
    region = found.location.region if found.location else None
    return (found.location and found.location.path, None if found.package else region)


@given(findings=_FINDINGS)
def test_nothing_that_counts_is_lost(findings: list[Finding]) -> None:
    merged = merge_findings(findings)
    for found in findings:
        assert any(
            (found.suppression is None) == (kept.suppression is None)
            and kept.severity.rank >= found.severity.rank
            and _place(kept) == _place(found)
            and kept.category is found.category
            and {*kept.cwe} >= {*found.cwe}
            and {*kept.aliases} >= {*found.aliases}
            and f"{found.scanner}:{found.rule}" in (f"{kept.scanner}:{kept.rule}", *kept.also_found_by)
            for kept in merged
        )
    assert len(merged) <= len(findings)
