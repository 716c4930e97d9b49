"""Semgrep's JSON: what it found, what it looked at, and everything that it admits only in passing.

Shapes as of 1.182.0 and 1.185.0. A rule that times out, a file parsed in part, a data flow cut short, a rule
that does not load: each stands somewhere in here while the exit code says that all is well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Region
from mcpquality_scanners.outputs import check_end, entries, json_object, mapping, member, typed
from mcpquality_scanners.semgrep.rules import rule_id
from mcpquality_scanners.severity import SEMGREP, by_word, confidence
from mcpquality_scanners.text import one_line

NAME = "semgrep"
RULES_FAILED = 2  # the exit code with which Semgrep reports rules that do not load, and crashes

_CWE = re.compile(r"\s*(?:CWE-)?(\d+)\b", re.IGNORECASE)
_VANISHED = re.compile(r"Invalid scanning root: (.+)$", re.DOTALL)
# Hard-coded credentials: what a rule puts together from the code may be one.
_CREDENTIALS = frozenset({259, 321, 522, 798})

_SKIPPED = {
    "too_big": "is larger than max-target-bytes",
    "exceeded_size_limit": "is larger than max-target-bytes",
    "binary": "Semgrep takes it for binary",
    "minified": "Semgrep takes it for minified",
    "analysis_failed_parser_or_internal_error": "Semgrep could not analyse it",
    "insufficient_permissions": "Semgrep may not read it",
}


@dataclass(slots=True)
class Output:
    """What one run said; files by the names they were handed over under.

    Attributes:
        findings: With the rules' own ids and the listed paths.
        rules: Own ids of the rules that ran.
        scanned: Files it says it has looked at.
        flaws: Files it has not looked at, or not at all of them, with the reason.
        bad_rules: Rules that did not run, by own id, with the reason.
        complaints: What it says beside that, a sentence each.
    """

    findings: list[Finding] = field(default_factory=list[Finding])
    rules: frozenset[str] = frozenset()
    scanned: frozenset[str] = frozenset()
    flaws: dict[str, str] = field(default_factory=dict[str, str])
    bad_rules: dict[str, str] = field(default_factory=dict[str, str])
    complaints: list[str] = field(default_factory=list[str])


def read_output(completed: Completed, targets: Mapping[str, str]) -> Output:
    """Read what a finished run printed; `targets` maps the handed names to listed paths.

    Raises:
        ToolError: Its time was up.
        ToolOutputError: It crashed, or printed something else than it prints when it has looked.
    """
    check_end(completed, NAME, {0, 1, RULES_FAILED} if completed.stdout.strip() else {0, 1})
    # File names come as they are on disk: bytes that are not UTF-8 are kept as lone surrogates.
    text = completed.stdout.decode("utf-8", "surrogateescape")
    document = json_object(text.encode("utf-8", "surrogatepass"), NAME)
    paths = mapping(document, "paths", NAME)
    output = Output(scanned=frozenset(_texts(paths, "scanned")))
    _read_skipped(output, entries(paths, "skipped", NAME), targets)
    for error in entries(document, "errors", NAME):
        _read_error(output, error, targets)
    for rule in entries(document, "skipped_rules", NAME):
        output.bad_rules[rule_id(member(rule, "rule_id", str, NAME))] = "was skipped by Semgrep"
    time = mapping(document, "time", NAME)
    output.rules = frozenset(rule_id(rule) for rule in _texts(time, "rules"))
    _read_cut_short(output, entries(time, "fixpoint_timeouts", NAME))
    output.findings += [_finding(result, targets) for result in entries(document, "results", NAME)]
    if completed.exit_code == RULES_FAILED and not (output.bad_rules or output.complaints):
        check_end(completed, NAME, {0, 1})
    return output


def _texts(item: object, key: str) -> list[str]:
    return [typed(text, str, f"`{key}` of semgrep") for text in entries(item, key, NAME)]


def _read_skipped(output: Output, skipped: list[object], targets: Mapping[str, str]) -> None:
    for item in skipped:
        path, reason = member(item, "path", str, NAME), member(item, "reason", str, NAME)
        if path in targets:
            output.flaws[path] = _SKIPPED.get(reason, f"Semgrep left it out ({one_line(reason, 80)})")


def _read_error(output: Output, error: object, targets: Mapping[str, str]) -> None:
    """Take in an error of any level: to Semgrep most are warnings, to us each is something not looked at."""
    values = cast("dict[str, object]", typed(error, dict, "an error of semgrep"))
    path, rule = values.get("path"), values.get("rule_id")
    message = member(error, "message", str, NAME)
    vanished = _VANISHED.search(message)
    if isinstance(path, str) and path in targets:
        output.flaws[path] = _error_reason(values)
    elif isinstance(rule, str):
        output.bad_rules[rule_id(rule)] = f"did not load: {one_line(message.partition(':')[2])}"
    elif vanished and vanished.group(1) in targets:
        output.flaws[vanished.group(1)] = "was gone before Semgrep could look at it"
    else:
        output.complaints.append(one_line(message))


def _error_reason(error: Mapping[str, object]) -> str:
    """The reason in our own words: Semgrep's messages quote the code, secrets included."""
    kind, rule = _kind(error.get("type")), error.get("rule_id")
    where = f" at rule {rule_id(rule)}" if isinstance(rule, str) else ""
    match kind:
        case "Timeout":
            return f"time was up{where}: raise rule-timeout, or exclude the file"
        case "Out of memory":
            return f"memory was up{where}: exclude the file"
        case "PartialParsing" | "Syntax error" | "Lexical error" | "Other syntax error":
            return f"Semgrep could not parse all of it{_line(error)}"
        case _:
            return f"Semgrep reports {one_line(kind, 80)}{where}"


