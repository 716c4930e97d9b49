from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.findings import (
    Finding,
    Location,
    Region,
    Severity,
    Suppression,
    SuppressionKind,
)
from mcpquality_scanners.pragmas import ALLOWLIST, NO_REASON, NOSEC, NOSEMGREP, Pragma, apply_pragmas


def found(
    line: int, *, rule: str = "B602", title: str = "", end: int = 0, path: str = "a.py", scanner: str = "x"
) -> Finding:
    return Finding(
        scanner=scanner,
        rule=rule,
        title=title,
        severity=Severity.HIGH,
        message="m",
        location=Location(path, Region(line, 1, end or line)),
    )


def suppression(
    tmp_path: Path, pragma: Pragma, text: str | bytes, finding: Finding | None = None
) -> Suppression | None:
    finding = finding or found(1)
    assert finding.location is not None
    (tmp_path / finding.location.path).write_bytes(text.encode() if isinstance(text, str) else text)
    (result,) = apply_pragmas([finding], tmp_path, pragma)
    return result.suppression


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# nosec", NO_REASON),
        ("#nosec", NO_REASON),
        ("# nosec B602", NO_REASON),
        ("# nosec B607,B602", NO_REASON),
        ("# nosec B607, B602 the input is ours", "the input is ours"),
        ("# nosec: B602 reason words", "reason words"),
        ("# nosec b602", NO_REASON),
        ("# nosec - the input is ours", "the input is ours"),
        ("# nosec because (reasons)", "because (reasons)"),
        ("# nosec (fixed argument)", "fixed argument"),
        ("# nosec B602 # fixed argument", "fixed argument"),
        ("# noqa: S602 # nosec B602", NO_REASON),
        ("# nosec B602 # noqa: S602", NO_REASON),
        ("# nosec subprocess_popen_with_shell_equals_true", NO_REASON),
        ("# nosec: subprocess_popen_with_shell_equals_true, pickle", NO_REASON),
    ],
)
def test_nosec_suppresses_with_its_reason(tmp_path: Path, comment: str, reason: str) -> None:
    expected = Suppression(SuppressionKind.PRAGMA, reason, 1)
    assert suppression(tmp_path, NOSEC, f"run(x)  {comment}\n") == expected


@pytest.mark.parametrize(
    "line",
    [
        "run(x)  # nosec B607",
        "run(x)  # nosec pickle",
        "run(x)  # nosec B999",
        "run(x)  # nosecurity here",
        "run(x)  # no sec",
        "run('# nosec')",
        'run("""# nosec""")',
        "run(x)",
    ],
)
def test_nosec_of_another_rule_or_inside_a_string_suppresses_nothing(tmp_path: Path, line: str) -> None:
    assert suppression(tmp_path, NOSEC, line + "\n") is None


def test_nosec_counts_on_any_line_of_the_statement(tmp_path: Path) -> None:
    text = "run(\n    x,\n    shell=True,  # nosec B602 ours\n)\n"
    expected = Suppression(SuppressionKind.PRAGMA, "ours", 3)
    assert suppression(tmp_path, NOSEC, text, found(1, end=4)) == expected
    assert suppression(tmp_path, NOSEC, text, found(4)) is None


def test_lines_can_be_given_where_the_region_does_not_hold_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("run(  # nosec\n    shell=True,\n)\n", encoding="utf-8")
    (result,) = apply_pragmas([found(2)], tmp_path, NOSEC, lines_of=lambda _finding: (1, 2, 3))
    assert result.suppression is not None


def test_code_that_does_not_tokenize_is_read_line_by_line(tmp_path: Path) -> None:
    assert suppression(tmp_path, NOSEC, "run(x)  # nosec\n'''never closed\n") is not None


def test_form_feeds_and_separators_end_no_line(tmp_path: Path) -> None:
    text = "a = '\u2028'\x0c\nrun(x)  # nosec\n"
    assert suppression(tmp_path, NOSEC, text, found(2)) is not None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str) -> None:
    assert suppression(tmp_path, NOSEC, "# nosec\n".encode(encoding)) is not None


def test_a_reason_is_cleaned_and_capped(tmp_path: Path) -> None:
    got = suppression(tmp_path, NOSEC, f"x  # nosec B602 \x1b[31mred \u202e{'long ' * 100}\n")
    assert got is not None
    assert got.reason.startswith("red long")
    assert len(got.reason) <= 200


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("a.py", "run(x)  # nosemgrep", NO_REASON),
        ("a.py", "run(x)  # nosem", NO_REASON),
        ("a.py", "run(x)  # NOSEMGREP: rule-a", NO_REASON),
        ("a.py", "run(x)  # nosemgrep: other, rules.rule-a because ours", "because ours"),
        ("a.py", "run(x)  # noqa: S602 nosemgrep", NO_REASON),
        ("a.js", "run(x)  // nosemgrep: rule-a, rule-b", NO_REASON),
        ("a.js", "run(x)  /* nosemgrep: rule-a ours */", "ours"),
        ("a.html", "<a> <!-- nosemgrep: rule-a -->", NO_REASON),
        ("a.sql", "select 1 -- nosemgrep: rule-a -- ours", "ours"),
    ],
)
def test_nosemgrep_suppresses(tmp_path: Path, path: str, line: str, reason: str) -> None:
    got = suppression(tmp_path, NOSEMGREP, line + "\n", found(1, rule="rules.rule-a", path=path))
    assert got == Suppression(SuppressionKind.PRAGMA, reason, 1)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", "run(x)  # nosemgrep: rule-b"),
        ("a.py", "run(x)  # nosemgrep: a"),
        ("a.py", "run('# nosemgrep')"),
        ("a.js", "run(x) nosemgrep"),
        ("a.js", "run(x) // nosemgrep-like"),
    ],
)
def test_nosemgrep_elsewhere_suppresses_nothing(tmp_path: Path, path: str, line: str) -> None:
    assert suppression(tmp_path, NOSEMGREP, line + "\n", found(1, rule="rule-a", path=path)) is None


