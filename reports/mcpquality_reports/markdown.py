"""Markdown for people who review a change: a CI job's summary page, and the comment on a pull or merge request.

The same page within two limits, each of which makes the forge drop the whole text when it is exceeded. What is
worst comes first, and what does not fit is counted at the end. The verdict, the gates and what was not seen are
always there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcpquality_reports import digest, fenced, markup, text
from mcpquality_reports.comparison import is_new
from mcpquality_scanners.findings import Finding, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.remediation import Remediation
from mcpquality_scanners.results import Gate, GateStatus, Results, Verdict

MARKER = "<!-- mcpquality: this comment is updated in place -->"
"""Invisible first line of a comment, by which `mcpquality comment` finds it again."""

_SUMMARY_BYTES = 1024 * 1024
_COMMENT_BYTES = 65_536
"""GitHub counts characters; as bytes it is safe for every way of counting them."""

_MOST_PLACES = 20
_MOST_FILES = 20
_EXCERPT = 800
"""Characters of documentation that are shown of a rule: a reviewer wants to know where to read on."""

_TAIL_BYTES = 1_000
"""Kept free for the sentence about what did not fit."""

_SIGNS = {
    GateStatus.PASSED: "✅",
    GateStatus.FAILED: "❌",
    GateStatus.INCOMPLETE: "⚠️",
    GateStatus.ACCEPTED: "⚠️",
    GateStatus.NOT_APPLICABLE: "⚪",
    GateStatus.OFF: "⚪",
}
_SHUT = (GateStatus.NOT_APPLICABLE, GateStatus.OFF)
_VERDICTS = {Verdict.PASSED: "✅", Verdict.FAILED: "❌", Verdict.INCOMPLETE: "⚠️"}


@dataclass(frozen=True, slots=True)
class MarkdownReport:
    """One page of at most `limit` bytes of UTF-8; `marker` is its invisible first line."""

    limit: int
    marker: str = ""

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        page = _Page(self.limit - _TAIL_BYTES)
        if self.marker:
            page.add(f"{self.marker}\n")
        for versions in _always(results):
            page.add_first_that_fits(versions)
        left = page.add_rules(results)
        for part in (_coverage(results), _suppressed(results)):
            page.add_if_it_fits(part)
        if left:
            page.add(f"\n{left}\n", beyond=_TAIL_BYTES)
        return page.text


SUMMARY = MarkdownReport(_SUMMARY_BYTES)
COMMENT = MarkdownReport(_COMMENT_BYTES, MARKER)


def comment(marker: str) -> MarkdownReport:
    """The comment with an invisible first line of its own, for changes that have several."""
    return MarkdownReport(_COMMENT_BYTES, marker)


class _Page:
    """Text that grows up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._parts: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._parts).rstrip("\n") + "\n"

    def add(self, part: str, *, beyond: int = 0) -> None:
        """Add what is short by itself; it never ends in the middle of a tag."""
        size = len(part.encode())
        if size <= self._room + beyond:
            self._parts.append(part)
            self._room -= size

    def add_if_it_fits(self, part: str) -> bool:
        before = len(self._parts)
        self.add(part)
        return len(self._parts) > before

    def add_first_that_fits(self, versions: Iterable[str]) -> None:
        """Add the longest version that leaves half of the room to what comes after it; at last the shortest."""
        chosen = ""
        for chosen in versions:
            if len(chosen.encode()) <= self._room // 2:
                break
        self.add(chosen)

    def add_rules(self, results: Results) -> str:
        """Add the rules that fit, worst first; a sentence about the others, or nothing."""
        new, left, said = is_new(results), digest.groups(results.findings), digest.remediation(results)
        heading = "\n### Findings, worst first\n"
        while left and self.add_if_it_fits(heading + _rule(left[0], sum(map(new, left[0].findings)), said)):
            heading = ""
            del left[0]
        findings = sum(len(group.findings) for group in left)
        if not left:
            return ""
        worst = left[0].severity.value
        what = f"{text.count(findings, 'finding')} of {text.count(len(left), 'rule')}"
        return f"**Not shown here, for want of room:** {what}, the worst of them {worst}. Other reports hold all."


