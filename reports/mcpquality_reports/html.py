"""The report for people: one file, the verdict first, readable without JavaScript and without a network.

Safety: Jinja2 escapes everything; nothing but our own style sheet and script, and documentation that was cleaned tag
by tag, is put in as markup; every text goes through `redaction` and `text.visible`; links are https or are no links; a
content security policy with the hashes of our two inline blocks stops whatever would get through all that.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mcpquality_reports import digest, text
from mcpquality_reports.page import coverage, limits, overview, prose, rules
from mcpquality_reports.redaction import redacted
from mcpquality_scanners.findings import Finding
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import GateStatus, Results

_TONES = {
    GateStatus.PASSED: "good",
    GateStatus.FAILED: "bad",
    GateStatus.INCOMPLETE: "gap",
    GateStatus.ACCEPTED: "gap",
}


class HtmlReport:
    """The single-file report."""

    def render(self, results: Results, sources: ReadLines) -> str:
        """See `Report.render`."""
        style, script = _asset("report.css"), _asset("report.js")
        shown = rules.rules(results, sources)
        active, idle = overview.scanner_rows(results)
        why, _, detail = digest.sentence(results).partition(": ")
        template = _environment().get_template("report.html.jinja")
        return template.render(
            results=results,
            count=text.count,
            scope=digest.scope,
            where=rules.where,
            short_list=limits.SHORT_LIST,
            style=style,
            script=script,
            style_hash=_csp_hash(style),
            script_hash=_csp_hash(script),
            verdict=digest.verdict_sentence(results),
            why=why,
            detail=detail,
            gates=overview.gates(results),
            tones=_TONES,
            bars=overview.bars(results.findings),
            failing=len(digest.over_threshold(results)),
            gaps=overview.gaps(results),
            looked=overview.looked(results),
            rules=shown,
            listed=sum(len(rule.places.items) for rule in shown.items),
            fixed=_listed(results.comparison.fixed if results.comparison else ()),
            unclear=_listed(results.comparison.unclear if results.comparison else ()),
            suppressed=_listed(results.suppressed),
            servers=overview.servers(results),
            tables=[coverage.table(scan) for scan in results.scanners if scan.coverage],
            scanners=active,
            idle=idle,
            weakened=limits.part(results.weakened, lambda setting: setting[: text.TEXT_LIMIT]),
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
    environment.filters["line"] = prose.line
    environment.filters["short"] = prose.short
    return environment


def _finalize(value: object) -> object:
    """What every value goes through on its way into the page; our own markup stays as it is."""
    return text.visible(redacted(value)) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> Markup:
    """Our own style sheet or script: markup that is not escaped."""
    asset = files("mcpquality_reports") / "templates" / name
    return Markup("\n" + asset.read_text(encoding="utf-8"))  # noqa: S704 - shipped with the package


def _csp_hash(block: Markup) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(str(block).encode()).digest()).decode()


def _listed(findings: tuple[Finding, ...]) -> limits.Part[Finding]:
    """Findings that stand in a plain list: those that do not count."""
    return limits.part(findings, _listed_text)


def _listed_text(finding: Finding) -> str:
    reason = finding.suppression.reason[: text.TEXT_LIMIT] if finding.suppression else ""
    # The markup of such an item is as long as a short message.
    return rules.where(finding) + (finding.title or finding.rule)[: text.LINE_LIMIT] + reason + " " * 150
