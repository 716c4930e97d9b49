"""Findings of several scanners that mean the same thing in the same place become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mcpquality_scanners.findings import Category, Finding


def merge_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding for each thing that is wrong, worst first; `also_found_by` names the others.

    Two findings of different scanners are the same when they are about one line and a weakness (CWE) they share, are
    secrets in one line, or name one advisory of one package. What is suppressed and what is not stay apart: a
    comment for one tool says nothing about the other's finding.
    """
    places: dict[object, list[Finding]] = {}
    for finding in sorted(findings, key=_order):
        places.setdefault(_place(finding), []).append(finding)
    kept = [finding for together in places.values() for finding in _merged(together)]
    return tuple(sorted(kept, key=_order))


def _order(finding: Finding) -> tuple[object, ...]:
    # Two that agree in all that orders them may still differ: the order they came in must not decide.
    return (finding.sort_key, finding.fingerprint, repr(finding))


def _merged(findings: list[Finding]) -> list[Finding]:
    """The findings of one place, worst first, each absorbing those after it that mean the same."""
    kept: list[Finding] = []
    for finding in findings:
        same = next((index for index, other in enumerate(kept) if _is_same(other, finding)), None)
        if same is None:
            kept.append(finding)
        else:
            kept[same] = _absorb(kept[same], finding)
    # What was absorbed may tie two together that had nothing in common before.
    return kept if len(kept) == len(findings) else _merged(kept)


def _place(finding: Finding) -> tuple[object, ...]:
    location = finding.location
    line = location.region.start_line if location and location.region else 0
    suppressed = finding.suppression is not None
    if finding.package is not None:
        package = (finding.package.name, finding.package.installed)
        return (suppressed, finding.category, location.path if location else "", package)
    return (suppressed, finding.category, location.path if location else "", line)


def _is_same(first: Finding, second: Finding) -> bool:
    if first.package is not None:
        return bool({first.rule, *first.aliases} & {second.rule, *second.aliases})
    if first.scanner == second.scanner or _place(first)[-1] == 0:
        return False
    if first.category is Category.SECRET:
        return True
    return bool(set(first.cwe) & set(second.cwe))


def _absorb(first: Finding, second: Finding) -> Finding:
    others = {*first.also_found_by, f"{second.scanner}:{second.rule}", *second.also_found_by}
    others.discard(f"{first.scanner}:{first.rule}")
    return replace(
        first,
        also_found_by=tuple(sorted(others)),
        fix=first.fix or second.fix,
        cwe=tuple(sorted({*first.cwe, *second.cwe})),
        references=tuple(dict.fromkeys((*first.references, *second.references))),
        aliases=tuple(sorted({*first.aliases, *second.aliases})),
    )