# What is always there
# ----------------------------------------------------------------------------------------------------------


def _always(results: Results) -> Iterator[Iterable[str]]:
    """Each part in versions, the longest first: the shortest has room whatever words it holds."""
    yield (_verdict(results, length) for length in (1_000, 100))
    yield (_gates(results.gates, most, length) for most, length in ((40, 100), (10, 30)))
    yield (_change(results),)
    yield (_gaps(results, most, names) for most, names in ((20, 10), (20, 2), (10, 0)))
    yield (_settings(results.weakened, most) for most in (20, 5, 0))


def _verdict(results: Results, length: int) -> str:
    sign = _VERDICTS[results.verdict]
    sentence = markup.words(digest.sentence(results), length) or "The run gave no reason."
    broken = "\n\n**The run was interrupted: not everything was looked at.**" if results.interrupted else ""
    counts = [f"{number:,} {each.value}" for each, number in digest.by_severity(results.findings).items() if number]
    found = ", ".join(counts) or "none"
    suppressed = f"; {len(results.suppressed):,} suppressed" if results.suppressed else ""
    return (
        f"## {sign} mcpquality: {results.verdict.value}\n\n{sentence}{broken}\n\n"
        f"Findings: {found}{suppressed}. {_about(results)}\n"
    )


def _about(results: Results) -> str:
    about = f"Looked at {digest.scope(results)} of {markup.code(results.target, 100) or 'the project'}"
    if results.commit:
        dirty = " with changes that are not committed" if results.commit.dirty else ""
        about += f", commit {markup.code(results.commit.sha[:12])}{dirty}"
    return f"{about}, with mcpquality {markup.words(results.environment.mcpquality, 40)}."


def _gates(gates: Sequence[Gate], most: int, length: int) -> str:
    if not gates:
        return "\nThere was no gate.\n"
    order = {GateStatus.FAILED: 0, GateStatus.INCOMPLETE: 1, GateStatus.ACCEPTED: 2}
    open_ = sorted((gate for gate in gates if gate.status not in _SHUT), key=lambda gate: order.get(gate.status, 3))
    rows = [f"| {_SIGNS[gate.status]} {gate.status.value} | {_gate(gate, length)} |\n" for gate in open_[:most]]
    table = "\n| Status | Gate | Value | Limit |\n| --- | --- | --- | --- |\n" + "".join(rows) if rows else ""
    more = f"\nand {text.count(len(open_) - most, 'more gate')}\n" if len(open_) > most else ""
    return table + more + "".join(_shut(gates, status, most, length) for status in _SHUT)


def _shut(gates: Iterable[Gate], status: GateStatus, most: int, length: int) -> str:
    """The gates that had nothing to do, in one line: they are many, and say nothing about the change."""
    names = [markup.words(gate.name, length) or "-" for gate in gates if gate.status is status]
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"\n{_SIGNS[status]} {status.value.capitalize()}: {', '.join(names[:most])}{more}.\n" if names else ""


def _gate(gate: Gate, length: int) -> str:
    return " | ".join(markup.words(part, length) or "-" for part in (gate.name, gate.value, gate.limit))


def _change(results: Results) -> str:
    comparison = results.comparison
    if not comparison:
        return ""
    return f"\n**Since the run of {markup.words(comparison.started, 30)}:** {digest.change(comparison)}.\n"


def _gaps(results: Results, most: int, names: int) -> str:
    gaps = digest.gaps(results)
    if not gaps:
        return ""
    lines = [line for gap in gaps[:most] for line in _gap(gap, names)]
    if len(gaps) > most:
        lines.append(f"- and {text.count(len(gaps) - most, 'more scanner')}")
    return "\n### ⚠️ Not seen\n\n" + "\n".join(lines) + "\n"


def _gap(gap: digest.Gap, names: int) -> Iterator[str]:
    accepted = ", accepted by name" if gap.accepted else ""
    yield f"- <b>{markup.words(gap.scanner, 60) or 'unnamed'}</b>: {markup.words(gap.status, 40)}{accepted}"
    yield from (f"  - Problem: {markup.words(problem)}" for problem in gap.problems[:names])
    yield from (f"  - {_named(item.name)}: {markup.words(item.reason, 200)}" for item in gap.unseen[:names])
    more = max(len(gap.problems) - names, 0) + max(len(gap.unseen) - names, 0)
    if more:
        yield f"  - and {more:,} more"


