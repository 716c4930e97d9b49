"""SARIF: the standard's defaults, and files that say that nobody looked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.findings import Category, Finding, Region, ScanResult, ScanStatus, Severity, SuppressionKind
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.sarif import read_sarif
from tests.support.foreign import scan, write

RULE = {"id": "py/sql", "shortDescription": {"text": "SQL injection"}, "helpUri": "https://example.com/sql"}


def result(**changes: object) -> dict[str, Any]:
    found = {
        "ruleId": "py/sql", "message": {"text": "built from input"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 2}}}],
    }  # fmt: skip
    return found | changes


def log(*results: object, rules: tuple[object, ...] = (RULE,), **changes: object) -> dict[str, Any]:
    run = {"tool": {"driver": {"name": "Code QL", "rules": list(rules)}}, "results": list(results)}
    return {"version": "2.1.0", "runs": [run | changes]}


def read(root: Path, document: object, **files: str) -> ScanResult:
    write(root, {"a.py": "x\ny\n", "r.sarif": document} | dict(files))
    return scan("sarif", root, root.parent / "scratch", reports=("r.sarif",))


def only(root: Path, document: object) -> Finding:
    (finding,) = read(root, document).findings
    return finding


def test_a_result_is_a_finding_under_the_name_of_its_tool(root: Path) -> None:
    finding = only(root, log(result()))
    assert (finding.scanner, finding.rule, finding.title) == ("sarif", "code-ql/py/sql", "SQL injection")
    assert (finding.message, finding.references) == ("built from input", ("https://example.com/sql",))
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("a.py", Region(2, 0, 2))


@pytest.mark.parametrize(
    ("own", "rule", "severity"),
    [
        ({}, {}, Severity.MEDIUM),  # a missing level is a warning
        ({"level": "error"}, {}, Severity.HIGH),
        ({"level": "note"}, {}, Severity.INFO),
        ({"level": "none"}, {}, Severity.INFO),
        ({"level": "dire"}, {}, Severity.UNKNOWN),
        ({}, {"defaultConfiguration": {"level": "error"}}, Severity.HIGH),
        ({"level": "note"}, {"defaultConfiguration": {"level": "error"}}, Severity.INFO),
        ({"level": "note"}, {"properties": {"security-severity": "9.0"}}, Severity.CRITICAL),
        ({}, {"properties": {"security-severity": "8.9"}}, Severity.HIGH),
        ({}, {"properties": {"security-severity": "4.0"}}, Severity.MEDIUM),
        ({}, {"properties": {"security-severity": 0.1}}, Severity.LOW),
        ({"level": "error"}, {"properties": {"security-severity": "0.0"}}, Severity.HIGH),
        ({"level": "error"}, {"properties": {"security-severity": "much"}}, Severity.HIGH),
        ({"properties": {"security-severity": "7.0"}}, {"properties": {"security-severity": "1"}}, Severity.HIGH),
        ({"kind": "review", "level": "none"}, {}, Severity.INFO),
        ({"kind": "open"}, {"defaultConfiguration": {"level": "error"}}, Severity.INFO),
    ],
)
def test_severity(own: dict[str, object], rule: dict[str, object], severity: Severity, root: Path) -> None:
    assert only(root, log(result(**own), rules=(RULE | rule,))).severity is severity


def test_the_command_line_may_have_set_a_level(root: Path) -> None:
    override = {"descriptor": {"id": "py/sql"}, "configuration": {"level": "error"}}
    invocation = {"executionSuccessful": True, "ruleConfigurationOverrides": [override]}
    assert only(root, log(result(), invocations=[invocation])).severity is Severity.HIGH


@pytest.mark.parametrize(
    "reference",
    [
        {"ruleIndex": 1},
        {"rule": {"index": 1}},
        {"rule": {"id": "b"}},
        {"ruleId": "b/sub"},
        {"rule": {"index": 0, "toolComponent": {"index": 0}}},
    ],
)
def test_the_rule_is_found_by_index_id_or_extension(reference: dict[str, object], root: Path) -> None:
    rule = {"id": "b", "defaultConfiguration": {"level": "error"}}
    document = log({"message": {"text": "m"}} | reference, rules=(RULE, rule))
    document["runs"][0]["tool"]["extensions"] = [{"name": "e", "rules": [rule]}]
    assert only(root, document).severity is Severity.HIGH


@pytest.mark.parametrize("changes", [{"kind": "pass"}, {"kind": "notApplicable"}, {"baselineState": "absent"}])
def test_what_is_well_or_gone_is_no_finding(changes: dict[str, object], root: Path) -> None:
    assert read(root, log(result(**changes))).findings == ()


@pytest.mark.parametrize(
    ("suppressions", "kind"),
    [
        ([], None),
        ([{"kind": "inSource"}], SuppressionKind.PRAGMA),
        ([{"kind": "external", "status": "accepted", "justification": "why"}], SuppressionKind.CONFIG),
        ([{"kind": "external"}, {"kind": "external", "status": "rejected"}], None),
        ([{"kind": "external", "status": "underReview"}], None),
    ],
)
def test_suppressions(suppressions: list[object], kind: SuppressionKind | None, root: Path) -> None:
    found = only(root, log(result(suppressions=suppressions))).suppression
    assert (found.kind if found else None) is kind


def test_messages_by_id_with_arguments(root: Path) -> None:
    rule = RULE | {"messageStrings": {"default": {"text": "{0} reaches {1} {9}"}}}
    document = log(result(message={"id": "default", "arguments": ["input", "query"]}), rules=(rule,))
    assert only(root, document).message == "input reaches query {9}"


@pytest.mark.parametrize(
    "rule",
    [{"properties": {"tags": ["Secret"]}}, {"properties": {"tags": ["external/cwe/cwe-798"]}},
     {"relationships": [{"target": {"id": "798"}}]}],
)  # fmt: skip
def test_a_message_about_a_secret_is_not_repeated(rule: dict[str, object], root: Path) -> None:
    finding = only(root, log(result(message={"text": "found hunter2"}), rules=(RULE | rule,)))
    assert (finding.category, finding.message) == (Category.SECRET, "SQL injection")


@pytest.mark.parametrize(
    ("location", "bases"),
    [
        ({"uri": "src/a%20b.py"}, {}),
        ({"uri": "a%20b.py", "uriBaseId": "SRC"}, {"SRC": {"uri": "src/", "uriBaseId": "ROOT"}}),
        ({"uri": "a%20b.py", "uriBaseId": "SRC"}, {"SRC": {"uri": "file:///builds/x/src/"}}),
        ({"index": 0}, {}),
        ({"uri": "file:///builds/x/src/a%20b.py"}, {}),
    ],
)
def test_paths(location: dict[str, object], bases: dict[str, object], root: Path) -> None:
    place = {"physicalLocation": {"artifactLocation": location}}
    artifacts = [{"location": {"uri": "src/a%20b.py"}}]
    document = log(result(locations=[place]), originalUriBaseIds=bases, artifacts=artifacts)
    write(root, {"src/a b.py": "x\n"})
    outcome = read(root, document)
    (finding,) = outcome.findings
    assert finding.location is not None
    assert (finding.location.path, outcome.seen) == ("src/a b.py", ("src/a b.py",))


def test_a_result_without_a_place_is_kept(root: Path) -> None:
    assert only(root, log({"message": {"text": "m"}})).location is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"version": "2.1.0", "runs": []}, "holds no run"),
        ({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}, "x wrote no results"),
        (log(invocations=[{"executionSuccessful": False}]), "did not run to its end"),
        (
            log(invocations=[{"toolExecutionNotifications": [{"level": "error", "message": {"text": "no memory"}}]}]),
            "no memory",
        ),
        (log(invocations=[{"toolConfigurationNotifications": [{"level": "error"}]}]), "an error without words"),
    ],
)
def test_a_tool_that_has_not_looked_is_incomplete(document: object, words: str, root: Path) -> None:
    outcome = read(root, document)
    assert outcome.status is ScanStatus.INCOMPLETE
    assert words in outcome.problems[0]


@pytest.mark.parametrize("document", ["", "{", {"version": "2.0.0", "runs": []}, [1]])
def test_what_is_no_sarif_is_named_and_costs_no_other_file(document: object, root: Path) -> None:
    write(root, {"a.py": "x\ny\n", "good.sarif": log(result()), "bad.sarif": document})
    outcome = scan("sarif", root, root.parent / "scratch", reports=("bad.sarif", "good.sarif", "none.sarif"))
    assert [one.name for one in outcome.unseen] == ["bad.sarif", "none.sarif"]
    assert len(outcome.findings) == 1
    assert outcome.status is ScanStatus.INCOMPLETE


def test_a_clean_file_is_complete(root: Path) -> None:
    outcome = read(root, log())
    assert (outcome.status, outcome.seen, outcome.problems) == (ScanStatus.COMPLETE, ("r.sarif",), ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("ruleId", "ruleIndex", "rule", "level", "kind", "message", "locations", "suppressions", "properties")


@given(
    changes=st.dictionaries(st.sampled_from(KEYS), JSON), rule=st.dictionaries(st.text(max_size=5), JSON, max_size=2)
)
def test_whatever_stands_there_a_result_is_a_finding_or_an_error_of_ours(
    changes: dict[str, Any], rule: dict[str, Any]
) -> None:
    places = Places(Path("/nowhere"), frozenset({"a.py"}))
    changes.pop("kind", None)
    try:
        reading = read_sarif(log(result(**changes), rules=(RULE | rule,)), places, scanner="x", category=Category.CODE)
    except McpQualityError:
        return
    assert len(reading.findings) == 1
    json.dumps(reading.findings[0].message)