def _kind(value: object) -> str:
    """The type of an error: a name, or a list of a name and details."""
    if isinstance(value, list):
        value = next(iter(cast("list[object]", value)), None)
    return typed(value, str, "the type of an error of semgrep")


def _line(error: Mapping[str, object]) -> str:
    spans = error.get("spans")
    if not isinstance(spans, list) or not spans:
        return ""
    start = mapping(cast("list[object]", spans)[0], "start", NAME)
    return f" (line {member(start, 'line', int, NAME)})"


def _read_cut_short(output: Output, timeouts: list[object]) -> None:
    """Functions too large for the analysis of data flow: given up after a fixed time, no error, exit code 0."""
    for item in timeouts:
        location = mapping(item, "location", NAME)
        line = member(mapping(location, "start", NAME), "line", int, NAME)
        reason = f"the data flow of the function at line {line} is too large for Semgrep: split the function"
        output.flaws.setdefault(member(location, "path", str, NAME), reason)


def _finding(result: object, targets: Mapping[str, str]) -> Finding:
    extra = mapping(result, "extra", NAME)
    metadata = mapping(extra, "metadata", NAME)
    path = member(result, "path", str, NAME)
    if path not in targets:
        raise ToolOutputError("semgrep reports a finding in a file that it was not handed")
    native = member(extra, "severity", str, NAME)
    cwe = _cwe(metadata.get("cwe"))
    return Finding(
        scanner=NAME,
        rule=rule_id(member(result, "check_id", str, NAME)),
        severity=by_word(SEMGREP, native),
        message=one_line(member(extra, "message", str, NAME), 1000),
        location=Location(targets[path], _region(result)),
        title=one_line(_text(metadata.get("title")), 120),
        confidence=confidence(_text(metadata.get("confidence"))),
        category=Category.CODE,
        native_severity=native,
        cwe=cwe,
        references=_references(metadata),
        fix=_fix(metadata, extra, cwe),
    )


def _region(result: object) -> Region:
    start, end = mapping(result, "start", NAME), mapping(result, "end", NAME)
    return Region(
        member(start, "line", int, NAME),
        member(start, "col", int, NAME),
        member(end, "line", int, NAME),
        member(end, "col", int, NAME),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _strings(value: object) -> list[str]:
    """The strings of what may be one or a list: metadata is whatever the rule's author wrote."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]


def _cwe(value: object) -> tuple[int, ...]:
    matches = [_CWE.match(text) for text in _strings(value)]
    return tuple(sorted({int(match.group(1)) for match in matches if match}))


def _references(metadata: Mapping[str, object]) -> tuple[str, ...]:
    links = [link for key in ("references", "source") for link in _strings(metadata.get(key))]
    return tuple(dict.fromkeys(link for link in links if link.startswith("https://")))


def _fix(metadata: Mapping[str, object], extra: Mapping[str, object], cwe: tuple[int, ...]) -> str:
    """How to put it right: the author's words, else the replacement that the rule would make."""
    words = _text(metadata.get("fix"))
    if words or _CREDENTIALS.intersection(cwe):
        return words.strip()
    return _text(extra.get("fix")).strip()
