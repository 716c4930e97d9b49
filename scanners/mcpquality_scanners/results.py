"""The results of a whole run: what reports are made from and what the JSON document holds."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mcpquality_scanners.findings import Finding, ScanResult, Severity
from mcpquality_scanners.remediation import Remediation

SCHEMA_VERSION = "1.0"


class Verdict(enum.Enum):
    """May this change be merged? Only `PASSED` says yes."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"

    @property
    def exit_code(self) -> int:
        """What the command ends with: 0, 1 or 3."""
        return {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INCOMPLETE: 3}[self]


class GateStatus(enum.Enum):
    """How one gate stands."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    ACCEPTED = "accepted as incomplete"
    NOT_APPLICABLE = "not applicable"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Gate:
    """One question with an answer: a scanner's findings, or a measured figure, against its limit.

    `value` and `limit` are texts a person reads ("3 at or over high", "at most 0"; "71.4 %", "at least 80 %").
    `scanner` names the scanner whose results decided.
    """

    name: str
    scanner: str
    status: GateStatus
    value: str
    limit: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileSummary:
    """The one list of files: how many there are, where the list came from, and what was left out by whom."""

    listed: int
    source: str
    excluded: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """The revision that was scanned; `dirty` when the working tree differs from it."""

    sha: str
    branch: str = ""
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """Where it ran, as far as it matters for reading the results; names no host and no user."""

    mcpquality: str
    python: str
    platform: str


@dataclass(frozen=True, slots=True)
class RunComparison:
    """How a run's findings differ from those of an earlier one; only findings that count are compared.

    Attributes:
        started: When the earlier run started: ISO 8601, UTC, seconds.
        commit: The revision the earlier run saw.
        verdict: The earlier answer.
        gates: The earlier gates.
        new: Fingerprints of the findings that did not count in the earlier run.
        unchanged: How many findings counted then and count now.
        fixed: Findings that counted then and are gone, where the scanner has looked again.
        unclear: Findings that counted then and were not looked for again: nobody knows whether they are fixed.
        suppressed: How many counted then and are suppressed now.
        blind: Scanners with new findings that had not seen everything then: what is new may only be newly seen.
    """

    started: str
    commit: Commit | None
    verdict: Verdict
    gates: tuple[Gate, ...]
    new: tuple[str, ...]
    unchanged: int
    fixed: tuple[Finding, ...]
    unclear: tuple[Finding, ...] = ()
    suppressed: int = 0
    blind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """Everything a run found out, in one order; the same input gives the same value but for the times.

    Attributes:
        verdict: The answer.
        headline: The verdict as a sentence.
        fail_on: A finding at or over it fails.
        gates: In the order of the scanners.
        scanners: One per scanner, those that are off or not applicable included. Their findings are in `findings`
            and `suppressed` after merging, not here.
        findings: Those that count, worst first.
        suppressed: Those that do not, with why.
        files: About the one list of files.
        target: Name of the folder that was scanned, as it was given on the command line.
        started: ISO 8601, UTC, seconds.
        seconds: Wall time of the run.
        commit: The revision, when the target is in a git repository.
        environment: Where it ran.
        weakened: Settings under which less is looked at or more let through than by default, and who set them.
        interrupted: Whether the run was ended by the user before it was done.
        remediation: How to put right what the rules of findings found, each rule once.
        comparison: How the findings differ from those of an earlier run, when one was given.
    """

    verdict: Verdict
    headline: str
    fail_on: Severity
    gates: tuple[Gate, ...]
    scanners: tuple[ScanResult, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]
    files: FileSummary
    target: str
    started: str
    seconds: float
    environment: Environment
    commit: Commit | None = None
    weakened: tuple[str, ...] = ()
    interrupted: bool = False
    remediation: tuple[Remediation, ...] = ()
    comparison: RunComparison | None = None
