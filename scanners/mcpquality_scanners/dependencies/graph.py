"""Who asks for a package: the project itself, or something that it depends on; and what it may be upgraded to."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from mcpquality_scanners.dependencies.locks import SCRIPT_LOCK
from mcpquality_scanners.dependencies.model import Origin, Pin, Reading, Wanted


class Graph:
    """What several manifests say together about how packages come into a project."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self._readings = tuple(readings)
        self._of: dict[Pin, Reading] = {}
        for reading in self._readings:
            for pin in reading.pins:
                self._of.setdefault(pin, reading)
        self._paths: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def path(self, pin: Pin) -> tuple[str, ...]:
        """The shortest way from what the project asks for down to a pinned package; empty when none is known."""
        reading = self._of.get(pin)
        if reading is None:
            return ()
        if reading.manifest not in self._paths:
            self._paths[reading.manifest] = shortest_paths(self._roots(reading), reading.edges)
        return self._paths[reading.manifest].get(pin.name, ())

    def ancestors(self, pin: Pin) -> frozenset[str] | None:
        """All packages through which something may come to a pinned one; None when that is not known."""
        reading = self._of.get(pin)
        if reading is None or not self.path(pin):
            return None
        above: set[str] = set()
        todo = {pin.name}
        while todo:
            todo = {name for name, needs in reading.edges.items() if needs & todo} - above
            above |= todo
        return frozenset(above - {pin.name})

    def limits(self, pin: Pin) -> tuple[Wanted, ...]:
        """The project's own requirements on a pinned package, the pin itself aside."""
        reading = self._of.get(pin)
        if reading is None:
            return ()
        stated = (item for item in (*self._around(reading), *reading.declared) if not _is_pin(item, pin, reading))
        return tuple(item for item in dict.fromkeys((*stated, *_constraints(reading))) if item.name == pin.name)

    def modules(self, name: str) -> frozenset[str]:
        """What a package is imported by, as far as an environment tells."""
        return frozenset(module for reading in self._readings for module in reading.modules.get(name, ()))

    def _roots(self, reading: Reading) -> frozenset[str]:
        around = {wanted.name for wanted in self._around(reading)}
        own = frozenset(reading.roots) if reading.roots else {wanted.name for wanted in reading.declared}
        return frozenset(around | own)

    def _around(self, reading: Reading) -> list[Wanted]:
        """What the projects state whose folders a reading is about."""
        if reading.manifest.endswith(SCRIPT_LOCK):
            script = reading.manifest.removesuffix(".lock")
            return [wanted for other in self._readings if other.manifest == script for wanted in other.declared]
        folders = set(reading.members) or {posixpath.dirname(reading.manifest)}
        return [
            wanted
            for other in self._readings
            if other is not reading and other.is_project and posixpath.dirname(other.manifest) in folders
            for wanted in other.declared
        ]


def shortest_paths(roots: Iterable[str], edges: Mapping[str, frozenset[str]]) -> Mapping[str, tuple[str, ...]]:
    """The shortest path from one of the roots to every package that can be reached; of equal ones the first by name."""
    found: dict[str, tuple[str, ...]] = {root: (root,) for root in sorted(roots)}
    front = list(found)
    while front:
        further: list[str] = []
        for name in front:
            for need in sorted(edges.get(name, ())):
                if need not in found:
                    found[need] = (*found[name], need)
                    further.append(need)
        front = further
    return found


def allows(limits: Sequence[Wanted], version: str) -> bool | None:
    """Whether all of these requirements allow a version; None when there are none."""
    if not limits:
        return None
    return all(limit.requirement.specifier.contains(Version(version), prereleases=True) for limit in limits)


def _is_pin(wanted: Wanted, pin: Pin, reading: Reading) -> bool:
    # The line of a requirements file that fixes the version is what an upgrade changes.
    return reading.complete and wanted.origin == pin.origin and wanted.pin is not None


def _constraints(reading: Reading) -> Iterable[Wanted]:
    for text in reading.constraints:
        try:
            yield Wanted(Requirement(text), Origin(reading.manifest))
        except InvalidRequirement:
            continue  # was read before, and is named there
