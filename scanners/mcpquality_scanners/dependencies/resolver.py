"""Open requirements turned into exact versions by uv, for every platform, without running foreign code.

`uv pip compile --universal` keeps what markers would drop on this machine, but not what they drop for every
Python it considers; such requirements are resolved a second time without their markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from uv import find_uv_bin

from mcpquality_scanners.base import Completed, ProcessRunner
from mcpquality_scanners.dependencies.annotations import read_annotations
from mcpquality_scanners.dependencies.model import Origin, Pin, Reading, Wanted, scrub
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Command, Unseen
from mcpquality_scanners.text import last_lines


@dataclass(frozen=True, slots=True)
class _Found:
    """What uv resolved: exact versions, and which packages need which others."""

    pins: tuple[Pin, ...] = ()
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


@dataclass(frozen=True, slots=True)
class Resolver:
    """How uv is run.

    Attributes:
        processes: Runs it.
        scratch: A private folder for its input.
        offline: Only what uv has in its cache.
        build: Whether source distributions may be built to learn what they need, which runs their code.
        uv: Path of its executable; empty for the one that is installed with us.
    """

    processes: ProcessRunner
    scratch: Path
    offline: bool = False
    build: bool = False
    uv: str = ""

    async def resolve(self, reading: Reading, timeout: float) -> tuple[Reading, tuple[Command, ...]]:  # noqa: ASYNC109 - handed on to the runner
        """The reading with a pin for everything it asks for, directly or not; and what was started.

        The exact versions it states itself stay. What has no version after all is named as unseen with what
        the resolver said.
        """
        found, problem, commands = await self._compile(reading, reading.wanted, timeout)
        if problem:
            return _unresolved(reading, problem), commands
        left, pins = _unmet(reading.wanted, found.pins), found.pins
        edges = dict(found.edges)
        if left:
            bare = tuple(replace(wanted, requirement=_without_marker(wanted.requirement)) for wanted in left)
            more, problem, again = await self._compile(reading, bare, timeout)
            pins, commands = pins + more.pins, commands + again
            edges |= {name: edges.get(name, frozenset()) | needs for name, needs in more.edges.items()}
            left = _unmet(left, pins)
        reason = problem or "the resolver gave no version for it"
        note = f"{reading.manifest} does not pin everything: audited is what its requirements resolve to today."
        return replace(
            reading,
            pins=tuple(sorted({*reading.pins, *pins})),
            edges=edges,
            # What a compiled file says about itself does not hold for what is resolved today.
            roots=frozenset(),
            unseen=reading.unseen + tuple(_name(wanted, reason) for wanted in left),
            notes=(*reading.notes, note),
        ), commands

    async def _compile(
        self,
        reading: Reading,
        wanted: tuple[Wanted, ...],
        timeout: float,  # noqa: ASYNC109 - handed on to the runner
    ) -> tuple[_Found, str, tuple[Command, ...]]:
        """Run uv once: the pins, or what it said instead."""
        asked = self.scratch / "requirements.in"
        limits = self.scratch / "constraints.txt"
        asked.write_text(_lines(reading.indexes + tuple(str(item.requirement) for item in wanted)), encoding="utf-8")
        limits.write_text(_lines(reading.constraints), encoding="utf-8")
        try:
            completed = await self.processes.run(
                self._command(reading, asked, limits),
                cwd=self.scratch,
                timeout=timeout,
                env={"UV_NO_PROGRESS": "1"},
            )
        except ToolError as error:
            return _Found(), scrub(str(error)), ()
        pins = _pins(completed.stdout, reading, wanted)
        edges = read_annotations(completed.stdout.decode("utf-8", "replace")).edges
        return _Found(pins or (), edges), _problem(completed, pins), (completed.command,)

    def _command(self, reading: Reading, asked: Path, limits: Path) -> tuple[str, ...]:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        python = max(running, reading.python, key=lambda version: [int(part) for part in version.split(".") if part])
        command = [
            self.uv or find_uv_bin(),
            "pip",
            "compile",
            "--universal",
            "--quiet",
            "--no-header",
            "--annotation-style=line",
        ]
        command += ["--color", "never", "--python", sys.executable, "--python-version", python]
        command += [] if self.build else ["--no-build"]
        command += ["--offline"] if self.offline else []
        command += ["--prerelease", "allow"] if reading.prereleases else []
        return (*command, "--constraint", str(limits), str(asked))


def _lines(items: Iterable[str]) -> str:
    return "".join(f"{item}\n" for item in items)


def _without_marker(requirement: Requirement) -> Requirement:
    bare = Requirement(str(requirement))
    bare.marker = None
    return bare


def _unmet(wanted: Iterable[Wanted], pins: Iterable[Pin]) -> tuple[Wanted, ...]:
    held = tuple(pins)
    return tuple(item for item in wanted if not any(item.met_by(pin) for pin in held))


def _pins(output: bytes, reading: Reading, wanted: tuple[Wanted, ...]) -> tuple[Pin, ...] | None:
    """The exact versions uv printed, each at the place that asked for it; None for any other line."""
    places = {item.name: item.origin for item in reversed(wanted)}
    pins: list[Pin] = []
    for line in output.decode("utf-8", "replace").splitlines():
        if not line.strip() or line.lstrip().startswith(("#", "--")):
            continue
        try:
            pin = Wanted(Requirement(line.partition(" #")[0]), Origin(reading.manifest)).pin
        except InvalidRequirement:
            return None
        if pin is None:
            return None
        pins.append(replace(pin, origin=places.get(pin.name, pin.origin)))
    return tuple(pins)


def _problem(completed: Completed, pins: tuple[Pin, ...] | None) -> str:
    if completed.timed_out:
        return "the resolver (uv) did not finish in time"
    if completed.exit_code != 0:
        said = scrub(last_lines(completed.stderr, count=6, limit=400), 600)
        return f"the resolver (uv) failed: {said or f'it ended with {completed.exit_code} and said nothing'}"
    return "the resolver (uv) printed something else than exact versions" if pins is None else ""


def _unresolved(reading: Reading, problem: str) -> Reading:
    return replace(reading, unseen=(*reading.unseen, Unseen(reading.manifest, f"not pinned, and {problem}")))


def _name(wanted: Wanted, reason: str) -> Unseen:
    place = f"{wanted.origin.path}:{wanted.origin.line}" if wanted.origin.line else wanted.origin.path
    return Unseen(f"{place}: {scrub(str(wanted.requirement), 160)}", reason)