def _named(name: str) -> str:
    return markup.code(name, 200) or "something without a name"


def _settings(weakened: Sequence[str], most: int) -> str:
    if not weakened:
        return ""
    lines = [f"- Setting: {markup.words(setting)}" for setting in weakened[:most]]
    if len(weakened) > most:
        lines.append(f"- {'and ' if most else ''}{len(weakened) - most:,} {'more' if most else 'in other reports'}")
    return _details("Settings that look at less or let more through", "\n".join(lines))


# Findings
# ----------------------------------------------------------------------------------------------------------


_Said = Mapping[tuple[str, str], Remediation]


def _rule(group: digest.RuleGroup, new: int, said: _Said) -> str:
    fresh = f", {new:,} new" if new else ""
    summary = (
        f"<b>{_severity(group.severity)}</b> {markup.words(group.title, 120)} "
        f"({markup.words(group.scanner, 60)}): {text.count(len(group.findings), 'place')}{fresh}"
    )
    return _details(summary, "\n".join(_rule_body(group, said.get((group.scanner, group.rule)))))


def _severity(severity: Severity) -> str:
    return severity.value.upper()


def _rule_body(group: digest.RuleGroup, said: Remediation | None) -> Iterator[str]:
    yield f"{markup.words(group.head.message, 600) or 'No message was given.'}\n"
    for finding in group.findings[:_MOST_PLACES]:
        yield f"- {markup.code(text.where(finding))}{_package(finding)}"
    if len(group.findings) > _MOST_PLACES:
        yield f"- and {len(group.findings) - _MOST_PLACES:,} more places"
    yield ""
    if group.fix:
        yield f"**Fix:**\n\n{markup.block(group.fix).rstrip()}\n"
    if said and (said.source.is_documentation or not group.fix):
        yield from _documentation(said)
    links = [found for found in map(markup.link, group.references[:3]) if found]
    yield f"Rule {markup.code(group.rule, 120) or 'without a name'}{': ' if links else ''}{', '.join(links)}"


def _documentation(said: Remediation) -> Iterator[str]:
    yield f"**Documentation** from {markup.words(digest.origin(said))}:\n"
    words = markup.block(fenced.excerpt(said.text, _EXCERPT)).rstrip()
    if words:
        yield f"{words}\n"
    if link := markup.link(said.url):
        yield f"Read on: {link}\n"


def _package(finding: Finding) -> str:
    if not finding.package:
        return ""
    package, fixed = finding.package, ", ".join(finding.package.fixed[:5]) or "no version yet"
    return f" {markup.words(f'{package.name} {package.installed}, fixed in {fixed}', 200)}"


def _coverage(results: Results) -> str:
    files = [file for scan in results.scanners for file in scan.coverage if file.missing]
    if not files:
        return ""
    lines = [
        f"- {markup.code(file.path, 200)}: {markup.words(text.line_ranges(file.missing))}"
        for file in files[:_MOST_FILES]
    ]
    if len(files) > _MOST_FILES:
        lines.append(f"- and {text.count(len(files) - _MOST_FILES, 'more file')}")
    return _details("Lines that never ran, worst file first", "\n".join(lines))


def _suppressed(results: Results) -> str:
    if not results.suppressed:
        return ""
    lines = [
        f"- {markup.code(text.where(finding))} {markup.words(finding.rule, 100)}: "
        f"{markup.words(finding.suppression.reason if finding.suppression else '', 200) or 'no reason was given'}"
        for finding in results.suppressed[:_MOST_PLACES]
    ]
    if len(results.suppressed) > _MOST_PLACES:
        lines.append(f"- and {len(results.suppressed) - _MOST_PLACES:,} more")
    return _details(f"Suppressed: {text.count(len(results.suppressed), 'finding')}", "\n".join(lines))


def _details(summary: str, body: str) -> str:
    return f"\n<details><summary>{summary}</summary>\n\n{body}\n\n</details>\n"
