"""The report on the terminal: the verdict last, where the eye is when a command has ended.

Every word that is not ours goes through `text.visible`, and is printed as it is (rich's markup and emoji
codes are off). Colour, width and NO_COLOR, FORCE_COLOR and dumb terminals are rich's business.
"""

from __future__ import annotations

import enum
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mcpquality_reports import digest, fenced, text
from mcpquality_reports.comparison import is_new
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Gate, GateStatus, Results, Verdict


class Detail(enum.Enum):
    """How much is printed: verdict and failures; what matters; everything."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


MOST_PLACES = 10
"""Places of a rule at or over the threshold that are printed unless everything is asked for."""

MOST_UNSEEN = 20
"""Names of what a scanner did not see that are printed unless everything is asked for."""

_SEVERITIES = {
    Severity.CRITICAL: "bold magenta",
    Severity.HIGH: "bold red",
    Severity.UNKNOWN: "bold",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}

_GATES = {
    GateStatus.PASSED: "green",
    GateStatus.FAILED: "bold red",
    GateStatus.INCOMPLETE: "bold yellow",
    GateStatus.ACCEPTED: "yellow",
    GateStatus.NOT_APPLICABLE: "dim",
    GateStatus.OFF: "dim",
}

_STATUSES = {
    ScanStatus.COMPLETE: "green",
    ScanStatus.INCOMPLETE: "bold yellow",
    ScanStatus.ERROR: "bold red",
    ScanStatus.NOT_APPLICABLE: "dim",
    ScanStatus.OFF: "dim",
}

_VERDICTS = {
    Verdict.PASSED: "bold white on green4",
    Verdict.FAILED: "bold white on red3",
    Verdict.INCOMPLETE: "bold black on gold3",
}


@dataclass(frozen=True, slots=True)
class TerminalReport:
    """Text of `width` columns, plain, as for a file, unless said otherwise; `show` prints the same on a terminal."""

    detail: Detail = Detail.NORMAL
    width: int = 80
    colour: bool = False
    name: str = "terminal"
    suffix: str = ".txt"

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - prints no code
        """See `Report.render`."""
        console = Console(
            file=io.StringIO(),
            width=self.width,
            color_system="standard" if self.colour else None,
            force_terminal=self.colour,
            legacy_windows=False,
        )
        return _captured(console, results, self.detail)


REPORT = TerminalReport()


def show(results: Results, stream: TextIO, *, detail: Detail = Detail.NORMAL, colour: bool = True) -> None:
    """Print the report to `stream` in the way its terminal understands; without colour if so asked."""
    console = Console(file=stream, no_color=None if colour else True, highlight=False)
    shown = _captured(console, results, detail)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))


def _captured(console: Console, results: Results, detail: Detail) -> str:
    with console.capture() as capture:
        for line in _Lines(results, detail).everything():
            # A place must stay in one piece, to be copied and clicked on: it is never wrapped.
            console.print(line, markup=False, emoji=False, highlight=False, soft_wrap=isinstance(line, Text))
    lines = [line.rstrip() for line in capture.get().strip("\n").split("\n")]
    return text.for_logs("\n".join(lines)) + "\n"


class _Lines:
    """The report as what rich prints: `Text` for one line, `Padding` for words that wrap."""

    def __init__(self, results: Results, detail: Detail) -> None:
        self._results = results
        self._detail = detail
        self._remediation = digest.remediation(results)
        self._is_new = is_new(results)

    def everything(self) -> Iterator[Text | Padding | Table]:
        if self._detail is Detail.QUIET:
            yield from self._failures()
        else:
            yield from self._head()
            yield self._scanners()
            yield from self._idle()
            yield from self._findings()
            yield from self._suppressed()
            yield from self._coverage()
        yield from self._gaps()
        yield from self._weakened()
        if self._detail is not Detail.QUIET:
            yield from self._notes()
            yield from self._gates(self._open_gates())
        yield from self._change()
        yield from self._verdict()

    def _failures(self) -> Iterator[Text | Padding]:
        for finding in digest.over_threshold(self._results):
            yield Text.assemble(
                _severity(finding.severity),
                f" {text.where(finding)} {text.one_line(finding.rule)}: ",
                text.one_line(finding.message),
            )
        unsettled = (GateStatus.FAILED, GateStatus.INCOMPLETE, GateStatus.ACCEPTED)
        yield from self._gates(gate for gate in self._results.gates if gate.status in unsettled)

    def _head(self) -> Iterator[Text | Padding]:
        results, commit = self._results, self._results.commit
        about = [text.one_line(f"mcpquality {results.environment.mcpquality}: {results.target}")]
        if commit:
            state = ", changes not committed" if commit.dirty else ""
            about.append(f"commit {text.one_line(commit.sha[:12])}{state}")
        source = f" ({text.one_line(results.files.source)})" if results.files.source else ""
        about.append(f"{digest.scope(results)}{source}")
        about += [f"{number} left out by {text.one_line(who)}" for who, number in results.files.excluded]
        yield _wrapped(", ".join(about), 0)

    def _scanners(self) -> Table:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        servers = not self._results.files.source and bool(digest.servers_of(self._results))
        table.add_column("Server" if servers else "Scanner", overflow="fold")
        table.add_column("Status", overflow="fold")
        for heading in ("Findings", "Suppressed", "Seen" if servers else "Files", "Seconds"):
            table.add_column(heading, justify="right")
        for scan in self._results.scanners:
            if self._is_idle(scan):
                continue
            table.add_row(
                Text(text.one_line(f"{scan.scanner} {scan.version}".strip())),
                Text(scan.status.value, _STATUSES[scan.status]),
                *self._counts(scan.scanner),
                f"{len(scan.seen):,}",
                f"{scan.seconds:.1f}",
            )
        return table

    def _is_idle(self, scan: ScanResult) -> bool:
        """Whether there is nothing to say about it but that it did not run: one line has all of these."""
        idle = not (scan.problems or scan.unseen) and scan.status in (ScanStatus.OFF, ScanStatus.NOT_APPLICABLE)
        return idle and self._detail is not Detail.VERBOSE

    def _idle(self) -> Iterator[Text | Padding]:
        for status in (ScanStatus.NOT_APPLICABLE, ScanStatus.OFF):
            idle = [scan.scanner for scan in self._results.scanners if self._is_idle(scan) and scan.status is status]
            if idle:
                names = ", ".join(map(text.one_line, idle))
                yield _wrapped(Text(f"{status.value.capitalize()}: {names}", _STATUSES[status]), 0)
        yield Text()

    def _counts(self, scanner: str) -> tuple[str, str]:
        found = sum(finding.scanner == scanner for finding in self._results.findings)
        suppressed = sum(finding.scanner == scanner for finding in self._results.suppressed)
        return f"{found:,}", f"{suppressed:,}"

    # Findings
    # ------------------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Text | Padding]:
        groups = digest.groups(self._results.findings)
        if not groups:
            return
        yield Text("Findings, worst first", "bold")
        folded: list[digest.RuleGroup] = []
        for group in groups:
            if self._detail is Detail.VERBOSE or group.severity.rank >= self._results.fail_on.rank:
                yield from self._rule(group)
            else:
                folded.append(group)
        yield from self._folded(folded)

    def _rule(self, group: digest.RuleGroup) -> Iterator[Text | Padding]:
        yield Text()
        yield _wrapped(Text.assemble(_severity(group.severity), f" {text.one_line(group.title)} {_ids(group)}"), 2)
        yield _wrapped(text.shorten(group.head.message), 4)
        shown = group.findings if self._detail is Detail.VERBOSE else self._over(group.findings)[:MOST_PLACES]
        for finding in shown:
            yield from self._place(finding, group)
        yield from self._more_places(group.findings[len(shown) :])
        if group.fix:
            yield _wrapped(Text.assemble(("Fix: ", "bold green"), text.visible(text.shorten(group.fix))), 4)
        if self._detail is Detail.VERBOSE:
            yield from self._documentation(group)

    def _over(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """The findings that count at the gate."""
        return [finding for finding in findings if finding.severity.rank >= self._results.fail_on.rank]

    def _more_places(self, left: Sequence[Finding]) -> Iterator[Text]:
        over = len(self._over(left))
        for number, where in ((over, "at or over"), (len(left) - over, "under")):
            if number:
                places = text.count(number, "more place")
                yield Text(f"    and {places} {where} the threshold: -v, or any report file")

    def _documentation(self, group: digest.RuleGroup) -> Iterator[Text | Padding]:
        said = self._remediation.get((group.scanner, group.rule))
        if said is None or (group.fix and not said.source.is_documentation):
            return
        origin = text.one_line(digest.origin(said))
        yield _wrapped(Text.assemble((f"Documentation from {origin}:", "bold")), 4)
        yield _wrapped(fenced.excerpt(said.text, text.TEXT_LIMIT) or text.shorten(said.text), 6)
        if (url := text.safe_url(said.url)) and url not in said.text:
            yield Text(f"      {url}")

    def _place(self, finding: Finding, group: digest.RuleGroup) -> Iterator[Text | Padding]:
        yield Text(f"    {text.where(finding)}", "bold")
        if finding.package and finding.location:
            package, fixed = finding.package, ", ".join(finding.package.fixed) or "no version yet"
            yield Text("      " + text.one_line(f"{package.name} {package.installed}, fixed in {fixed}"))
        if finding.message != group.head.message:
            yield _wrapped(text.shorten(finding.message), 6)

    def _folded(self, groups: list[digest.RuleGroup]) -> Iterator[Text | Padding]:
        if groups:
            yield Text()
            yield Text(f"  Under the threshold ({self._results.fail_on.value}); with places: -v", "bold")
        for group in groups:
            names = f"{text.one_line(group.title, 60)} {_ids(group)}"
            yield _wrapped(Text.assemble("  ", _severity(group.severity), f" {len(group.findings):,} x {names}"), 0)

    def _suppressed(self) -> Iterator[Text | Padding]:
        suppressed = self._results.suppressed
        if not suppressed:
            return
        yield Text()
        yield Text(f"Suppressed: {text.count(len(suppressed), 'finding')}", "bold")
        if self._detail is Detail.VERBOSE:
            for finding in suppressed:
                yield _wrapped(f"{text.where(finding)} {text.one_line(finding.rule)}", 2)
                yield _wrapped(f"{_why(finding)}", 4)

    def _coverage(self) -> Iterator[Text | Padding]:
        files = [file for scan in self._results.scanners for file in scan.coverage if file.missing]
        if not files:
            return
        shown = files if self._detail is Detail.VERBOSE else files[:MOST_PLACES]
        yield Text()
        yield Text("Lines that never ran, worst file first", "bold")
        for file in shown:
            yield _wrapped(f"{text.one_line(file.path)}: {text.shorten(text.line_ranges(file.missing), 400)}", 2)
        if len(shown) < len(files):
            yield Text(f"  and {len(files) - len(shown):,} more files: -v, or the HTML report")

    # What was not seen, and the verdict
    # ----------------------------------------------------------------------

    def _gaps(self) -> Iterator[Text | Padding]:
        gaps = digest.gaps(self._results)
        if gaps:
            yield Text()
            yield Text("Not seen", "bold yellow")
        for gap in gaps:
            accepted = ", accepted by name" if gap.accepted else ""
            yield Text(f"  {text.one_line(gap.scanner)}: {gap.status}{accepted}", "yellow")
            for problem in gap.problems:
                yield _wrapped(text.shorten(problem), 4)
            yield from self._unseen(gap)

    def _unseen(self, gap: digest.Gap) -> Iterator[Text | Padding]:
        left = len(gap.unseen) if self._detail is Detail.VERBOSE else MOST_UNSEEN
        hidden = len(gap.unseen) - left
        for reason, names in gap.by_reason().items():
            if left > 0:
                yield _wrapped(f"{text.shorten(reason, 400)}:", 4)
                yield from (Text(f"      {text.one_line(name)}") for name in names[:left])
            left -= len(names)
        if hidden > 0:
            yield Text(f"      and {hidden:,} more: -v, or any report file")

    def _weakened(self) -> Iterator[Text | Padding]:
        if self._results.weakened:
            yield Text()
            yield Text("Settings that look at less or let more through", "bold")
        for setting in self._results.weakened:
            yield _wrapped(text.shorten(setting), 2)

    def _notes(self) -> Iterator[Text | Padding]:
        notes = [(scan.scanner, note) for scan in self._results.scanners for note in scan.notes]
        if notes and self._detail is Detail.VERBOSE:
            yield Text()
            yield Text("Notes", "bold")
            for scanner, note in notes:
                yield _wrapped(f"{text.one_line(scanner)}: {text.shorten(note)}", 2)

    def _open_gates(self) -> list[Gate]:
        """The gates, less those of scanners that did not run: these are named above, and in full with -v."""
        idle = {scan.scanner for scan in self._results.scanners if self._is_idle(scan)}
        shut = (GateStatus.OFF, GateStatus.NOT_APPLICABLE)
        return [gate for gate in self._results.gates if gate.scanner not in idle or gate.status not in shut]

    def _gates(self, gates: Iterable[Gate]) -> Iterator[Text | Padding]:
        yield Text()
        shown = list(gates)
        told = {gap.scanner for gap in digest.gaps(self._results)}
        for gate in shown:
            status = Text(f"{gate.status.value:<{_widest(shown)}}", _GATES[gate.status])
            name, value, limit = map(text.one_line, (gate.name, gate.value, gate.limit))
            yield Text.assemble(status, f"  {name}: {value} (limit: {limit})")
            if gate.detail and gate.scanner not in told:
                yield _wrapped(text.shorten(gate.detail), 4)

    def _change(self) -> Iterator[Text | Padding]:
        """What is new and what is fixed since the run that this one is compared with."""
        comparison = self._results.comparison
        if not comparison:
            return
        yield Text()
        yield _wrapped(f"Since the run of {text.one_line(comparison.started)}: {digest.change(comparison)}.", 0)
        if comparison.blind:
            names = ", ".join(map(text.one_line, comparison.blind))
            yield _wrapped(f"What is new may only be newly seen: {names} had not seen everything then.", 0)
        if self._detail is Detail.QUIET:
            return
        marked = [("new", "bold red", one) for one in self._results.findings if self._is_new(one)]
        marked += [("fixed", "green", one) for one in comparison.fixed]
        shown = marked if self._detail is Detail.VERBOSE else marked[:MOST_PLACES]
        for word, style, one in shown:
            about = f" {one.severity.value} {text.where(one)} {text.one_line(one.title or one.rule, 80)}"
            yield Text.assemble("  ", Text(f"{word:<5}", style), about)
        if len(shown) < len(marked):
            yield Text(f"  and {len(marked) - len(shown):,} more: -v, or any report file")

    def _verdict(self) -> Iterator[Text | Padding]:
        results = self._results
        yield Text()
        if results.interrupted:
            yield _wrapped("The run was interrupted: what is above is what was found until then.", 0)
        word = Text(f" {results.verdict.value.upper()} ", _VERDICTS[results.verdict])
        yield _wrapped(Text.assemble(word, " ", text.one_line(results.headline or "The run gave no reason.")), 0)


def _ids(group: digest.RuleGroup) -> str:
    return f"({text.one_line(group.rule)}, {text.one_line(group.scanner)})"


def _severity(severity: Severity) -> Text:
    return Text(severity.value.upper(), _SEVERITIES[severity])


def _why(finding: Finding) -> str:
    suppression = finding.suppression
    if suppression is None:
        return "no reason was recorded"
    line = f" in line {suppression.line}" if suppression.line else ""
    return f"{suppression.kind.value}{line}: {text.shorten(suppression.reason) or 'no reason was given'}"


def _widest(gates: Iterable[Gate]) -> int:
    return max(len(gate.status.value) for gate in gates)


def _wrapped(words: str | Text, indent: int) -> Padding:
    """Words that wrap at the width of the terminal, every line indented."""
    return Padding(Text(text.visible(words)) if isinstance(words, str) else words, (0, 0, 0, indent), expand=False)
