"""The report for people: one file, the verdict first, readable without JavaScript and without a network.

Safety: Jinja2 escapes everything; nothing but our own style sheet and script is put in as markup; every text
goes through `text.visible`; links are https or are no links; a content security policy with the hashes of our
two inline blocks stops whatever would get through all that.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mcpquality_reports import digest, text
from mcpquality_reports.snippets import Line, Snippets
from mcpquality_scanners.findings import Confidence, FileCoverage, Finding, ScanResult, ScanStatus, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import GateStatus, Results

MOST_SNIPPETS = 200
"""Findings that are shown with their code, the worst ones."""

OPEN_RULES = 12
"""Rules whose places are unfolded from the start, the worst ones."""

SHORT_LIST = 8
"""Names or places that are shown at once; longer lists fold the rest away, all of it still in the page."""

COLOURS = {
    # As backgrounds under white text each has a contrast of at least 4.5 (WCAG 2.2, AA).
    Severity.CRITICAL: "#7d0f4f",
    Severity.HIGH: "#b3261e",
    Severity.UNKNOWN: "#5b4b8a",
    Severity.MEDIUM: "#8a5300",
    Severity.LOW: "#2a5f92",
    Severity.INFO: "#57606a",
}

_TONES = {
    GateStatus.PASSED: "good",
    GateStatus.FAILED: "bad",
    GateStatus.INCOMPLETE: "gap",
    GateStatus.ACCEPTED: "gap",
    GateStatus.NOT_APPLICABLE: "none",
    GateStatus.OFF: "none",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One severity's part of the bar: where it starts and how wide it is, of 1000."""

    severity: str
    number: int
    colour: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an advice: `text`, `code` (a few words) or `block` (lines of code)."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """A finding as its rule lists it; `message` is empty where the rule's own says it already."""

    finding: Finding
    where: str
    message: tuple[Piece, ...]
    snippet: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's findings as the page shows them."""

    group: digest.RuleGroup
    message: tuple[Piece, ...]
    facts: tuple[str, ...]
    cwe: tuple[int, ...]
    fix: tuple[Piece, ...]
    links: tuple[str, ...]
    places: tuple[Place, ...]
    unfolded: bool


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """Coverage of one scanner: the kinds that were measured, files with gaps, and the full ones."""

    scanner: str
    kinds: tuple[str, ...]
    partial: tuple[FileCoverage, ...]
    full: tuple[FileCoverage, ...]


class HtmlReport:
    """The single-file report."""

    name = "html"
    suffix = ".html"

    def render(self, results: Results, sources: ReadLines) -> str:
        """See `Report.render`."""
        style, script = _asset("report.css"), _asset("report.js")
        rules = _rules(results, sources)
        template = _environment().get_template("report.html.jinja")
        return template.render(
            results=results,
            count=text.count,
            tones=_TONES,
            short_list=SHORT_LIST,
            verdict=digest.verdict_sentence(results),
            style=style,
            script=script,
            style_hash=_csp_hash(style),
            script_hash=_csp_hash(script),
            bars=_bars(results.findings),
            worst=rules[0] if rules else None,
            rules=rules,
            gaps=digest.gaps(results),
            looked=_looked(results),
            failing=len(digest.over_threshold(results)),
            counts=_counts(results),
            tables=[_coverage_table(scan) for scan in results.scanners if scan.coverage],
        )


REPORT = HtmlReport()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mcpquality_reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "line": text.one_line,
        "short": text.shorten,
        "ranges": text.line_ranges,
        "place": text.place,
        "percent": _percent,
    }
    return environment


def _finalize(value: object) -> object:
    """What every value goes through on its way into the page; our own markup stays as it is."""
    return text.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> Markup:
    """Our own style sheet or script: the only markup that is not escaped."""
    asset = files("mcpquality_reports") / "templates" / name
    return Markup("\n" + asset.read_text(encoding="utf-8"))  # noqa: S704 - shipped with the package


def _csp_hash(block: Markup) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(str(block).encode()).digest()).decode()


def _looked(results: Results) -> int:
    """How many scanners looked at everything that concerns them."""
    gaps = {gap.scanner for gap in digest.gaps(results)}
    complete = (scan for scan in results.scanners if scan.status is ScanStatus.COMPLETE)
    return sum(scan.scanner not in gaps for scan in complete)


