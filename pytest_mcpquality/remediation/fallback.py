"""What there is to say without asking anybody: our own help, the tool's link, the weakness, the advisory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from mcpquality_reports.digest import RuleGroup
from mcpquality_reports.text import safe_url
from mcpquality_scanners.findings import Category
from mcpquality_scanners.remediation import Remediation, RemediationSource
from pytest_mcpquality.remediation.fallback_weaknesses import WEAKNESSES

Explain = Callable[[str, str], str | None]
"""The help of a scanner (by name) for a rule, as Markdown; None when it has none."""

_HEADING = re.compile(r"\A#[^\n]*\n+")

_LAST: Mapping[Category, str] = {
    Category.CODE: "Read what the finding says about the place it names, change the code, and scan again.",
    Category.DEPENDENCY: "Upgrade the package, replace it, or write down why the project is not affected.",
    Category.SECRET: "Revoke the secret where it was issued, and keep the new one out of the code.",
    Category.COVERAGE: "Write tests that run the lines the finding names.",
    Category.MCP: "Read what the finding says about the server, change it or leave the server out, and scan again.",
}
_OTHERWISE = "If it is no flaw here, suppress it with the reason: every report then shows why."


def without_asking(group: RuleGroup, explain: Explain) -> Remediation:
    """How to put a rule's findings right; there is always something to say."""
    return next(_said(group, explain))


def _said(group: RuleGroup, explain: Explain) -> Iterator[Remediation]:
    """All that there is to say, the best first; the last always comes."""
    if group.head.package is not None and (advisory := _advisory(group)):
        yield _made(group, advisory, RemediationSource.ADVISORY)
    if own := _HEADING.sub("", explain(group.scanner, group.rule) or "").strip():
        yield _made(group, own, RemediationSource.OWN_HELP)
    if told := _tool(group):
        yield _made(group, told, RemediationSource.TOOL)
    yield from _weaknesses(group)
    yield _made(group, f"{_LAST[group.head.category]} {_OTHERWISE}", RemediationSource.OWN_HELP)


def _made(group: RuleGroup, text: str, source: RemediationSource, url: str = "") -> Remediation:
    link = url or next((link for link in group.references if safe_url(link)), "")
    return Remediation(group.scanner, group.rule, group.title, text, source, url=link)


def _advisory(group: RuleGroup) -> str:
    """What the advisory says to do, and what it is about."""
    parts = dict.fromkeys(part.strip() for part in (group.fix, group.head.message))
    return "\n\n".join(filter(None, parts)) if group.fix else ""


def _tool(group: RuleGroup) -> str:
    if group.fix:
        return group.fix
    links = [link for link in group.references if safe_url(link)]
    return "\n".join(
        ["What the tool and others say about the rule:", "", *(f"- <{link}>" for link in links)] if links else ()
    )


def _weaknesses(group: RuleGroup) -> Iterator[Remediation]:
    for number in sorted({number for finding in group.findings for number in finding.cwe}):
        if number in WEAKNESSES:
            name, advice = WEAKNESSES[number]
            url = f"https://cwe.mitre.org/data/definitions/{number}.html"
            yield _made(group, f"**CWE-{number}, {name}.** {advice}", RemediationSource.CWE, url)
