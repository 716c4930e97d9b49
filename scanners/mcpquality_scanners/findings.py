"""What a scanner says: findings, and what it did and did not see.

Everything here is frozen and made of the standard library alone, so that scanners, policy and reports
can pass it around without sharing state or imports.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Severity(enum.Enum):
    """The one scale, worst first.

    `UNKNOWN` is what nobody has rated: it is shown as unknown and counts as high at the gate, since
    taking it for harmless would be a guess in the wrong direction.
    """

    CRITICAL = "critical"
    HIGH = "high"
    UNKNOWN = "unknown"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """How severe, as a number to compare: 5 (critical) down to 1 (info); unknown ranks as high."""
        return _RANKS[self]


_RANKS = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.UNKNOWN: 4,
    Severity.MEDIUM: 3,
    Severity.LOW: 2,
    Severity.INFO: 1,
}


class Confidence(enum.Enum):
    """How sure the tool is that the finding is real."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    UNKNOWN = "unknown"


class Category(enum.Enum):
    """What kind of thing is wrong."""

    CODE = "code"
    DEPENDENCY = "dependency"
    SECRET = "secret"  # noqa: S105  # pragma: allowlist secret - the name of a category
    COVERAGE = "coverage"
    MCP = "mcp"


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A place in a text file; lines and columns count from 1, the end column is exclusive.

    A column of 0 means that the tool gave none.
    """

    start_line: int
    start_column: int = 0
    end_line: int = 0
    end_column: int = 0


@dataclass(frozen=True, slots=True)
class Location:
    """Where: a path relative to the root with forward slashes, and a region in it when there is one.

    Bytes of a file name that are not UTF-8 are kept as lone surrogates (`os.fsdecode`).
    """

    path: str
    region: Region | None = None


class Reach(enum.Enum):
    """Whether the project's own code can come to a dependency by its imports."""

    IMPORTED = "imported"
    INDIRECT = "needed by something imported"
    NOT_IMPORTED = "not imported"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Package:
    """The dependency a finding is about, and how exposed the project is to it.

    Attributes:
        name: PEP 503 name.
        installed: The version.
        fixed: Versions that hold a fix of this finding, lowest first.
        upgrade: The lowest version free of everything that is known about this one; empty when there is none.
        upgrade_allowed: Whether the project's own requirements allow `upgrade`; None when they say nothing about it.
        dependency_path: From the project's own dependency down to this one; one name: direct; empty: not known.
        reach: Whether the project imports it.
        epss: Probability from 0 to 1 that it is exploited within 30 days, by FIRST's EPSS; None when not known.
        known_exploited: Whether CISA's catalogue of known exploited vulnerabilities has it.
    """

    name: str
    installed: str
    fixed: tuple[str, ...] = ()
    upgrade: str = ""
    upgrade_allowed: bool | None = None
    dependency_path: tuple[str, ...] = ()
    reach: Reach = Reach.UNKNOWN
    epss: float | None = None
    known_exploited: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What of an MCP server a finding is about: a tool, prompt or resource by its name, or the server as a whole.

    `kind` and `name` are empty for the server as a whole.
    """

    server: str
    kind: str = ""
    name: str = ""


class SuppressionKind(enum.Enum):
    """Who said that a finding does not count."""

    PRAGMA = "pragma"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: a comment beside it (`line` tells where) or an entry of the configuration."""

    kind: SuppressionKind
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, on the one scale, with the tool's own words beside it.

    Attributes:
        scanner: Name of the scanner that found it.
        rule: The tool's rule id (`B602`, `mcp-path-traversal`, `PYSEC-2018-28`), stable between versions.
        severity: On our scale, by the tables of `severity.py`.
        message: What is wrong, plain text. Never holds a secret.
        location: Where; None when it belongs to no file.
        title: The rule's short name, plain text; empty when the tool has none.
        confidence: The tool's own, where it gives one.
        category: What kind of thing is wrong.
        native_severity: What the tool itself said (`ERROR`, `HIGH`, a CVSS vector); empty when it says nothing.
        cwe: CWE numbers, ascending.
        aliases: Other ids of the same advisory (CVE, GHSA, PYSEC), sorted.
        package: The dependency, for findings about dependencies.
        references: https links, the tool's own documentation first.
        fix: How to put it right, plain text or Markdown; empty when nobody has said.
        fingerprint: Identity that survives moved lines; filled in by `fingerprints.with_fingerprints`.
        suppression: Why it does not count, or None when it counts.
        also_found_by: `scanner:rule` of others that found the same thing in the same place.
        subject: The MCP server, and what of it, for findings about a running server.
    """

    scanner: str
    rule: str
    severity: Severity
    message: str
    location: Location | None = None
    title: str = ""
    confidence: Confidence = Confidence.UNKNOWN
    category: Category = Category.CODE
    native_severity: str = ""
    cwe: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()
    package: Package | None = None
    references: tuple[str, ...] = ()
    fix: str = ""
    fingerprint: str = ""
    suppression: Suppression | None = None
    also_found_by: tuple[str, ...] = ()
    subject: Subject | None = None

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Worst first, then by place, then by rule: the one order of findings everywhere."""
        path = self.location.path if self.location else ""
        region = (self.location and self.location.region) or Region(0)
        package = (self.package.name, self.package.installed) if self.package else ("", "")
        return (
            -self.severity.rank,
            self.severity.value,
            path,
            region,
            self.scanner,
            self.rule,
            package,
            self.subject or Subject(""),
            self.message,
        )