def _bars(findings: Iterable[Finding]) -> list[Bar]:
    numbers = {severity: number for severity, number in digest.by_severity(findings).items() if number}
    total, passed, bars = sum(numbers.values()), 0, list[Bar]()
    for severity, number in numbers.items():
        start, end = passed * 1000 // total, (passed + number) * 1000 // total
        bars.append(Bar(severity.value, number, COLOURS[severity], start, end - start))
        passed += number
    return bars


def _counts(results: Results) -> dict[str, tuple[int, int]]:
    """Per scanner: findings that count, and suppressed ones."""
    return {
        scan.scanner: (
            sum(finding.scanner == scan.scanner for finding in results.findings),
            sum(finding.scanner == scan.scanner for finding in results.suppressed),
        )
        for scan in results.scanners
    }


def _rules(results: Results, sources: ReadLines) -> list[Rule]:
    snippets = Snippets((*results.findings, *results.suppressed), sources)
    left, rules = MOST_SNIPPETS, list[Rule]()
    for number, group in enumerate(digest.groups(results.findings)):
        rules.append(_rule(group, snippets, left, unfolded=number < OPEN_RULES))
        left = max(left - len(group.findings), 0)
    return rules


def _rule(group: digest.RuleGroup, snippets: Snippets, with_code: int, *, unfolded: bool) -> Rule:
    message = group.head.message
    places = tuple(
        Place(
            finding,
            text.place(finding.location, finding.package),
            () if finding.message == message else _pieces(finding.message),
            snippets.of(finding) if number < with_code else (),
        )
        for number, finding in enumerate(group.findings)
    )
    return Rule(
        group=group,
        message=_pieces(message),
        facts=tuple(_facts(group)),
        cwe=tuple(sorted({number for finding in group.findings for number in finding.cwe})),
        fix=_pieces(group.fix),
        links=tuple(link for link in group.references if text.safe_url(link)),
        places=places,
        unfolded=unfolded,
    )


def _facts(group: digest.RuleGroup) -> Iterable[str]:
    """What the tool itself says about the rule, in a few words each."""
    natives = dict.fromkeys(text.one_line(one.native_severity) for one in group.findings if one.native_severity)
    if natives:
        yield f"{text.one_line(group.scanner)} says {', '.join(natives)}"
    confidences = dict.fromkeys(one.confidence for one in group.findings)
    if set(confidences) != {Confidence.UNKNOWN}:
        yield "confidence " + ", ".join(confidence.value for confidence in confidences)
    aliases = dict.fromkeys(text.one_line(alias) for one in group.findings for alias in one.aliases)
    if aliases:
        yield "also known as " + ", ".join(aliases)


_CODE = re.compile(r"\n?```[^\n`]*\n(?P<block>.*?)\n?```\n?|(?<!`)`(?P<code>[^`\n]+)`(?!`)", re.DOTALL)


def _pieces(words: str) -> tuple[Piece, ...]:
    """A text cut into words and code, by the back-ticks of Markdown; nothing else of it is interpreted."""
    shown, end, pieces = text.shorten(words), 0, list[Piece]()
    for match in _CODE.finditer(shown):
        kind = "code" if match["block"] is None else "block"
        pieces += [Piece("text", shown[end : match.start()]), Piece(kind, match[kind])]
        end = match.end()
    return (*pieces, Piece("text", shown[end:]))


def _percent(pair: tuple[int, int]) -> str:
    """Covered of total in percent, cut rather than rounded: only all of it is 100 %."""
    covered, total = pair
    return f"{covered * 1000 // total / 10:.1f} %" if total else "-"


def _coverage_table(scan: ScanResult) -> CoverageTable:
    kinds = ("lines", "branches", "functions", "statements")
    ordered = sorted(scan.coverage, key=_least_covered)
    return CoverageTable(
        scanner=scan.scanner,
        kinds=tuple(kind for kind in kinds if any(getattr(file, kind)[1] for file in ordered)),
        partial=tuple(file for file in ordered if not _is_full(file)),
        full=tuple(file for file in ordered if _is_full(file)),
    )


def _pairs(file: FileCoverage) -> tuple[tuple[int, int], ...]:
    return (file.lines, file.branches, file.functions, file.statements)


def _is_full(file: FileCoverage) -> bool:
    return not file.missing and all(covered >= total for covered, total in _pairs(file))


def _least_covered(file: FileCoverage) -> tuple[float, str]:
    covered, total = file.lines if file.lines[1] else file.statements
    return (covered / total if total else 1.0, file.path)
