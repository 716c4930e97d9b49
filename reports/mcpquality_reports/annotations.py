"""Lines that GitHub Actions shows beside the code of a pull request.

The runner takes ten of a level from a step and fifty from a job and drops the others in silence, so that we
choose the worst. The verdict stands first: findings may be left out, that it is not green never is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mcpquality_reports import digest
from mcpquality_reports.text import count, for_logs, one_line, shorten, visible, where
from mcpquality_scanners.findings import Finding, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results, Verdict

MOST = 10
"""Of each level."""

_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.UNKNOWN: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}
_VERDICTS = {Verdict.PASSED: "notice", Verdict.FAILED: "error", Verdict.INCOMPLETE: "error"}


class AnnotationsReport:
    """Commands for the runner of GitHub Actions: print them in a step."""

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        lines = list(_everything(results))
        kept: list[str] = []
        used = Counter[str]()
        for level, line in lines:
            used[level] += 1
            if used[level] <= MOST:
                kept.append(line)
        left = len(lines) - len(kept)
        if left:
            kept.append(f"mcpquality: {count(left, 'annotation')} left out: GitHub shows {MOST} of a level.")
        return "\n".join(kept) + "\n"


REPORT = AnnotationsReport()


def _everything(results: Results) -> Iterator[tuple[str, str]]:
    """Level and line of everything there is to say: the verdict, what was not seen, the findings, worst first."""
    level = _VERDICTS[results.verdict]
    yield level, _command(level, "mcpquality", digest.verdict_sentence(results))
    gaps = [gap for gap in digest.gaps(results) if not gap.accepted]
    if gaps:
        names = ", ".join(f"{one_line(gap.scanner, 60)} ({gap.status})" for gap in gaps)
        yield "error", _command("error", "mcpquality: not everything was seen", names)
    for finding in results.findings:
        level = _LEVELS[finding.severity]
        yield level, _finding(finding, level)


def _finding(finding: Finding, level: str) -> str:
    title = f"{finding.severity.value}: {finding.title or finding.rule} ({finding.scanner})"
    message = finding.message
    if finding.package and finding.package.fixed:
        message += f"\nFixed in {', '.join(finding.package.fixed)}."
    if finding.location is None:
        message += f"\n{where(finding)}"
    return _command(level, title, message, _place(finding))


def _place(finding: Finding) -> Mapping[str, str]:
    location = finding.location
    if location is None:
        return {}
    place = {"file": location.path}
    region = location.region
    if region and region.start_line > 0:
        place["line"] = str(region.start_line)
        if region.end_line > region.start_line:
            place["endLine"] = str(region.end_line)
        elif region.start_column > 0:
            # The runner takes columns only for places in one line.
            place["col"] = str(region.start_column)
    return place


def _command(level: str, title: str, message: str, place: Mapping[str, str] | None = None) -> str:
    properties = {**(place or {}), "title": title}
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {named}::{_data(shorten(message) or 'No message was given.')}"


def _data(text: str) -> str:
    """As the runner reads it back; without what would be a command of an older kind."""
    escaped = visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return for_logs(escaped)


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
