"""What may be sent, and what of a finding gets that far."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import Category, Finding, Location, Package, Region, Severity
from pytest_mcpquality.remediation.choosing.words import is_rule, minor_version, package_name, problem, subject


def finding(**fields: object) -> Finding:
    return Finding(**{"scanner": "s", "rule": "r", "severity": Severity.HIGH, "message": "m"} | fields)  # type: ignore[arg-type]


def test_a_package_is_named_only_when_a_public_advisory_is_about_it() -> None:
    package = Package("internal-billing", "1.0")
    secret = finding(package=package, category=Category.DEPENDENCY, rule="house-rule")
    assert subject([secret]).package is None
    public = finding(package=package, category=Category.DEPENDENCY, rule="r", aliases=("CVE-2024-12345", "other"))
    assert subject([public]).package == package
    assert subject([public]).ids == ("CVE-2024-12345",)
    code = finding(package=package, category=Category.CODE, rule="CVE-2024-12345")
    assert subject([code]).package is None


@pytest.mark.parametrize(
    "id_", ["CVE-2024-1234", "GHSA-x84v-xcm2-53pg", "PYSEC-2018-28", "SNYK-PYTHON-REQUESTS-1234567"]
)
def test_ids_of_advisories_are_known(id_: str) -> None:
    assert subject([finding(rule=id_, category=Category.DEPENDENCY)]).ids == (id_,)


@pytest.mark.parametrize("id_", ["CVE-2024-hunter2", "GHSA-secret", "cve-2024-1234", "CVE-2024-12345 token", ""])
def test_what_looks_almost_like_one_is_none(id_: str) -> None:
    assert subject([finding(rule=id_, category=Category.DEPENDENCY)]).ids == ()


def test_weaknesses_of_all_findings_count_once() -> None:
    assert subject([finding(cwe=(79, 22)), finding(cwe=(22,))]).cwe == (22, 79)


@pytest.mark.parametrize(
    ("paths", "is_python"),
    [((), True), (("a.py",), True), (("a.ipynb", "b.pyi"), True), (("a.py", "b.js"), False)],
)
def test_the_language_is_told_by_the_files(paths: tuple[str, ...], is_python: bool) -> None:
    found = [finding(location=Location(path, Region(1))) for path in paths] or [finding()]
    assert subject(found).is_python is is_python


@given(st.text(max_size=80))
def test_whatever_a_version_is_only_digits_come_of_it(text: str) -> None:
    assert set(minor_version(Package("p", "1", (text,)))) <= set("0123456789.")


@given(st.text(max_size=120))
def test_whatever_a_name_is_it_can_be_asked_for_or_is_empty(text: str) -> None:
    name = package_name(Package(text, "1"))
    assert name in {"", text}
    assert not name or problem((name,), "q") == ""


@pytest.mark.parametrize(
    ("libraries", "query", "words"),
    [
        ((), "q", "names no library"),
        ("requests", "q", "in one text, not in a tuple"),
        (("a b",), "q", "neither a library's id"),
        (("/only",), "q", "neither a library's id"),
        (("/a/b/c/d",), "q", "neither a library's id"),
        (("/a/b",), "", "1 to 500 printable"),
        (("/a/b",), " ", "1 to 500 printable"),
        (("/a/b",), "x" * 501, "1 to 500 printable"),
        (("/a/b",), "two\nlines", "1 to 500 printable"),
        (("/a/b",), "token = 'abcdef123456'", "looks as if it held a secret"),
    ],
)
def test_what_cannot_be_asked_says_why(libraries: Iterable[str], query: str, words: str) -> None:
    assert words in problem(libraries, query)


@pytest.mark.parametrize("library", ["/a/b", "/a/b/v1.2", "/a/b@v1", "requests", "@scope/name"])
def test_ids_and_names_can_be_asked(library: str) -> None:
    assert problem((library,), "q") == ""


def test_names_of_rules() -> None:
    assert all(map(is_rule, ["B602", "bandit:B602", "CWE-78", "mcp-ssrf", "requests"]))
    assert not any(map(is_rule, ["", "a b", "a:b:c", "ü", "1", "x:"]))
