"""Several runs as one: of the parts of a repository, of several platforms, or of scanners in jobs of their own.

Nothing gets greener by it: the worst verdict holds, every gate stays, and what one run did not see is not seen.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Finding, Location, ScanResult, ScanStatus
from mcpquality_scanners.remediation import Remediation, RemediationSource
from mcpquality_scanners.results import Environment, FileSummary, Gate, Results, Verdict
from pytest_mcpquality.merge import merge_findings
from pytest_mcpquality.policy import headline, verdict

_VERDICTS = (Verdict.PASSED, Verdict.INCOMPLETE, Verdict.FAILED)
_STATUSES = (
    ScanStatus.OFF,
    ScanStatus.NOT_APPLICABLE,
    ScanStatus.COMPLETE,
    ScanStatus.INCOMPLETE,
    ScanStatus.ERROR,
)
_SOURCES = tuple(RemediationSource)
_LENGTH = 32  # of a fingerprint


def combine(runs: Sequence[Results]) -> Results:
    """The runs as one; a single one stays as it is.

    Where the targets differ, paths get the target in front, so that they hold for the folder that all were run from.

    Raises:
        UsageError: There is none.
    """
    if not runs:
        raise UsageError("there are no results to make a report from: give at least one file written by --format json")
    if len(runs) == 1:
        return runs[0]
    apart = len({run.target for run in runs}) > 1
    placed = [_placed(run) if apart else run for run in runs]
    gates = _gates(placed)
    interrupted = any(run.interrupted for run in runs)
    answer = max(verdict(gates, interrupted=interrupted), *(run.verdict for run in runs), key=_VERDICTS.index)
    counting = _findings(run.findings for run in placed)
    return Results(
        verdict=answer,
        headline=headline(answer, gates, interrupted=interrupted),
        fail_on=min((run.fail_on for run in runs), key=lambda severity: severity.rank),
        gates=gates,
        scanners=_scans(placed),
        findings=counting,
        suppressed=_findings(run.suppressed for run in placed),
        files=_files(runs),
        target=_joined(run.target for run in runs),
        started=min(run.started for run in runs),
        seconds=sum(run.seconds for run in runs),
        environment=_environment(runs),
        commit=runs[0].commit if len({run.commit for run in runs}) == 1 else None,
        weakened=_weakened(runs),
        interrupted=interrupted,
        remediation=_remediation(runs),
    )


# Where
# -------------------------------------------------------------------------------------------------


def _placed(run: Results) -> Results:
    """The run with its target in front of every path."""
    prefix = _prefix(run.target)
    if not prefix:
        return run

    def moved(path: str) -> str:
        return f"{prefix}/{path}"

    return replace(
        run,
        findings=tuple(_moved(finding, moved) for finding in run.findings),
        suppressed=tuple(_moved(finding, moved) for finding in run.suppressed),
        scanners=tuple(_moved_scan(scan, moved) for scan in run.scanners),
    )


def _prefix(target: str) -> str:
    """A relative target as it is; of one that lies elsewhere only the name, since reports hold relative paths."""
    path = PurePosixPath(target.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in target:
        return path.name.replace("..", "")
    return path.as_posix().removeprefix(".")


def _moved(finding: Finding, moved: Callable[[str], str]) -> Finding:
    location = finding.location and Location(moved(finding.location.path), finding.location.region)
    print_ = f"{moved('')}\0{finding.fingerprint}".encode("utf-8", "surrogatepass")
    own = hashlib.sha256(print_).hexdigest()[:_LENGTH] if finding.fingerprint else ""
    return replace(finding, location=location, fingerprint=own)


def _moved_scan(scan: ScanResult, moved: Callable[[str], str]) -> ScanResult:
    return replace(
        scan,
        seen=tuple(map(moved, scan.seen)),
        unseen=tuple(replace(item, name=moved(item.name)) for item in scan.unseen),
        coverage=tuple(replace(file, path=moved(file.path)) for file in scan.coverage),
    )


# What
# --------------------------------------------------------------------------------------------------


def _findings(several: Iterable[Iterable[Finding]]) -> tuple[Finding, ...]:
    """Each once: what two runs say in the same words about the same place is one finding."""
    return merge_findings(dict.fromkeys(finding for findings in several for finding in findings))


def _gates(runs: Sequence[Results]) -> tuple[Gate, ...]:
    """All gates, those of one name told apart by the run they are from; the same one is not said twice."""
    labels = _labels(runs)
    said = dict.fromkeys((gate, label) for run, label in zip(runs, labels, strict=True) for gate in run.gates)
    distinct: dict[Gate, str] = {}
    for gate, label in said:
        distinct.setdefault(gate, label)
    names = Counter(gate.name for gate in distinct)
    return tuple(
        replace(gate, name=f"{gate.name} ({label})") if names[gate.name] > 1 else gate
        for gate, label in distinct.items()
    )


def _labels(runs: Sequence[Results]) -> list[str]:
    targets = Counter(run.target for run in runs)
    seen = Counter[str]()
    labels: list[str] = []
    for run in runs:
        seen[run.target] += 1
        labels.append(run.target if targets[run.target] == 1 else f"{run.target} #{seen[run.target]}")
    return labels


def _scans(runs: Sequence[Results]) -> tuple[ScanResult, ...]:
    """One result for each scanner, that says all that any of them says."""
    named: dict[str, list[ScanResult]] = {}
    for run in runs:
        for scan in run.scanners:
            named.setdefault(scan.scanner, []).append(scan)
    return tuple(_scan(scans) if len(scans) > 1 else scans[0] for scans in named.values())


def _scan(scans: Sequence[ScanResult]) -> ScanResult:
    return ScanResult(
        scanner=scans[0].scanner,
        status=max((scan.status for scan in scans), key=_STATUSES.index),
        seen=tuple(sorted({path for scan in scans for path in scan.seen})),
        unseen=tuple(dict.fromkeys(item for scan in scans for item in scan.unseen)),
        problems=tuple(dict.fromkeys(problem for scan in scans for problem in scan.problems)),
        notes=tuple(dict.fromkeys(note for scan in scans for note in scan.notes)),
        version=_joined(scan.version for scan in scans),
        commands=tuple(command for scan in scans for command in scan.commands),
        seconds=sum(scan.seconds for scan in scans),
        measures=tuple(dict.fromkeys(measure for scan in scans for measure in scan.measures)),
        coverage=tuple(dict.fromkeys(file for scan in scans for file in scan.coverage)),
    )


# About
# -------------------------------------------------------------------------------------------------


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _files(runs: Sequence[Results]) -> FileSummary:
    if len({run.target for run in runs}) == 1 and len({run.files for run in runs}) == 1:
        return runs[0].files  # the same files, looked at in several jobs
    excluded = Counter[str]()
    for run in runs:
        for who, number in run.files.excluded:
            excluded[who] += number
    listed = sum(run.files.listed for run in runs)
    return FileSummary(listed, _joined(run.files.source for run in runs), tuple(excluded.items()))


def _environment(runs: Sequence[Results]) -> Environment:
    return Environment(
        _joined(run.environment.mcpquality for run in runs),
        _joined(run.environment.python for run in runs),
        _joined(run.environment.platform for run in runs),
    )


def _remediation(runs: Sequence[Results]) -> tuple[Remediation, ...]:
    """What is said about each rule, the best where several say something."""
    best: dict[tuple[str, str], Remediation] = {}
    for each in (each for run in runs for each in run.remediation):
        known = best.setdefault((each.scanner, each.rule), each)
        if _SOURCES.index(each.source) < _SOURCES.index(known.source):
            best[each.scanner, each.rule] = each
    return tuple(best.values())


def _weakened(runs: Sequence[Results]) -> tuple[str, ...]:
    """All settings; and that the runs are not about one commit, since no commit has then been looked at as a whole."""
    said = list(dict.fromkeys(sentence for run in runs for sentence in run.weakened))
    commits = {run.commit for run in runs}
    if len(commits) > 1:
        names = sorted(_commit(run) for run in {run.commit: run for run in runs}.values())
        said.append(f"results of different commits were put together: {', '.join(names)}")
    return tuple(said)


def _commit(run: Results) -> str:
    if run.commit is None:
        return "no commit"
    return f"{run.commit.sha[:12]}{' with changes' if run.commit.dirty else ''}"
