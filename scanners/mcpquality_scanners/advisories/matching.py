"""Which advisories concern a version: OSV's evaluation over PEP 440, as pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name
from packaging.version import Version

from mcpquality_scanners.advisories.records import Advisory, Affected, Event, as_version


def affects(advisory: Advisory, package: str, version: Version) -> bool:
    """Whether an advisory that was not withdrawn is about that version of a package (PEP 503 name).

    A local version (`2.1.0+cu118`) counts as the release it was built from.
    """
    public = Version(version.public)
    return not advisory.withdrawn and any(
        affected.package == package
        and (_listed(public, affected) or any(within(public, events) for events in affected.ranges))
        for affected in advisory.affected
    )


def _listed(version: Version, affected: Affected) -> bool:
    # No installed version can equal what PEP 440 does not take for one; old records list such versions.
    return str(version) in affected.versions or any(as_version(text) == version for text in affected.versions)


def within(version: Version, events: Iterable[Event]) -> bool:
    """Whether a version lies in a range: the last event at or before it decides. Events come in order."""
    inside = False
    for event in events:
        if event.kind == "introduced" and (event.version is None or version >= event.version):
            inside = True
        elif (event.kind == "fixed" and event.version is not None and version >= event.version) or (
            event.kind == "last_affected" and event.version is not None and version > event.version
        ):
            inside = False
    return inside


def fixes(affected: Iterable[Affected]) -> tuple[Version, ...]:
    """All versions that end a range, lowest first."""
    found = {
        event.version
        for item in affected
        for events in item.ranges
        for event in events
        if event.kind == "fixed" and event.version is not None
    }
    return tuple(sorted(found))


def family(advisory: Advisory, others: Iterable[Advisory]) -> frozenset[str]:
    """All ids of the thing an advisory is about: its own, and those of others that share one, however far."""
    ids, rest = advisory.ids, list(others)
    while related := [item for item in rest if item.ids & ids]:
        ids = ids.union(*(item.ids for item in related))
        rest = [item for item in rest if item not in related]
    return ids


class Index:
    """Advisories by the packages they are about."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        by_package: dict[str, list[Advisory]] = {}
        self._by_id: dict[str, Advisory] = {}
        every: list[Advisory] = []
        for advisory in advisories:
            self._by_id.setdefault(advisory.id, advisory)
            every.append(advisory)
            for package in advisory.packages:
                by_package.setdefault(package, []).append(advisory)
        self._every = tuple(every)
        self._by_package: Mapping[str, list[Advisory]] = by_package

    def __iter__(self) -> Iterator[Advisory]:
        """All of them."""
        return iter(self._every)

    def get(self, identifier: str) -> Advisory | None:
        """The advisory of that id; aliases are not looked at."""
        return self._by_id.get(identifier)

    def fixes(self, package: str) -> tuple[Version, ...]:
        """All versions of a package (PEP 503 name) that end a range of any advisory, lowest first."""
        found = self._by_package.get(package, ())
        return fixes(item for advisory in found for item in advisory.affected if item.package == package)

    def matching(self, package: str, version: str) -> tuple[Advisory, ...]:
        """The advisories about that version, sorted by id.

        Args:
            package: The package's name in any spelling.
            version: A version by PEP 440.

        Raises:
            packaging.version.InvalidVersion: `version` is none.
        """
        name, parsed = canonicalize_name(package), Version(version)
        found = [item for item in self._by_package.get(name, ()) if affects(item, name, parsed)]
        return tuple(sorted(found, key=lambda item: item.id))
