"""Known vulnerabilities in what a project depends on, found by pip-audit.

We hand it exact versions and a canary, never a manifest: it drops in silence what it cannot read. Every
version that it did not prove to have looked up is named as not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.version import Version

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.dependencies import Pin, Reading, scrub
from mcpquality_scanners.findings import Category, Finding, ScanResult, ScanStatus, Unseen
from mcpquality_scanners.globs import matches
from mcpquality_scanners.options import Option, OptionKind
from mcpquality_scanners.pip_audit.audit import Audit, audit
from mcpquality_scanners.pip_audit.gather import Gathered, gather, strings
from mcpquality_scanners.pip_audit.output import Query
from mcpquality_scanners.pip_audit.report import explain, to_findings

_NAMED = 10
"""Dependencies that a problem's text names; the list of what was not seen has all."""

_ADVICE = "Set `advisories` to a folder of OSV records, or scan where api.osv.dev or pypi.org can be reached."


NAME = "pip-audit"


class PipAuditScanner:
    """Audits the exact versions of every manifest with pip-audit."""

    name = NAME
    title = "Known vulnerabilities in Python dependencies"
    category = Category.DEPENDENCY
    weight = 2
    options = (
        Option("manifests", OptionKind.LIST, (), "globs of the files to audit, instead of those with usual names"),
        Option("groups", OptionKind.LIST, ("*",), "extras and dependency groups of pyproject.toml; * for all"),
        Option("environment", OptionKind.TEXT, "", "an interpreter or virtual environment to audit as well"),
        Option(
            "resolve",
            OptionKind.CHOICE,
            "unpinned",
            "which requirements files to resolve: those that leave versions open, or always",
            choices=("unpinned", "always"),
        ),
        Option(
            "build",
            OptionKind.FLAG,
            False,
            "let the resolver build source distributions, which runs their code",
        ),
        Option(
            "service",
            OptionKind.CHOICE,
            "auto",
            "where advisories come from; auto asks osv, then pypi",
            choices=("auto", "osv", "pypi"),
        ),
        Option("advisories", OptionKind.TEXT, "", "a folder of OSV records in JSON to use instead of a service"),
    )

    def __init__(self, *, clock: Clock | None = None, osv_url: str = "") -> None:
        """Create the scanner; `osv_url` is the query address of a service that answers as OSV does."""
        self._clock = clock or SystemClock()
        self._osv_url = osv_url

    def explain(self, rule: str) -> str | None:
        """Help about an advisory."""
        return explain(rule)

    async def scan(self, context: ScanContext) -> ScanResult:
        """Audit every manifest among the files.

        Raises:
            ToolNotInstalledError: pip-audit cannot be had.
        """
        end = self._clock.monotonic() + context.timeout

        def remaining() -> float:
            return max(1.0, end - self._clock.monotonic())

        context.progress("reading manifests")
        gathered = await gather(context, remaining)
        if not gathered.readings:
            return self._nothing(context)
        pins = _by_query(gathered.readings)
        context.progress(f"auditing {len(pins)} versions")
        looked = await audit(context, tuple(pins), remaining, self._osv_url) if pins else Audit()
        return _result(context, gathered, pins, looked)

    @staticmethod
    def _nothing(context: ScanContext) -> ScanResult:
        if strings(context, "manifests"):
            problem = "none of the files is named by the option `manifests`: correct its globs."
            return ScanResult(NAME, ScanStatus.INCOMPLETE, problems=(problem,))
        what = "there is no requirements file, pyproject.toml or lock file, and no `environment` is set"
        if context.asked:
            return ScanResult(NAME, ScanStatus.INCOMPLETE, problems=(f"asked for by name, but {what}.",))
        return ScanResult(NAME, ScanStatus.NOT_APPLICABLE, notes=(f"{what.capitalize()}.",))


