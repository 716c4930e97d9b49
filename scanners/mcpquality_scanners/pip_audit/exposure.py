"""How exposed a project is to a vulnerable package: how it comes in, whether it is imported, what is exploited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from mcpquality_scanners.advisories import AdvisoriesError, Index
from mcpquality_scanners.advisories.exploitation import Exploitation, parse_epss, parse_kev, read_list
from mcpquality_scanners.dependencies import Graph, Imports, Pin, Wanted, allows, scrub
from mcpquality_scanners.findings import Package, Reach


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is known about the project around its pins.

    Attributes:
        graph: Who asks for what.
        imports: What the code imports.
        exploitation: What EPSS and KEV say.
        index: The records at hand about the packages.
    """

    graph: Graph
    imports: Imports
    exploitation: Exploitation
    index: Index

    def package(self, pin: Pin, fixed: tuple[str, ...], upgrade: str, ids: frozenset[str]) -> Package:
        """A pin as findings have it, for the finding of these ids."""
        return Package(
            name=pin.name,
            installed=pin.version,
            fixed=fixed,
            upgrade=upgrade,
            upgrade_allowed=allows(self.graph.limits(pin), upgrade) if upgrade else None,
            dependency_path=self.graph.path(pin),
            reach=self._reach(pin),
            epss=self.exploitation.probability(ids),
            known_exploited=self.exploitation.is_known(ids),
        )

    def obstacles(self, pin: Pin, upgrade: str) -> tuple[Wanted, ...]:
        """The project's own requirements that do not allow the upgrade."""
        return tuple(limit for limit in self.graph.limits(pin) if upgrade and allows((limit,), upgrade) is False)

    def upgrade(self, pin: Pin, fixes: Sequence[tuple[str, ...]]) -> str:
        """The lowest version that fixes all of these and has nothing else that is known; empty when there is none."""
        return lowest_upgrade(pin.name, fixes, self.index)

    def _reach(self, pin: Pin) -> Reach:
        if self._mentions(pin.name):
            return Reach.IMPORTED
        above = self.graph.ancestors(pin)
        if above is not None and any(map(self._mentions, above)):
            return Reach.INDIRECT
        return Reach.NOT_IMPORTED if above is not None and self.imports.complete else Reach.UNKNOWN

    def _mentions(self, name: str) -> bool:
        return self.imports.mentions(name, self.graph.modules(name))


def lowest_upgrade(name: str, fixes: Sequence[tuple[str, ...]], index: Index) -> str:
    """The lowest fixed version that is free of all there is; `fixes` has one list for each vulnerability.

    A later one may be needed than any of these: the index knows what came up since.

    >>> lowest_upgrade("a", [("1.2", "2.1"), ("2.0",)], Index(()))
    '2.0'
    """
    candidates = {Version(version) for listed in fixes for version in listed}
    for candidate in sorted(candidates.union(index.fixes(name))):
        enough = all(any(candidate >= Version(version) for version in listed) for listed in fixes)
        if enough and not index.matching(name, str(candidate)):
            return str(candidate)
    return ""


def read_exploitation(
    epss: str, kev: str, root: Path, ids: Iterable[str], *, offline: bool
) -> tuple[Exploitation, tuple[str, ...]]:
    """What the lists that the options name say about these ids, and a problem for each that cannot be read."""
    wanted = frozenset(ids)
    problems: list[str] = []
    probabilities: dict[str, float] = {}
    known: frozenset[str] = frozenset()
    try:
        probabilities = dict(parse_epss(read_list(epss, root, offline=offline), wanted)) if epss else {}
    except AdvisoriesError as error:
        problems.append(f"`epss` is set and of no use: {scrub(str(error))}.")
    try:
        known = parse_kev(read_list(kev, root, offline=offline)) if kev else frozenset()
    except AdvisoriesError as error:
        problems.append(f"`kev` is set and of no use: {scrub(str(error))}.")
    return Exploitation(probabilities, known), tuple(problems)