def test_a_rule_may_be_named_with_the_path_of_its_file(tmp_path: Path) -> None:
    line = "run(x)  # nosemgrep: path.to.rule-a\n"
    assert suppression(tmp_path, NOSEMGREP, line, found(1, rule="rule-a")) is not None


def test_nosemgrep_alone_on_a_line_is_about_the_next(tmp_path: Path) -> None:
    text = "# nosemgrep: rule-a ours\nrun(x)\nrun(x)\n"
    expected = Suppression(SuppressionKind.PRAGMA, "ours", 1)
    assert suppression(tmp_path, NOSEMGREP, text, found(2, rule="rule-a")) == expected
    assert suppression(tmp_path, NOSEMGREP, text, found(3, rule="rule-a")) is None


def test_nosemgrep_behind_code_is_not_about_the_next_line(tmp_path: Path) -> None:
    assert suppression(tmp_path, NOSEMGREP, "y()  # nosemgrep\nrun(x)\n", found(2)) is None


def test_nosemgrep_counts_on_the_first_line_only(tmp_path: Path) -> None:
    assert suppression(tmp_path, NOSEMGREP, "run(\n  x)  # nosemgrep\n", found(1, end=2)) is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('k = "s"  # pragma: allowlist secret', NO_REASON),
        ('k = "s"  # pragma: allowlist-secret', NO_REASON),
        ('k = "s"  # pragma: whitelist secret a test vector', "a test vector"),
        ('k = "s"; // pragma: allowlist secret', NO_REASON),
        ("k = 's' ' pragma: allowlist secret", NO_REASON),
        ("<k>s</k> <!-- pragma: allowlist secret -->", NO_REASON),
        ("<k>s</k> <!-- pragma: allowlist secret not ours -->", "not ours"),
        ('k = "s" /* pragma: allowlist secret */', NO_REASON),
        ("k 's' -- pragma: allowlist secret", NO_REASON),
    ],
)
def test_allowlist_suppresses(tmp_path: Path, line: str, reason: str) -> None:
    got = suppression(tmp_path, ALLOWLIST, line + "\n", found(1, rule="Secret Keyword"))
    assert got == Suppression(SuppressionKind.PRAGMA, reason, 1)


def test_allowlist_nextline_is_about_the_next_line_alone(tmp_path: Path) -> None:
    text = "# pragma: allowlist nextline secret ours\nk = 's'\nl = 't'\n"
    assert suppression(tmp_path, ALLOWLIST, text, found(2)) == Suppression(SuppressionKind.PRAGMA, "ours", 1)
    assert suppression(tmp_path, ALLOWLIST, text, found(1)) is None
    assert suppression(tmp_path, ALLOWLIST, text, found(3)) is None


@pytest.mark.parametrize(
    "text",
    [
        "k = 's'  # pragma: allowlist\n",
        "k = 's'  pragma: allowlist secret\n",
        "k = 's'  # pragma: allowlist secretive\n",
        "# pragma: allowlist secret\n\n",
    ],
)
def test_other_comments_allow_nothing(tmp_path: Path, text: str) -> None:
    assert suppression(tmp_path, ALLOWLIST, text, found(2 if text.startswith("#") else 1)) is None


def test_nextline_behind_code_hides_nothing(tmp_path: Path) -> None:
    text = "k = 'x'  # pragma: allowlist nextline secret\npassword = 'hunter2'\n"
    assert suppression(tmp_path, ALLOWLIST, text, found(2)) is None


def test_order_is_kept_and_what_was_suppressed_before_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\ny  # nosec\n", encoding="utf-8")
    before = Suppression(SuppressionKind.CONFIG, "accepted")
    configured = Finding("x", "B602", Severity.HIGH, "m", Location("a.py", Region(2)), suppression=before)
    nowhere = Finding("x", "B602", Severity.HIGH, "m")
    whole_file = Finding("x", "B602", Severity.HIGH, "m", Location("a.py"))
    findings = [found(2), configured, nowhere, whole_file, found(1), found(1, path="missing.py")]
    results = apply_pragmas(findings, tmp_path, NOSEC)
    assert [bool(result.suppression) for result in results] == [True, True, False, False, False, False]
    assert results[1].suppression == before


@given(st.text(alphabet=st.characters(codec="utf-8")), st.sampled_from(["a.py", "a.js"]), st.data())
def test_no_text_makes_it_fail(text: str, path: str, data: st.DataObject) -> None:
    words = st.sampled_from(["# nosec", "nosem", "// nosemgrep:", "# pragma: allowlist secret", "'''", "\n", "B602,"])
    mixed = text + "".join(data.draw(st.lists(words))) + text
    for pragma in (NOSEC, NOSEMGREP, ALLOWLIST):
        for line, notes in pragma.parsing(path, mixed).items():
            assert line >= 1
            assert all(note.reason for note in notes)
