"""From settings to a plan: which scanners run, with what."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from uv import find_uv_bin

from mcpquality_scanners.base import Scanner, ToolProvider
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import Toolchain, default_cache
from pytest_mcpquality.config.settings import Settings, Source
from pytest_mcpquality.config.weakening import weakened
from pytest_mcpquality.orchestrator import Assignment, Plan


def plan_scan(settings: Settings, scanners: Sequence[Scanner], target: str) -> Plan:
    """The plan of a scan of `settings.root`, which the user called `target`."""
    reports = tuple(_own_reports(settings))
    return Plan(
        root=settings.root,
        target=target,
        assignments=tuple(_assignment(settings, scanner) for scanner in scanners),
        exclude=(*settings.exclude, *reports),
        fail_on=settings.fail_on,
        accepted=frozenset(settings.allow_incomplete),
        suppressions=tuple(entry.rule for entry in settings.suppressed),
        jobs=settings.jobs or os.cpu_count() or 1,
        offline=settings.offline,
        weakened=(*weakened(settings), *_unlooked_at(settings, reports)),
    )


def _assignment(settings: Settings, scanner: Scanner) -> Assignment:
    own = settings.scanners[scanner.name]
    return Assignment(scanner, own.options, own.timeout, off=own.off, asked=own.asked)


def _own_reports(settings: Settings) -> Iterator[str]:
    """The reports of this run as patterns: what the last run found is no new finding."""
    root = settings.root.resolve()
    for output in settings.outputs:
        path = output.path.resolve() if output.path is not None else root
        # A folder cannot be a report, and a wildcard cannot be told from the file's name: both would hide others.
        if path.is_relative_to(root) and not path.is_dir() and not {"*", "?"} & set(str(path)):
            yield f"/{path.relative_to(root).as_posix()}"


def _unlooked_at(settings: Settings, reports: Sequence[str]) -> list[str]:
    """What a configuration file takes out of the scan by calling it a report: it may be anything."""
    origin = settings.setting("format").origin
    there = [report for report in reports if (settings.root / report[1:]).exists()]
    if origin.source is not Source.FILE or not there:
        return []
    return [f"{', '.join(report[1:] for report in there)} not looked at as a report of this run, set by {origin.name}"]


def tools_for(settings: Settings, clock: Clock) -> Callable[[Callable[[str, str], None]], ToolProvider]:
    """What makes a provider of tools that reports long work to the caller."""

    def make(notify: Callable[[str, str], None]) -> Toolchain:
        return toolchain(settings, clock, notify)

    return make


def toolchain(settings: Settings, clock: Clock, notify: Callable[[str, str], None]) -> Toolchain:
    """The toolchain as the settings choose it."""
    return Toolchain(
        settings.cache_dir or default_cache(),
        SystemProcessRunner(clock),
        uv=_uv(),
        chosen=settings.tools,
        offline=settings.offline,
        notify=notify,
    )


def _uv() -> str:
    """The executable of uv; where its package lost it, the one on PATH. Needed only when a tool has to be installed."""
    try:
        return find_uv_bin()
    except FileNotFoundError:
        return "uv"