class ScanStatus(enum.Enum):
    """How a scanner's run went.

    `COMPLETE` is the only one that may count as having looked at everything; `OFF` and `NOT_APPLICABLE`
    are what was not asked for and what has nothing to look at.
    """

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    NOT_APPLICABLE = "not applicable"
    OFF = "off"


@dataclass(frozen=True, slots=True, order=True)
class Unseen:
    """Something that should have been looked at and was not: a file, a dependency, a rule; and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """One tool run: what was started (`argv`), how it ended (negative: by that signal; None: never) and how long."""

    argv: tuple[str, ...]
    exit_code: int | None
    seconds: float


class Comparison(enum.Enum):
    """Which side of the limit is the good one."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with a limit, such as line coverage in percent: a gate of its own.

    `value` is None when it could not be measured, which is incomplete and never a figure.
    """

    name: str
    value: float | None
    limit: float
    comparison: Comparison = Comparison.AT_LEAST
    unit: str = "%"

    @property
    def holds(self) -> bool | None:
        """Whether the limit holds; None when nothing was measured."""
        if self.value is None:
            return None
        if self.comparison is Comparison.AT_LEAST:
            return self.value >= self.limit
        return self.value <= self.limit


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """Coverage of one file: covered and total of each kind, and where it is not covered.

    Attributes:
        path: Of the file, relative to the root.
        lines: Covered and total.
        branches: Covered and total.
        functions: Covered and total.
        statements: Covered and total.
        missing: Lines that never ran, 1-based, ascending.
        missing_functions: Functions that never ran: first line and name, ascending.
        partial_branches: Lines with branches that were never taken: line, taken, all; ascending.
    """

    path: str
    lines: tuple[int, int]
    branches: tuple[int, int] = (0, 0)
    functions: tuple[int, int] = (0, 0)
    statements: tuple[int, int] = (0, 0)
    missing: tuple[int, ...] = ()
    missing_functions: tuple[tuple[int, str], ...] = ()
    partial_branches: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ScanResult:
    """Everything one scanner has to say.

    Attributes:
        scanner: Its name.
        status: How it went; `problems` and `unseen` say why it is not complete.
        findings: In no particular order; the orchestrator sorts.
        seen: Files it really looked at, relative paths.
        unseen: What it should have looked at and did not.
        problems: What went wrong beside single files, one sentence each, with what to do next.
        notes: What is worth knowing and is no reason against green.
        version: Version of the tool that ran, empty when none did.
        commands: What was started.
        seconds: Wall time.
        measures: Figures with a limit (coverage).
        coverage: Per file, worst first (coverage).
    """

    scanner: str
    status: ScanStatus
    findings: tuple[Finding, ...] = ()
    seen: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    version: str = ""
    commands: tuple[Command, ...] = ()
    seconds: float = 0.0
    measures: tuple[Measure, ...] = ()
    coverage: tuple[FileCoverage, ...] = field(default=())
