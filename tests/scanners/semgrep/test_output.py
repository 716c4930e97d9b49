"""Semgrep's JSON: nothing it admits is lost, nothing of another shape is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Confidence, Region, Severity
from mcpquality_scanners.semgrep.output import Output, read_output

Document = dict[str, Any]
TARGETS = {"./a.py": "a.py", "./b.py": "b.py", "./bad\udcff.py": "bad\udcff.py"}


def document(**changes: object) -> Document:
    return {
        "version": "1",
        "results": [],
        "errors": [],
        "paths": {"scanned": ["./a.py", "./b.py"], "skipped": []},
        "time": {"rules": ["x.mcpquality-config.0.f0.my-rule"], "fixpoint_timeouts": []},
        "skipped_rules": [],
    } | changes


def finding(path: str = "./a.py", /, severity: str = "ERROR", fix: str = "", **metadata: object) -> Document:
    return {
        "check_id": "x.mcpquality-config.0.f0.my-rule",
        "path": path,
        "start": {"line": 2, "col": 3, "offset": 9},
        "end": {"line": 2, "col": 8, "offset": 14},
        "extra": {
            "message": "Something\nis wrong.\x1b[31m",
            "metadata": metadata,
            "severity": severity,
            "lines": "password = 'hunter2'",
            **({"fix": fix} if fix else {}),
        },
    }


def read(changed: Document | bytes, exit_code: int | None = 0, stderr: bytes = b"", *, late: bool = False) -> Output:
    text = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
    return read_output(Completed(("semgrep",), exit_code, text, stderr, 1.0, timed_out=late), TARGETS)


def test_a_finding_has_all_that_semgrep_says() -> None:
    result = finding(
        severity="CRITICAL",
        cwe=["CWE-78: Injection", "CWE-20", "nonsense"],
        confidence="HIGH",
        references=["http://plain.example", "https://one.example", "https://one.example"],
        source="https://two.example",
        fix="safe()",
        title="Shell",
    )
    result["extra"]["metadata"]["fix"] = " Use a list. "
    (found,) = read(document(results=[result])).findings
    assert (found.scanner, found.rule, found.message) == ("semgrep", "my-rule", "Something is wrong.")
    assert found.location is not None
    assert (found.location.path, found.location.region) == ("a.py", Region(2, 3, 2, 8))
    assert (found.severity, found.native_severity) == (Severity.CRITICAL, "CRITICAL")
    assert (found.confidence, found.cwe) == (Confidence.HIGH, (20, 78))
    assert found.references == ("https://one.example", "https://two.example")
    assert (found.fix, found.title) == ("Use a list.", "Shell")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("cwe", ["CWE-95: Eval", ["cwe-95"], ["95"]])
def test_a_cwe_comes_as_one_or_many(cwe: object) -> None:
    (found,) = read(document(results=[finding(cwe=cwe)])).findings
    assert found.cwe == (95,)


@pytest.mark.parametrize("cwe", [None, 5, {"id": 95}, []])
def test_metadata_is_whatever_the_author_wrote(cwe: object) -> None:
    result = finding(cwe=cwe, references=cwe, confidence=cwe)
    result["extra"]["metadata"]["fix"] = cwe
    (found,) = read(document(results=[result])).findings
    assert (found.cwe, found.references, found.fix) == ((), (), "")


def test_a_replacement_is_a_fix_but_for_credentials() -> None:
    plain, secret = finding(fix="safe()"), finding(cwe="CWE-798", fix="token = 'hunter2'")
    assert [found.fix for found in read(document(results=[plain, secret])).findings] == ["safe()", ""]


def test_a_word_for_severity_that_nobody_knows_is_unknown() -> None:
    (found,) = read(document(results=[finding(severity="PURPLE")])).findings
    assert found.severity is Severity.UNKNOWN


def test_file_names_that_are_not_utf8_are_kept() -> None:
    text = json.dumps(document(results=[finding("./bad?.py")])).encode().replace(b"bad?", b"bad\xff")
    (found,) = read(text).findings
    assert found.location is not None
    assert found.location.path == "bad\udcff.py"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"type": "Timeout", "rule_id": "x.mcpquality-config.0.f0.r"}, "time was up at rule r"),
        ({"type": "Out of memory"}, "memory was up"),
        ({"type": ["PartialParsing", []], "spans": [{"start": {"line": 7}}]}, "all of it (line 7)"),
        ({"type": "Syntax error", "spans": []}, "could not parse all of it"),
        ({"type": "Something new", "level": "info"}, "reports Something new"),
    ],
)
def test_an_error_about_a_file_of_any_level_is_a_file_not_seen(error: Document, reason: str) -> None:
    base = {"code": 2, "level": "warn", "message": "`token = 'hunter2'` was unexpected", "path": "./a.py"}
    output = read(document(errors=[base | error]))
    assert list(output.flaws) == ["./a.py"]
    assert reason in output.flaws["./a.py"]
    assert "hunter2" not in output.flaws["./a.py"]


def test_a_rule_that_does_not_load_is_named() -> None:
    error = {"type": "Rule parse error", "rule_id": "x.mcpquality-config.0.f0.r", "level": "error"}
    output = read(document(errors=[error | {"message": "Rule parse error in rule x.r:\n no pattern"}]), 2)
    assert output.bad_rules == {"r": "did not load: no pattern"}


def test_skipped_rules_are_named() -> None:
    assert read(document(skipped_rules=[{"rule_id": "r"}])).bad_rules == {"r": "was skipped by Semgrep"}


def test_an_error_about_nothing_in_particular_is_kept() -> None:
    output = read(document(errors=[{"type": "SemgrepError", "message": "something\nbroke"}]))
    assert output.complaints == ["something broke"]


def test_a_file_that_vanished_is_named() -> None:
    message = "SemgrepError :\n Invalid scanning root: ./b.py"
    output = read(document(errors=[{"type": "SemgrepError", "message": message}]))
    assert list(output.flaws) == ["./b.py"]
    assert output.complaints == []


@pytest.mark.parametrize(("reason", "words"), [("too_big", "max-target-bytes"), ("new_reason", "new_reason")])
def test_skipped_files_are_named(reason: str, words: str) -> None:
    skipped = [{"path": "./b.py", "reason": reason}, {"path": "../rules.json", "reason": reason}]
    output = read(document(paths={"scanned": [], "skipped": skipped}))
    assert list(output.flaws) == ["./b.py"]
    assert words in output.flaws["./b.py"]


def test_a_data_flow_that_was_cut_short_is_a_file_not_seen() -> None:
    cut = {"error_type": "Fixpoint timeout", "location": {"path": "./a.py", "start": {"line": 12}}}
    output = read(document(time={"rules": [], "fixpoint_timeouts": [cut]}))
    assert "line 12" in output.flaws["./a.py"]


def test_the_rules_that_ran_are_known_by_their_own_ids() -> None:
    assert read(document()).rules == {"my-rule"}


@pytest.mark.parametrize("key", ["results", "errors", "paths", "time", "skipped_rules"])
@pytest.mark.parametrize("value", [None, 3, "text", [3]])
def test_json_of_another_shape_is_not_believed(key: str, value: object) -> None:
    with pytest.raises(ToolOutputError):
        read(document(**{key: value}))


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"Traceback", b'{"results": []}'])
def test_garbage_is_not_believed(text: bytes) -> None:
    with pytest.raises(ToolOutputError):
        read(text)


def test_truncated_output_is_not_believed() -> None:
    with pytest.raises(ToolOutputError, match="JSON"):
        read(json.dumps(document()).encode()[:-5])


def test_a_finding_in_a_file_that_was_not_handed_over_is_not_believed() -> None:
    with pytest.raises(ToolOutputError, match="not handed"):
        read(document(results=[finding("./other.py")]))


@pytest.mark.parametrize("exit_code", [2, 3, 7, 8, -9, 127])
def test_an_exit_code_that_nothing_explains_is_not_believed(exit_code: int) -> None:
    with pytest.raises(ToolOutputError, match=r"exit code|SIGKILL"):
        read(document(), exit_code)


def test_a_failure_without_output_says_the_last_words() -> None:
    with pytest.raises(ToolOutputError, match="no space left"):
        read(b"", 2, stderr=b"\x1b[31mno space left\n")


def test_a_run_that_was_ended_is_not_believed() -> None:
    with pytest.raises(ToolError, match="time was up"):
        read(document(), None, late=True)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(key=st.sampled_from(["results", "errors", "skipped_rules"]), value=ANYTHING)
def test_whatever_an_entry_is_only_our_errors_come_out(key: str, value: object) -> None:
    try:
        output = read(document(**{key: [value]}))
    except ToolOutputError:
        return
    assert output.complaints or output.bad_rules or output.flaws
