"""What counts, what fails, and the verdict: pure functions from results to an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fnmatch import fnmatchcase

from mcpquality_scanners.findings import (
    Comparison,
    Finding,
    Measure,
    ScanResult,
    ScanStatus,
    Severity,
    Suppression,
    SuppressionKind,
)
from mcpquality_scanners.globs import matches
from mcpquality_scanners.results import Gate, GateStatus, Verdict
from mcpquality_scanners.text import one_line

_NOT_MEASURED = "not measured"
_NO_VALUE = "-"
_DETAIL_LENGTH = 160  # characters of a reason beside its gate
NOTHING_SEEN = "Incomplete: nothing was looked at, so nothing can be said."

_LARGEST_CUT = 1e9  # figures beyond it have no use for decimals
_MOST_DECIMALS = 17  # as many as tell any two figures of that size apart


@dataclass(frozen=True, slots=True)
class SuppressionRule:
    """An entry of `[[tool.mcpquality.suppress]]`: findings that do not count, and why.

    `rule` and `scanner` are patterns as of `fnmatch`, `path` one as of `globs`; an empty one matches all. From
    the day after `expires` on, it has no effect.
    """

    rule: str
    reason: str
    path: str = ""
    scanner: str = ""
    expires: date | None = None

    def covers(self, finding: Finding, today: date) -> bool:
        """Whether the finding is meant and the rule still holds."""
        if self.expires is not None and today > self.expires:
            return False
        path = finding.location.path if finding.location else ""
        names = (finding.rule, *finding.aliases)
        return (
            any(fnmatchcase(name, self.rule or "*") for name in names)
            and fnmatchcase(finding.scanner, self.scanner or "*")
            and (not self.path or matches(path, self.path))
        )


def suppress(findings: Iterable[Finding], rules: Sequence[SuppressionRule], today: date) -> tuple[Finding, ...]:
    """The findings, those that a rule covers marked with its reason; one suppressed already keeps its own."""
    return tuple(_suppressed(finding, rules, today) for finding in findings)


def _suppressed(finding: Finding, rules: Sequence[SuppressionRule], today: date) -> Finding:
    if finding.suppression is not None:
        return finding
    rule = next((rule for rule in rules if rule.covers(finding, today)), None)
    if rule is None:
        return finding
    return replace(finding, suppression=Suppression(SuppressionKind.CONFIG, rule.reason))


def checked(result: ScanResult) -> ScanResult:
    """The result with a status that its own figures bear out.

    "Complete" is believed only of one who saw something, and nobody who names a problem or what was not seen is
    believed to have had nothing to do.
    """
    if result.status is not ScanStatus.ERROR and (result.unseen or result.problems):
        return replace(result, status=ScanStatus.INCOMPLETE)
    if result.status is ScanStatus.COMPLETE and not result.seen and not result.measures:
        problem = "ended without an error, but looked at nothing"
        return replace(result, status=ScanStatus.INCOMPLETE, problems=(problem,))
    return result


def judge(
    results: Sequence[ScanResult], findings: Sequence[Finding], fail_on: Severity, accepted: Collection[str]
) -> tuple[Gate, ...]:
    """One gate for each scanner, or for each figure it measured; each finding counts in one at least.

    Args:
        results: Of all scanners, `checked`.
        findings: Those that count, before they are merged: a gate is about what its own scanner says.
        fail_on: A finding at or over it fails its scanner's gate.
        accepted: Names of scanners that may be incomplete.
    """
    gates: list[Gate] = []
    for result in (*results, *_strangers(results, findings)):
        found = _findings_gate(result, findings, fail_on, accepted)
        gates += _measure_gates(result, accepted)
        if not result.measures or found.status is GateStatus.FAILED:
            gates.append(found)
    return tuple(gates)


def _strangers(results: Sequence[ScanResult], findings: Sequence[Finding]) -> list[ScanResult]:
    """A result for each scanner that findings name and that has none: they would count nowhere."""
    strange = {finding.scanner for finding in findings} - {result.scanner for result in results}
    problem = "found something, but is no scanner of this run"
    return [ScanResult(name, ScanStatus.INCOMPLETE, problems=(problem,)) for name in sorted(strange)]


def _findings_gate(
    result: ScanResult, findings: Sequence[Finding], fail_on: Severity, accepted: Collection[str]
) -> Gate:
    own = [finding for finding in findings if finding.scanner == result.scanner]
    count = sum(finding.severity.rank >= fail_on.rank for finding in own)
    status = GateStatus.FAILED if count else _completeness(result, accepted)
    return Gate(
        name=result.scanner,
        scanner=result.scanner,
        status=status,
        value=f"{count} at or over {fail_on.value}" if result.seen or count else _NO_VALUE,
        limit=f"0 at or over {fail_on.value}",
        detail=_detail(result),
    )


def _completeness(result: ScanResult, accepted: Collection[str]) -> GateStatus:
    match result.status:
        case ScanStatus.COMPLETE:
            return GateStatus.PASSED
        case ScanStatus.OFF:
            return GateStatus.OFF
        case ScanStatus.NOT_APPLICABLE:
            return GateStatus.NOT_APPLICABLE
        case ScanStatus.INCOMPLETE | ScanStatus.ERROR:
            return GateStatus.ACCEPTED if result.scanner in accepted else GateStatus.INCOMPLETE


def _measure_gates(result: ScanResult, accepted: Collection[str]) -> list[Gate]:
    gates = [_measure_gate(result, measure, accepted) for measure in result.measures]
    # What keeps all of them from being measured is said once.
    first = next((number for number, gate in enumerate(gates) if gate.value == _NOT_MEASURED), None)
    if first is not None:
        gates[first] = replace(gates[first], detail=_detail(result))
    whole = _completeness(result, accepted)
    if gates and whole is not GateStatus.PASSED and all(gate.status is not whole for gate in gates):
        gates.append(Gate(result.scanner, result.scanner, whole, _NO_VALUE, "everything measured", _detail(result)))
    return gates


def _measure_gate(result: ScanResult, measure: Measure, accepted: Collection[str]) -> Gate:
    value = _NOT_MEASURED if measure.value is None else f"{_figure(measure, measure.value)} {measure.unit}"
    limit = f"{measure.comparison.value} {measure.limit:.15g} {measure.unit}".rstrip()
    if measure.holds is None:
        status = GateStatus.ACCEPTED if result.scanner in accepted else GateStatus.INCOMPLETE
    else:
        status = GateStatus.PASSED if measure.holds else GateStatus.FAILED
    return Gate(measure.name, result.scanner, status, value.rstrip(), limit)


def _figure(measure: Measure, value: float) -> str:
    """The figure cut off on its bad side: 79.96 must not read as the 80 it does not reach.

    One decimal, and more where that many are needed to tell on which side of the limit it is.
    """
    if not abs(value) < _LARGEST_CUT:
        return f"{value:g}"
    exact = Decimal(str(value))
    rounding = ROUND_FLOOR if measure.comparison is Comparison.AT_LEAST else ROUND_CEILING
    cuts = (exact.quantize(Decimal(1).scaleb(-digits), rounding) for digits in range(1, _MOST_DECIMALS + 1))
    telling = (cut for cut in cuts if replace(measure, value=float(cut)).holds is measure.holds)
    return f"{next(telling, exact):f}"


def _detail(result: ScanResult) -> str:
    """Why a scanner is not complete, in a few words; the whole of it stands with the scanner."""
    parts = [one_line(problem, _DETAIL_LENGTH) for problem in result.problems]
    if result.unseen:
        first, reason = result.unseen[0], one_line(result.unseen[0].reason, _DETAIL_LENGTH)
        parts.append(f"{len(result.unseen)} not looked at, such as {first.name} ({reason})")
    if not parts and result.status in {ScanStatus.OFF, ScanStatus.NOT_APPLICABLE}:
        parts += result.notes
    return "; ".join(parts)


def verdict(gates: Sequence[Gate], *, interrupted: bool = False) -> Verdict:
    """The answer: failed beats incomplete; where no gate looked at anything, or the run was cut short, never green."""
    statuses = {gate.status for gate in gates}
    if GateStatus.FAILED in statuses:
        return Verdict.FAILED
    if interrupted or GateStatus.INCOMPLETE in statuses or not any(map(_looked, gates)):
        return Verdict.INCOMPLETE
    return Verdict.PASSED


def _looked(gate: Gate) -> bool:
    """Whether the gate is open because of something that was seen, and be it not all there was to see."""
    if gate.status is GateStatus.ACCEPTED:
        return gate.value not in {_NO_VALUE, _NOT_MEASURED}
    return gate.status is GateStatus.PASSED


def headline(answer: Verdict, gates: Sequence[Gate], *, interrupted: bool = False) -> str:
    """The verdict as a sentence."""
    return ("Interrupted. " if interrupted else "") + _sentence(answer, gates)


def _sentence(answer: Verdict, gates: Sequence[Gate]) -> str:
    counting = [gate for gate in gates if gate.status not in {GateStatus.OFF, GateStatus.NOT_APPLICABLE}]
    statuses = {gate.status for gate in counting}
    match answer:
        case Verdict.FAILED:
            failed = [gate for gate in counting if gate.status is GateStatus.FAILED]
            named = ", ".join(f"{gate.name} ({gate.value})" for gate in failed)
            return f"Failed: {len(failed)} of {len(counting)} gates failed: {named}.{_also_incomplete(counting)}"
        case Verdict.INCOMPLETE:
            names = _named(counting, GateStatus.INCOMPLETE)
            if names:
                return f"Incomplete: nothing failed, but {names} did not see everything."
            return NOTHING_SEEN if GateStatus.PASSED not in statuses else "Incomplete: nothing failed so far."
        case Verdict.PASSED:
            passed = sum(gate.status is GateStatus.PASSED for gate in counting)
            names = _named(counting, GateStatus.ACCEPTED)
            accepted = f" Accepted as incomplete: {names}." if names else ""
            return f"Passed: {passed} of {len(counting)} gates passed.{accepted}"


def _also_incomplete(gates: Sequence[Gate]) -> str:
    # A gate that failed has a detail when its scanner did not see everything either.
    partly = [gate for gate in gates if gate.detail and gate.status is GateStatus.FAILED]
    names = _names([gate for gate in gates if gate.status is GateStatus.INCOMPLETE or gate in partly])
    return f" Not everything was seen: {names}." if names else ""


def _named(gates: Sequence[Gate], status: GateStatus) -> str:
    return _names([gate for gate in gates if gate.status is status])


def _names(gates: Iterable[Gate]) -> str:
    return ", ".join(dict.fromkeys(gate.name for gate in gates))
