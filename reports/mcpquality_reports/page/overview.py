"""The first screen: how the gates stand, how severe the findings are, what was not seen, and the trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mcpquality_reports import digest
from mcpquality_reports.page import limits
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity
from mcpquality_scanners.results import Gate, GateStatus, Results

COLOURS = {
    # As backgrounds under white text each has a contrast of at least 4.5 (WCAG 2.2, AA).
    Severity.CRITICAL: "#7d0f4f",
    Severity.HIGH: "#b3261e",
    Severity.UNKNOWN: "#5b4b8a",
    Severity.MEDIUM: "#8a5300",
    Severity.LOW: "#2a5f92",
    Severity.INFO: "#57606a",
}

# What decides stands first.
_ORDER = (GateStatus.FAILED, GateStatus.INCOMPLETE, GateStatus.ACCEPTED, GateStatus.PASSED)


@dataclass(frozen=True, slots=True)
class Bar:
    """One severity's part of the bar: where it starts and how wide it is, of 1000."""

    severity: str
    number: int
    colour: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate, and what its value was in the earlier run where that is another."""

    gate: Gate
    before: str


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates that were judged, those that decide first; and those that were not, by why."""

    judged: limits.Part[GateRow]
    idle: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap with its names under each reason, as far as there is room."""

    gap: digest.Gap
    problems: limits.Part[str]
    reasons: limits.Part[tuple[str, limits.Part[str]]]


@dataclass(frozen=True, slots=True)
class ScannerRow:
    """A scanner that was on, with how many findings count and how many are suppressed."""

    scan: ScanResult
    counting: int
    suppressed: int
    notes: limits.Part[str]
    commands: limits.Part[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Server:
    """An MCP server that findings are about, and how many of each severity there are."""

    name: str
    numbers: tuple[tuple[str, int], ...]


def bars(findings: Iterable[Finding]) -> list[Bar]:
    """The bar of the severities."""
    numbers = {severity: number for severity, number in digest.by_severity(findings).items() if number}
    total, passed, made = sum(numbers.values()), 0, list[Bar]()
    for severity, number in numbers.items():
        start, end = passed * 1000 // total, (passed + number) * 1000 // total
        made.append(Bar(severity.value, number, COLOURS[severity], start, end - start))
        passed += number
    return made


def gates(results: Results) -> Gates:
    """The gates, in the order in which they matter."""
    before = {gate.name: gate.value for gate in results.comparison.gates} if results.comparison else {}
    judged = sorted(
        (gate for gate in results.gates if gate.status in _ORDER), key=lambda gate: _ORDER.index(gate.status)
    )
    rows = [GateRow(gate, _earlier(before.get(gate.name, ""), gate)) for gate in judged]
    idle = [gate for gate in results.gates if gate.status not in _ORDER]
    return Gates(
        limits.part(rows, lambda row: row.gate.name + row.gate.value + row.gate.limit + row.gate.detail[:2000]),
        tuple(
            (status.value, tuple(gate.name for gate in idle if gate.status is status))
            for status in (GateStatus.OFF, GateStatus.NOT_APPLICABLE)
            if any(gate.status is status for gate in idle)
        ),
    )


def _earlier(value: str, gate: Gate) -> str:
    return value if value != gate.value else ""


def gaps(results: Results) -> list[Gap]:
    """What was not seen, scanner by scanner."""
    room = limits.Room(4 * limits.LIST_ROOM)
    return [_gap(gap, room) for gap in digest.gaps(results)]


def _gap(gap: digest.Gap, room: limits.Room) -> Gap:
    names = [(reason, limits.part(items, str, room)) for reason, items in gap.by_reason().items()]
    return Gap(
        gap, limits.part(gap.problems, lambda problem: problem[:2000]), limits.part(names, lambda pair: pair[0][:2000])
    )


def looked(results: Results) -> int:
    """How many scanners looked at everything that concerns them."""
    gapped = {gap.scanner for gap in digest.gaps(results)}
    complete = (scan for scan in results.scanners if scan.status is ScanStatus.COMPLETE)
    return sum(scan.scanner not in gapped for scan in complete)


def scanner_rows(results: Results) -> tuple[list[ScannerRow], list[ScannerRow]]:
    """The scanners with their figures, notes and command lines: those that worked, and those that had nothing to do."""
    counting = Counter(finding.scanner for finding in results.findings)
    suppressed = Counter(finding.scanner for finding in results.suppressed)
    rows = [_scanner_row(scan, counting[scan.scanner], suppressed[scan.scanner]) for scan in results.scanners]
    return [row for row in rows if not _is_idle(row)], [row for row in rows if _is_idle(row)]


def _is_idle(row: ScannerRow) -> bool:
    figures = row.counting or row.suppressed or row.scan.seen or row.scan.commands
    return row.scan.status in {ScanStatus.OFF, ScanStatus.NOT_APPLICABLE} and not figures


def _scanner_row(scan: ScanResult, counting: int, suppressed: int) -> ScannerRow:
    commands = [(" ".join(command.argv), _ending(command.exit_code, command.seconds)) for command in scan.commands]
    return ScannerRow(
        scan,
        counting,
        suppressed,
        limits.part(scan.notes, lambda note: note[:2000]),
        limits.part(commands, lambda command: command[0][:2000]),
    )


def _ending(code: int | None, seconds: float) -> str:
    ended = "never ended by itself" if code is None else f"exit code {code}"
    return f"{ended}, {seconds:.1f} s"


def servers(results: Results) -> list[Server]:
    """The MCP servers that findings are about, the worst first."""
    numbers: dict[str, Counter[Severity]] = {}
    for finding in results.findings:
        if finding.subject is not None:
            numbers.setdefault(finding.subject.server, Counter())[finding.severity] += 1
    ordered = sorted(numbers, key=lambda name: ([-numbers[name][severity] for severity in Severity], name))
    return [
        Server(
            name, tuple((severity.value, numbers[name][severity]) for severity in Severity if numbers[name][severity])
        )
        for name in ordered
    ]
