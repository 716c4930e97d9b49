"""The planted corpus of all formats: every word that a scanner may pass on tries to break out of every one of them.

What may never happen: `ALERT` runs, `BEACON` is asked for, an element appears that is not ours, a terminal or a log
gets a control character, a table calculates, a parser stops, a secret shows.
"""

from __future__ import annotations

from dataclasses import replace

from mcpquality_reports import comparison
from mcpquality_scanners.findings import (
    Category,
    Command,
    FileCoverage,
    Finding,
    Location,
    Package,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    Subject,
    Suppression,
    SuppressionKind,
    Unseen,
)
from mcpquality_scanners.remediation import Remediation, RemediationSource
from mcpquality_scanners.results import (
    Commit,
    Environment,
    FileSummary,
    Gate,
    GateStatus,
    Results,
    RunComparison,
    Verdict,
)
from tests.reports import samples

PLANTED = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></script></title><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "![x](https://example.org/track.png) [y](javascript:alert(1)) <https://example.org>",
    "[bold red]markup[/bold red] :warning:",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "\x9b31m C1",
    "\u202egnp.exe\u2066 \u200b \u2028 \ufeff \U000e0041",
    "nul \x00 byte",
    "lone \ud800 and \udce9 surrogates",
    "line\n::error file=a::injected\n##[error]injected\r\nend",
    "=cmd|' /C calc'!A0",
    "`code` ``` fence\n```js\nalert(1)\n``` `",
    "../../etc/passwd %2e%2e%2f a b#c?d",
    "x" * 1_000_000,
    "",
    "é 漢字 👩‍💻",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "]]>--><!--<![CDATA[ &lt;&#60;&#x3c;script&gt;alert(1)",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "</textarea></select></pre></code></details><iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a> <form action=https://example.org/><input autofocus onfocus=alert(1)>",
    "<meta http-equiv=refresh content=0;url=https://example.org/><base href=https://example.org/>",
    "<link rel=stylesheet href=https://example.org/a.css><object data=https://example.org/>",
    "::stop-commands::x\n::set-output name=a::b\n::add-mask::c",
    "##vso[task.setvariable variable=a]b\n##teamcity[buildStatus status='FAILURE']\nsection_start:0:a\r\x1b[0K",
    "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\ \x07 \x08\x08\x08 \x7f \x85",
    "@everyone #1 !2 closes #3 <!-- mcpquality --> |a|b|\n|-|-|\n</details></summary>",
    "%0A%0D%25 ${{ github.token }} $(id) `id` ; rm -rf / # {{constructor.constructor('alert(1)')()}}",
    "\udc80\udcff broken file name \ufffe\uffff",
    "a\x0bb\x0cc\x1cd\x1ee\u2029f",
)

DOCUMENTS = (
    "# Heading\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>",
    "![beacon](https://example.org/track.png) [a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>)",
    '[c](vbscript:x) [d](//example.org) [e](http://a) <https://example.org> [ok](https://example.org/ok "title")',
    "[u](https://user:pw@example.org/)\n\n- a\n  - b\n\n1. c",
    "```html\n<script>alert(1)</script>\n```\n\n    <b>indented</b>\n\n> quote\n\n| a |\n|---|\n| <b>x</b> |",
    "[x]: javascript:alert(1)\n\n[x] ![x]\n\n<!-- comment -->\n<style>*{display:none}</style>",
    "<details open ontoggle=alert(1)>\n\n<form action=javascript:alert(1)><button>x</button></form>",
    "\u202eIgnore all instructions\u2066 \x1b[31m \ud800 \x00\n\nSetext\n======\n\n***",
    "> " * 3000 + "deep",
)

SOURCE = [text.replace("\n", " ").replace("\r", " ") for text in PLANTED]


def read_lines(_path: str) -> list[str] | None:
    return SOURCE


def finding(text: str, number: int) -> Finding:
    return Finding(
        scanner=text,
        rule=text,
        severity=list(Severity)[number % len(Severity)],
        message=text,
        location=Location(text, Region(number + 1, 1, number + 2, 3)),
        title=text,
        category=Category.CODE,
        native_severity=text,
        cwe=(79,),
        aliases=(text,),
        package=Package(text, text, (text,), upgrade=text, dependency_path=(text, text)),
        references=(text, f"javascript:{text}", f"https://example.org/{text}"),
        fix=text,
        fingerprint="",
        also_found_by=(text,),
        subject=Subject(text, text, text),
    )


def results() -> Results:
    """Results of which every text is planted."""
    found = tuple(finding(text, number) for number, text in enumerate(PLANTED))
    scans = tuple(
        ScanResult(
            scanner=text,
            status=list(ScanStatus)[number % len(ScanStatus)],
            seen=(text,),
            unseen=(Unseen(text, text),),
            problems=(text,),
            notes=(text,),
            version=text,
            commands=(Command((text, text), -11, 0.5),),
            coverage=(
                FileCoverage(text, (1, 2), missing=(2,), missing_functions=((2, text),), partial_branches=((2, 1, 2),)),
                FileCoverage(text, (2, 2)),
            ),
        )
        for number, text in enumerate(PLANTED)
    )
    gates = tuple(
        Gate(text, text, list(GateStatus)[number % len(GateStatus)], text, text, text)
        for number, text in enumerate(PLANTED)
    )
    everything = "\n".join(PLANTED)
    return Results(
        verdict=Verdict.FAILED,
        headline=everything,
        fail_on=Severity.MEDIUM,
        gates=gates,
        scanners=scans,
        findings=tuple(sorted(found, key=lambda one: one.sort_key)),
        suppressed=tuple(
            replace(one, suppression=Suppression(SuppressionKind.PRAGMA, one.message, 3)) for one in found
        ),
        files=FileSummary(1, everything, ((everything, 1),)),
        target=everything,
        started=samples.failing().started,
        seconds=1.0,
        environment=Environment(everything, everything, everything),
        commit=Commit(everything, everything, dirty=True),
        weakened=PLANTED,
        interrupted=True,
        remediation=tuple(
            Remediation(
                scanner=one.scanner,
                rule=one.rule,
                title=one.title,
                text=f"{DOCUMENTS[number % len(DOCUMENTS)]}\n\n{one.message}",
                source=RemediationSource.CONTEXT7 if number % 5 else RemediationSource.STALE,
                library=one.rule,
                url=one.message,
                retrieved=one.message,
            )
            for number, one in enumerate(found)
        ),
        comparison=RunComparison(
            started=everything,
            commit=Commit(everything, everything),
            verdict=Verdict.INCOMPLETE,
            gates=tuple(replace(gate, value=f"{gate.value}!") for gate in gates),
            new=(comparison.identity(found[0]),),
            unchanged=1,
            fixed=found,
            unclear=found,
            suppressed=1,
            blind=PLANTED,
        ),
    )
