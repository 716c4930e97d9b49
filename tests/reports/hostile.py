"""A planted corpus: every word that a scanner may pass on tries to break out of every format."""

from __future__ import annotations

from dataclasses import replace

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
    Suppression,
    SuppressionKind,
    Unseen,
)
from mcpquality_scanners.results import (
    Commit,
    Environment,
    FileSummary,
    Gate,
    GateStatus,
    Results,
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
        package=Package(text, text, (text,)),
        references=(text, f"javascript:{text}", f"https://example.org/{text}"),
        fix=text,
        fingerprint="",
        also_found_by=(text,),
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
            coverage=(FileCoverage(text, (1, 2), missing=(2,)), FileCoverage(text, (2, 2))),
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
    )
