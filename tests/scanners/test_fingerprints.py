"""Identity of findings: what keeps it, what changes it, and what must not be in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import Category, Finding, Location, Package, Region, Severity, Subject
from mcpquality_scanners.fingerprints import with_fingerprints


def finding(line: int = 1, rule: str = "B602", path: str = "a.py", **changes: object) -> Finding:
    plain = Finding("bandit", rule, Severity.HIGH, "a message", Location(path, Region(line)))
    return replace(plain, **changes)  # type: ignore[arg-type]  # the names are those of the class


def prints(lines: Sequence[str] | None, *findings: Finding) -> list[str]:
    return [done.fingerprint for done in with_fingerprints(findings, lambda _path: lines)]


def secret(line: str) -> str:
    (only,) = prints([line], finding(category=Category.SECRET))
    return only


def test_it_is_128_bits_of_hexadecimal() -> None:
    (only,) = prints(["x"], finding())
    assert len(only) == 32
    assert int(only, 16) >= 0


def test_it_survives_lines_that_move_and_are_indented_anew() -> None:
    assert prints(["run(x)"], finding(1)) == prints(["", "# new", "    run(x)  "], finding(3))


def test_findings_about_different_tools_of_a_server_differ() -> None:
    subjects = [None, Subject("a"), Subject("b"), Subject("a", "tool", "x"), Subject("a", "prompt", "x")]
    made = {one for subject in subjects for one in prints([], finding(location=None, subject=subject))}
    assert len(made) == len(subjects)


def test_it_is_known_forever() -> None:
    # A baseline written by one version is read by the next.
    assert prints(["run(x)"], finding()) == ["4a04a023b783ec811a6ebdea285b961b"]


@pytest.mark.parametrize(
    "other",
    [
        finding(rule="B603"),
        finding(scanner="semgrep"),
        finding(path="b.py"),
        finding(2),
        finding(package=Package("requests", "1.0")),
        finding(location=None),
        finding(location=Location("a.py")),
    ],
    ids=["rule", "scanner", "path", "text", "package", "no place", "no line"],
)
def test_what_differs_in_kind_or_place_or_text_differs(other: Finding) -> None:
    lines = ["run(x)", "run(y)"]
    assert prints(lines, finding()) != prints(lines, other)


def test_equal_lines_are_told_apart_from_the_top() -> None:
    lines = ["run(x)", "", "run(x)"]
    first, second = prints(lines, finding(1), finding(3))
    assert first != second
    assert [first] == prints(lines, finding(3))  # the only one left is the first


def test_a_message_that_changes_between_versions_of_a_tool_keeps_it() -> None:
    assert prints(["run(x)"], finding()) == prints(["run(x)"], finding(message="other words"))


def test_a_dependency_keeps_it_when_its_version_or_line_changes() -> None:
    old = finding(1, package=Package("requests", "2.0"))
    new = finding(2, package=Package("requests", "2.1"))
    assert prints(["requests==2.0"], old) == prints(["", "requests==2.1"], new)


@pytest.mark.parametrize("lines", [None, [], ["only one"]])
def test_a_line_that_cannot_be_read_is_an_empty_one(lines: list[str] | None) -> None:
    assert prints(lines, finding(7)) == prints([""], finding(1))
    assert prints(lines, finding(0)) == prints([""], finding(1))


@pytest.mark.parametrize(
    "line",
    [
        'password = "{}"',
        "password: {}",
        '    "password": "{}",',
        "PASSWORD={}",
        "connect(host, password='{}')",
        "https://user:{}@host.example/",
        "{}",
        "export PASSWORD={}  # {}",
        "password = {}",
        "user:{}:more",
    ],
)
@pytest.mark.parametrize(
    ("old", "new"), [("hunter2", "x"), ("hunter2", "correct horse"), ("p@ss!w0rd", "c2VjcmV0cw==")]
)
def test_of_a_secret_nothing_goes_in(line: str, old: str, new: str) -> None:
    assert secret(line.replace("{}", old)) == secret(line.replace("{}", new))


@given(value=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=1).filter(str.strip))
def test_of_no_secret_anything_goes_in(value: str) -> None:
    assert secret(f"PASSWORD = '{value}'") == secret("PASSWORD = 'x'")


def test_the_name_that_a_secret_is_assigned_to_goes_in() -> None:
    assert secret('first_key = "a"') != secret('second_key = "a"')


def test_odd_names_of_files_have_one_too() -> None:
    assert prints(["x"], finding(path="caf\udce9.py")) != prints(["x"], finding(path="caf.py"))


_FINDINGS = st.lists(
    st.builds(
        finding,
        st.integers(0, 3),
        st.sampled_from(["B602", "B603"]),
        st.sampled_from(["a.py", "b.py"]),
        native_severity=st.sampled_from(["HIGH", ""]),
        location=st.sampled_from([None, Location("a.py"), Location("a.py", Region(1)), Location("a.py", Region(2))]),
    ),
    max_size=8,
)


@given(findings=_FINDINGS, data=st.data())
def test_the_order_they_come_in_changes_nothing(findings: list[Finding], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(findings))
    lines = ["run(x)", "run(x)", "run(y)"]
    assert with_fingerprints(findings, lambda _: lines) == with_fingerprints(shuffled, lambda _: lines)


@given(findings=_FINDINGS)
def test_no_two_findings_share_one(findings: list[Finding]) -> None:
    found = prints(["run(x)", "run(x)"], *findings)
    assert len(set(found)) == len(findings)
