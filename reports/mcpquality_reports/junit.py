"""JUnit XML, as CI servers read it: each gate is a test case, and each rule of a scanner is one beside it.

A gate that failed is a failure, one that could not be decided an error, one that had nothing to do skipped. What
was accepted as incomplete passed, and says in its output what it did not see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from mcpquality_reports import digest
from mcpquality_reports.text import count, for_logs, one_line, shorten, visible, where, without_surrogates
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Gate, GateStatus, Results, Verdict

MOST_PLACES = 100
MOST_RULES = 2_000
MOST_NAMES = 200

# Everything that no XML 1.0 document may hold; `visible` spells most of it out, but not what is printable to Python.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\ufdd0-\ufdef]")
_SUITE = "mcpquality"


class JUnitReport:
    """One test suite for the gates, and one for the findings of each scanner."""

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        root = ET.Element("testsuites", name=_SUITE)
        suites = [_suite(root, _SUITE, results, list(_gates(results)))]
        groups = digest.groups(results.findings)
        for scanner in dict.fromkeys(group.scanner for group in groups):
            own = [group for group in groups if group.scanner == scanner]
            suites.append(_suite(root, f"{_SUITE}.{scanner}", results, list(_rules(own, results))))
        for name in ("tests", "failures", "errors", "skipped"):
            root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
        ET.indent(root)
        body = ET.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


REPORT = JUnitReport()


def _suite(root: ET.Element, name: str, results: Results, cases: Sequence[ET.Element]) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=_text(name))
    suite.set("tests", str(len(cases)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", results.started):
        suite.set("timestamp", results.started.removesuffix("Z"))
    suite.extend(cases)
    return suite


def _case(name: str, group: str) -> ET.Element:
    return ET.Element("testcase", name=_text(name) or "unnamed", classname=_text(group) or "unnamed", time="0")


# Gates
# ---------------------------------------------------------------------------------------------------------


def _gates(results: Results) -> Iterator[ET.Element]:
    for gate in results.gates:
        yield _gate(gate, results)
    verdict = _case("verdict", _SUITE)
    if results.verdict is not Verdict.PASSED:
        kind = "failure" if results.verdict is Verdict.FAILED else "error"
        _outcome(verdict, kind, digest.verdict_sentence(results), "")
    yield verdict


def _gate(gate: Gate, results: Results) -> ET.Element:
    case = _case(gate.name, f"{_SUITE}.gates")
    sentence = f"{gate.name}: {gate.value} (limit: {gate.limit})"
    missed = "\n".join(_missed(gate, results))
    match gate.status:
        case GateStatus.FAILED:
            _outcome(case, "failure", sentence, missed)
        case GateStatus.INCOMPLETE:
            _outcome(case, "error", f"incomplete: {sentence}", missed)
        case GateStatus.OFF | GateStatus.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=_text(f"{gate.status.value}: {gate.detail}"))
        case GateStatus.ACCEPTED:
            ET.SubElement(case, "system-out").text = _body(f"accepted as incomplete: {sentence}\n{missed}")
        case GateStatus.PASSED:
            ET.SubElement(case, "system-out").text = _body(sentence)
    return case


def _missed(gate: Gate, results: Results) -> Iterator[str]:
    if gate.detail:
        yield gate.detail
    for gap in digest.gaps(results):
        if gap.scanner == gate.scanner:
            yield from gap.problems[:MOST_NAMES]
            yield from (f"not seen: {one_line(item.name)}: {item.reason}" for item in gap.unseen[:MOST_NAMES])
            if len(gap.unseen) > MOST_NAMES:
                yield f"and {len(gap.unseen) - MOST_NAMES:,} more that were not seen"


# Findings
# ---------------------------------------------------------------------------------------------------------


def _rules(groups: Sequence[digest.RuleGroup], results: Results) -> Iterator[ET.Element]:
    shown = groups[:MOST_RULES]
    for group in shown:
        case = _case(group.rule, f"{_SUITE}.{group.scanner}")
        sentence = f"{group.severity.value}: {group.title}: {count(len(group.findings), 'place')}"
        if group.severity.rank >= results.fail_on.rank:
            _outcome(case, "failure", sentence, "\n".join(_lines(group)))
        else:
            ET.SubElement(case, "system-out").text = _body(f"{sentence}\n" + "\n".join(_lines(group)))
        yield case
    if len(shown) < len(groups):
        left = _case(f"{len(groups) - len(shown):,} more rules", f"{_SUITE}.{groups[0].scanner}")
        ET.SubElement(left, "skipped", message="see another report")
        yield left


def _lines(group: digest.RuleGroup) -> Iterator[str]:
    yield shorten(group.head.message)
    yield from (where(finding) for finding in group.findings[:MOST_PLACES])
    if len(group.findings) > MOST_PLACES:
        yield f"and {len(group.findings) - MOST_PLACES:,} more places"
    if group.fix:
        yield f"Fix: {shorten(group.fix)}"


def _outcome(case: ET.Element, kind: str, message: str, body: str) -> None:
    element = ET.SubElement(case, kind, message=_text(message), type="mcpquality")
    element.text = _body(f"{message}\n{body}".rstrip("\n"))


def _text(text: str) -> str:
    return _fit(for_logs(one_line(text)))


def _body(text: str) -> str:
    return _fit(for_logs(visible(shorten(text, 100_000))))


def _fit(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", without_surrogates(text))
