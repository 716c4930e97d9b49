"""From what was seen of a server to what is wrong with it: all checks, and one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from mcpquality_scanners.findings import (
    Category,
    Finding,
    ScanResult,
    ScanStatus,
    Suppression,
    SuppressionKind,
    Unseen,
)
from mcpquality_scanners.text import one_line
from pytest_mcpquality.health.check import Check, Group, Hit, Outcome
from pytest_mcpquality.health.definitions import Definitions, text
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.settings import HealthSettings

SCANNER = "mcp"
"""What the names of the results start with: `mcp:<server>`."""

_NOT_THAT_FAR = "it did not get that far"
_COUNTED = (("tool", "tools"), ("resource", "resources"), ("template", "templates"), ("prompt", "prompts"))


def scanner_of(server: str) -> str:
    """The name of a server's result."""
    return f"{SCANNER}:{one_line(server)}"


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking at one server came to.

    Attributes:
        observation: What was seen.
        problems: Why it was not looked at, or not to the end, for reasons that are not the server's.
        seconds: How long it took.
    """

    observation: Observation
    problems: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class _Found:
    hits: list[Hit] = field(default_factory=list[Hit])
    unseen: list[Unseen] = field(default_factory=list[Unseen])
    problems: list[str] = field(default_factory=list[str])


def result_of(
    looked: Looked, checks: Sequence[Check[Observation]], settings: HealthSettings, today: date
) -> ScanResult:
    """Everything there is to say of one server."""
    seen = looked.observation
    found = _Found(problems=list(looked.problems))
    for check in checks:
        if _applies(check, looked, settings):
            _run(check, seen, found)
    found.unseen += _nothing(seen)
    hits = [hit for hit in found.hits if not settings.skips(hit.rule.id)]
    return ScanResult(
        scanner_of(seen.server),
        ScanStatus.COMPLETE,
        findings=tuple(_finding(hit, seen.server, settings, today) for hit in hits),
        seen=_seen(seen.definitions),
        unseen=_unseen(found.unseen, hits, seen),
        problems=tuple(found.problems),
        notes=_notes(seen.definitions),
        version=text(seen.definitions.info, "version") if seen.definitions else "",
        seconds=looked.seconds,
    )


def _applies(check: Check[Observation], looked: Looked, settings: HealthSettings) -> bool:
    """Of a server that was not to be looked at, only its configuration can be."""
    if looked.problems and looked.observation.first is None and looked.observation.failure is None:
        return all(rule.group is Group.CONFIGURATION for rule in check.rules)
    return not all(settings.skips(rule.id) for rule in check.rules)


def _run(check: Check[Observation], seen: Observation, found: _Found) -> None:
    try:
        outcome = check.look(seen)
    # A check may break on what a server sends, and a third party's on anything: it must not cost the others.
    except Exception as error:  # noqa: BLE001
        name = check.rules[0].id
        found.problems.append(f"the check {name} broke off with {type(error).__name__}: {error}. This is a bug in it.")
        outcome = Outcome()
    found.hits += outcome.hits
    found.unseen += outcome.unseen


def _finding(hit: Hit, server: str, settings: HealthSettings, today: date) -> Finding:
    finding = Finding(
        scanner_of(server),
        hit.rule.id,
        hit.weight,
        hit.message,
        title=hit.rule.title,
        category=Category.MCP,
        cwe=hit.rule.cwe,
        references=hit.rule.references,
        fix=hit.rule.fix,
        subject=hit.subject,
    )
    allowed = next((one for one in settings.allowed if one.covers(hit.rule.id, hit.subject, today)), None)
    if allowed is None:
        return finding
    reason = f"{allowed.reason} (until {allowed.expires})"
    return replace(finding, suppression=Suppression(SuppressionKind.CONFIG, reason))


def _nothing(seen: Observation) -> list[Unseen]:
    """A server that offers nothing was not checked: often a key is missing, without which it hides its tools."""
    if seen.definitions is None or seen.failure is not None or any(seen.definitions.listed()):
        return []
    reason = "it lists no tools, resources or prompts, so there was nothing to check"
    return [Unseen(f"{seen.server}: what it offers", reason)]


def _seen(definitions: Definitions | None) -> tuple[str, ...]:
    if definitions is None:
        return ()
    return ("server", *dict.fromkeys(f"{kind} {name}" for kind, name, _ in definitions.listed()))


def _unseen(unseen: Sequence[Unseen], hits: Sequence[Hit], seen: Observation) -> tuple[Unseen, ...]:
    """What was not seen; the cause is said once, by its finding where there is one."""
    failure = seen.failure.text if seen.failure is not None else ""
    told = any(failure in hit.message for hit in hits)
    reason = _NOT_THAT_FAR if told else failure
    if failure and seen.first is None:
        others = [one for one in unseen if one.reason != failure]
        return tuple(dict.fromkeys((Unseen(f"{seen.server}: all else", reason), *others)))
    return tuple(dict.fromkeys(replace(one, reason=reason) if one.reason == failure else one for one in unseen))


def _notes(definitions: Definitions | None) -> tuple[str, ...]:
    if definitions is None:
        return ()
    kinds = [kind for kind, _, _ in definitions.listed()]
    counts = [f"{kinds.count(one)} {one if kinds.count(one) == 1 else many}" for one, many in _COUNTED if one in kinds]
    return (f"protocol {definitions.protocol}: {', '.join(counts) or 'lists nothing'}",)
