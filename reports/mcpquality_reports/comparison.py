"""What changed since an earlier run: which findings are new, which are fixed, and which nobody looked for again.

A finding that is gone counts as fixed only where its scanner looked again; everything else would praise a
scanner for being switched off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mcpquality_reports import digest
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus
from mcpquality_scanners.results import Results, RunComparison


def compared(results: Results, earlier: Results) -> Results:
    """`results` with their comparison against those of an earlier run."""
    return replace(results, comparison=compare(results, earlier))


def compare(results: Results, earlier: Results) -> RunComparison:
    """How the findings that count differ from those of an earlier run.

    Findings are the same by their fingerprints. Where two scanners report one thing, which of them stands for it
    depends on who ran: findings of different scanners about one file that name each other are the same, too.
    """
    new, gone = _apart(results.findings, earlier.findings)
    new, gone = _without_renamed(new, gone)
    suppressed = {identity(finding) for finding in results.suppressed}
    silenced = [finding for finding in gone if identity(finding) in suppressed]
    vanished = [finding for finding in gone if identity(finding) not in suppressed]
    looked = _looked_again(results, earlier)
    return RunComparison(
        started=earlier.started,
        commit=earlier.commit,
        verdict=earlier.verdict,
        gates=earlier.gates,
        new=tuple(sorted(identity(finding) for finding in new)),
        unchanged=len(results.findings) - len(new),
        fixed=_in_order(finding for finding in vanished if looked(finding)),
        unclear=_in_order(finding for finding in vanished if not looked(finding)),
        suppressed=len(silenced),
        blind=_blind(new, earlier),
    )


def identity(finding: Finding) -> str:
    """What a finding is known by in another run: its fingerprint, or its words where it has none."""
    if finding.fingerprint:
        return finding.fingerprint
    path = finding.location.path if finding.location else ""
    return f"{finding.scanner}\0{finding.rule}\0{path}\0{finding.message}"


def is_new(results: Results) -> Callable[[Finding], bool]:
    """Tells whether a finding is new; nothing is where nothing was compared."""
    known = frozenset(results.comparison.new) if results.comparison else frozenset[str]()
    return lambda finding: identity(finding) in known


def _apart(now: Sequence[Finding], then: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings that are only in `now`, and those that are only in `then`; as often as they are there."""
    left = Counter(map(identity, then))
    new: list[Finding] = []
    for finding in now:
        if left[identity(finding)]:
            left[identity(finding)] -= 1
        else:
            new.append(finding)
    gone: list[Finding] = []
    for finding in reversed(then):
        if left[identity(finding)]:
            left[identity(finding)] -= 1
            gone.append(finding)
    return new, gone[::-1]


def _without_renamed(new: list[Finding], gone: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The same lists without pairs that are one thing, told by another scanner than before."""
    by_path: dict[str | None, list[Finding]] = {}
    for finding in gone:
        by_path.setdefault(_path(finding), []).append(finding)
    really_new: list[Finding] = []
    for finding in new:
        candidates = by_path.get(_path(finding), [])
        same = next((at for at, other in enumerate(candidates) if _told_by_another(finding, other)), None)
        if same is None:
            really_new.append(finding)
        else:
            del candidates[same]
    return really_new, [finding for group in by_path.values() for finding in group]


def _path(finding: Finding) -> str | None:
    return finding.location.path if finding.location else None


def _told_by_another(first: Finding, second: Finding) -> bool:
    return first.scanner != second.scanner and (
        f"{first.scanner}:{first.rule}" in second.also_found_by
        or f"{second.scanner}:{second.rule}" in first.also_found_by
    )


def _looked_again(results: Results, earlier: Results) -> Callable[[Finding], bool]:
    """Tells whether a finding's scanner was, in this run, where it had found it."""
    scans: dict[str, list[ScanResult]] = {}
    for scan in results.scanners:
        scans.setdefault(scan.scanner, []).append(scan)
    gaps = {gap.scanner for gap in digest.gaps(results)}
    seen = {name: frozenset(path for scan in group for path in scan.seen) for name, group in scans.items()}
    unseen = {name: {item.name for scan in group for item in scan.unseen} for name, group in scans.items()}
    # A file that is not seen and no gap either was deleted, or somebody left it out of the scan.
    narrower = set(results.files.excluded) != set(earlier.files.excluded)

    def looked(finding: Finding) -> bool:
        name, path = finding.scanner, _path(finding)
        group = scans.get(name, [])
        if not group or any(scan.status in {ScanStatus.OFF, ScanStatus.ERROR} for scan in group):
            return False
        if path in seen[name] and path not in unseen[name] and finding.package is None:
            return True
        return name not in gaps and (path is None or path in seen[name] or not narrower)

    return looked


def _blind(new: Iterable[Finding], earlier: Results) -> tuple[str, ...]:
    """Scanners with new findings that had not seen everything, or nothing, in the earlier run."""
    off = {ScanStatus.OFF, ScanStatus.ERROR}
    saw = {scan.scanner for scan in earlier.scanners if scan.status not in off}
    saw -= {gap.scanner for gap in digest.gaps(earlier)}
    return tuple(dict.fromkeys(finding.scanner for finding in new if finding.scanner not in saw))


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))
