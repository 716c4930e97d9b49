"""Results about MCP servers: their words, and their rules, which are one for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcpquality_reports import digest
from mcpquality_reports.base import no_sources
from mcpquality_reports.html import REPORT as HTML
from mcpquality_reports.markdown import SUMMARY
from mcpquality_reports.terminal import TerminalReport
from mcpquality_scanners.findings import Category, Finding, ScanResult, ScanStatus, Severity, Subject
from mcpquality_scanners.results import FileSummary, Results
from tests.reports import samples


def dead(server: str) -> Finding:
    return Finding(
        f"mcp:{server}",
        "mcp-alive-start",
        Severity.HIGH,
        f"{server} exited with 3",
        title="The server does not work",
        category=Category.MCP,
        subject=Subject(server),
    )


def health(*servers: str, files: FileSummary | None = None) -> Results:
    return replace(
        samples.passing(),
        files=files or FileSummary(0, ""),
        findings=tuple(dead(server) for server in servers),
        scanners=(
            *(ScanResult(f"mcp:{server}", ScanStatus.COMPLETE, seen=("server",)) for server in servers),
            ScanResult("mcp:other", ScanStatus.OFF),
        ),
        gates=(),
    )


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (health("a"), "1 server"),
        (health("a", "b"), "2 servers"),
        (health("a", files=FileSummary(3, "git")), "3 files and 1 server"),
        (samples.passing(), f"{samples.passing().files.listed} files"),
        (replace(samples.passing(), scanners=(), files=FileSummary(0, "")), "0 files"),
    ],
)
def test_what_a_run_was_about(results: Results, says: str) -> None:
    assert digest.scope(results) == says


def test_one_rule_of_many_servers_is_one_rule() -> None:
    (group,) = digest.groups(health("a", "b").findings)
    assert (group.scanner, group.rule, len(group.findings)) == ("mcp", "mcp-alive-start", 2)


def test_the_terminal_speaks_of_servers() -> None:
    text = TerminalReport(width=120).render(health("a", "b"), no_sources)
    assert ", 2 servers" in text.splitlines()[0]
    (heading,) = (line for line in text.splitlines() if "Seconds" in line)
    assert heading.split() == ["Server", "Status", "Findings", "Suppressed", "Seen", "Seconds"]
    assert text.count("The server does not work (mcp-alive-start, mcp)") == 1
    assert "server a\n" in text
    assert "b exited with 3" in text


def test_it_has_colours_where_they_are_wanted() -> None:
    assert "\x1b[" not in TerminalReport().render(health("a"), no_sources)
    assert "\x1b[" in TerminalReport(colour=True).render(health("a"), no_sources)


def test_so_do_pages_and_summaries() -> None:
    results = health("a", "b")
    assert "Looked at 2 servers of" in SUMMARY.render(results, no_sources)
    page = HTML.render(results, no_sources)
    assert "<p>2 servers looked at.</p>" in page
    assert "0 files" not in page
