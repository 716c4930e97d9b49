"""Which lock file holds in a run, and what it says after the servers were looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.health.definitions import Wire
from pytest_mcpquality.health.lock.document import FILE_NAME, load, locked
from pytest_mcpquality.health.observation import Observation


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock file of a run.

    Attributes:
        path: Where it is, or is to be written.
        name: What messages call it; empty when there is none and none is to be written.
        servers: What it holds.
        update: Whether it is to be written anew.
    """

    path: Path
    name: str = ""
    servers: Mapping[str, Wire] = field(default_factory=dict[str, Wire])
    update: bool = False


def find_lock(root: Path, given: Path | None, folders: Sequence[Path], *, update: bool) -> Lock:
    """The lock file: the one that was given, else the one beside the configuration.

    Args:
        root: The project's folder.
        given: The file that the user named.
        folders: Where the configuration files lie that servers are read from.
        update: Whether it is to be written anew.

    Raises:
        UsageError: It is not there though it was named, there are two, or it cannot be read.
    """
    if given is not None:
        path = given
    else:
        places = [folder / FILE_NAME for folder in dict.fromkeys((root, *folders))]
        there = [place for place in places if place.exists()] or places[:1]
        if len(there) > 1:
            listed = " and ".join(str(one) for one in there)
            raise UsageError(
                f"there are two lock files, {listed}: name one with --lock (under pytest --mcp-health-lock)"
            )
        path = there[0]
    if path.exists():
        return Lock(path, _name(path, root), load(path), update)
    if given is not None and not update:
        how = "write it with --update-lock (under pytest --mcp-health-update-lock)"
        raise UsageError(f"there is no lock file {path}: {how}, review it and commit it")
    return Lock(path, _name(path, root) if update else "", {}, update)


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def relocked(lock: Lock, observations: Iterable[Observation], names: Iterable[str]) -> dict[str, Wire]:
    """What the lock file is to hold.

    Servers that were seen whole are locked as they are now; of the others that are still configured stays what was
    locked; servers that are configured no more are dropped.

    Args:
        lock: The lock file as it was.
        observations: What was seen.
        names: All servers of the run, those that were not looked at too.
    """
    kept = {name: lock.servers[name] for name in names if name in lock.servers}
    now = {
        seen.server: locked(seen.definitions)
        for seen in observations
        if seen.failure is None and seen.definitions is not None
    }
    return kept | now