def _result(
    context: ScanContext, gathered: Gathered, pins: Mapping[Query, tuple[Pin, ...]], looked: Audit
) -> ScanResult:
    """Everything there is to say: complete only when nothing is unseen and there is no problem."""
    readings, outcome = gathered.readings, looked.outcome
    failed = [
        Unseen(f"{_manifest(pin, readings)}: {pin.name} {pin.version}", reason)
        for query, reason in outcome.failed.items()
        for pin in pins[query]
    ]
    unseen = {*(item for reading in readings for item in reading.unseen), *failed, *looked.unseen}
    problems = (*_unused_globs(context, readings), *_unaudited(outcome.failed))
    return ScanResult(
        scanner=NAME,
        status=ScanStatus.INCOMPLETE if unseen or problems else ScanStatus.COMPLETE,
        findings=_findings(pins, looked),
        seen=_seen(context, readings, {pin for query in outcome.failed for pin in pins[query]}),
        unseen=tuple(sorted(unseen)),
        problems=problems,
        notes=tuple(note for reading in readings for note in _notes(reading)) + looked.notes,
        version=looked.version,
        commands=gathered.commands + outcome.commands,
    )


def _findings(pins: Mapping[Query, tuple[Pin, ...]], looked: Audit) -> tuple[Finding, ...]:
    return tuple(
        finding
        for query, vulnerabilities in looked.outcome.audited.items()
        for finding in to_findings(NAME, pins[query], vulnerabilities, looked.index.matching(query.name, query.version))
    )


def _by_query(readings: Iterable[Reading]) -> dict[Query, tuple[Pin, ...]]:
    """Every exact version once, with all its places; a local version is asked about as its release."""
    found: dict[Query, set[Pin]] = {}
    for reading in readings:
        for pin in reading.pins:
            found.setdefault(Query(pin.name, Version(pin.version).public), set()).add(pin)
    return {query: tuple(sorted(found[query])) for query in sorted(found)}


def _manifest(pin: Pin, readings: Iterable[Reading]) -> str:
    """The manifest a pin stands in, or the environment it is installed in."""
    return pin.origin.path or next(reading.manifest for reading in readings if pin in reading.pins)


def _seen(context: ScanContext, readings: Iterable[Reading], failed: set[Pin]) -> tuple[str, ...]:
    """The manifests that were read and whose versions were all looked up."""
    listed = set(context.files)
    seen: set[str] = set()
    lost: set[str] = {pin.origin.path for pin in failed}
    for reading in readings:
        whole = not failed.intersection(reading.pins)
        (seen if whole else lost).add(reading.manifest)
        seen.update(reading.files)
        lost.update(item.name for item in reading.unseen)
    return tuple(sorted((seen & listed) - lost))


def _notes(reading: Reading) -> tuple[str, ...]:
    says = reading.pins or reading.wanted or reading.unseen or reading.undeclared or reading.files or reading.notes
    return reading.notes if says else (f"{reading.manifest} asks for nothing.",)


def _unused_globs(context: ScanContext, readings: Iterable[Reading]) -> tuple[str, ...]:
    paths = [reading.manifest for reading in readings]
    globs = strings(context, "manifests")
    return tuple(
        f"the option `manifests` names {scrub(glob, 80)!r}, which no file matches: correct it."
        for glob in globs
        if not any(matches(path, glob) for path in paths)
    )


def _unaudited(failed: Mapping[Query, str]) -> tuple[str, ...]:
    """One problem for each reason why versions were not audited, with the first few of them."""
    by_reason: dict[str, list[Query]] = {}
    for query, reason in failed.items():
        by_reason.setdefault(reason, []).append(query)
    return tuple(_problem(reason, queries) for reason, queries in by_reason.items())


def _problem(reason: str, queries: list[Query]) -> str:
    names = ", ".join(str(query) for query in queries[:_NAMED])
    more = f" and {len(queries) - _NAMED} more" if len(queries) > _NAMED else ""
    noun = "dependency was" if len(queries) == 1 else "dependencies were"
    return f"{len(queries)} {noun} not audited ({names}{more}): {reason}. {_ADVICE}"
