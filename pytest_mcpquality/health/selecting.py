"""Which servers a run is about: those that are configured, or those that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_mcpquality.config.loading import complain
from pytest_mcpquality.health.settings import HealthSettings
from pytest_mcpquality.mcp.server_entry import ServerEntry
from pytest_mcpquality.mcp.servers import Servers
from pytest_mcpquality.mcp.specs import HttpServer, ServerSpec, StdioServer
from pytest_mcpquality.mcp.targets import find_target


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server of the run.

    Attributes:
        name: Told apart from all others.
        spec: What to connect to; None when its table is wrong.
        entry: Its table in a configuration file; None when it is from no file.
        off: Why it is not looked at, as the end of a sentence; empty when it is.
        missing: Sentences on variables without a value, for which it cannot be looked at.
    """

    name: str
    spec: ServerSpec | None = None
    entry: ServerEntry | None = None
    off: str = ""
    missing: tuple[str, ...] = ()


def candidates(servers: Servers, select: Sequence[str], settings: HealthSettings, root: Path) -> tuple[Candidate, ...]:
    """The servers of a run.

    Args:
        servers: Those that are configured.
        select: Names, commands or URLs; empty: all that are configured.
        settings: What holds for them, headers above all.
        root: The project's folder, in which configured servers are started.

    Raises:
        UsageError: An entry is wrong, or what is selected is neither a server nor a command.
    """
    configured = {candidate.name: candidate for candidate in _configured(servers, settings, root)}
    if select:
        chosen = [_chosen(text, configured, servers, settings) for text in select]
        names = {candidate.name for candidate in chosen}
        unselected = [one for one in configured.values() if one.name not in names]
        found = [*_distinct(chosen), *(replace(one, off="not selected") for one in unselected)]
    else:
        found = list(configured.values())
    complain([problem for one in found if (problem := _problem(one))])
    return tuple(found)


def _problem(candidate: Candidate) -> str:
    """What is wrong with the table of a server that is to be looked at; empty when nothing is."""
    entry = candidate.entry
    if candidate.off or entry is None or entry.spec is not None:
        return ""
    return f"{entry.place}: the server {candidate.name!r} {entry.problem}"


def _configured(servers: Servers, settings: HealthSettings, root: Path) -> Iterator[Candidate]:
    """Each server once; a name that stands for two different servers is made two."""
    known: dict[str, list[ServerEntry]] = {}
    for entry in servers.entries:
        same = known.setdefault(entry.name, [])
        if any(other.spec == entry.spec and other.disabled == entry.disabled for other in same):
            continue
        name = f"{entry.name} ({entry.source})" if same else entry.name
        same.append(entry)
        yield _from_entry(name, entry, settings, root)


def _from_entry(name: str, entry: ServerEntry, settings: HealthSettings, root: Path) -> Candidate:
    spec = entry.spec
    off = f"switched off by {entry.place}" if entry.disabled else ""
    if isinstance(spec, StdioServer) and spec.cwd is None:
        spec = replace(spec, cwd=root)
    return _with_headers(Candidate(name, spec, entry, off, entry.missing), settings)


def _with_headers(candidate: Candidate, settings: HealthSettings) -> Candidate:
    own, spec = settings.of(candidate.name), candidate.spec
    if not isinstance(spec, HttpServer) or not own.headers:
        return candidate
    missing = (*candidate.missing, *(text for text in own.missing if text not in candidate.missing))
    return replace(candidate, spec=replace(spec, headers={**spec.headers, **own.headers}), missing=missing)


def _chosen(text: str, configured: dict[str, Candidate], servers: Servers, settings: HealthSettings) -> Candidate:
    if text in configured:
        return replace(configured[text], off="")
    found = find_target(text, servers)
    return _with_headers(Candidate(found.name, found.spec), settings)


def _distinct(chosen: Iterable[Candidate]) -> Iterator[Candidate]:
    """Those that were chosen, each once; two commands that would be called the same are numbered."""
    kept: dict[str, Candidate] = {}
    for candidate in chosen:
        name, number = candidate.name, 1
        while name in kept and kept[name].spec != candidate.spec:
            number += 1
            name = f"{candidate.name} #{number}"
        if name not in kept:
            kept[name] = replace(candidate, name=name)
    yield from kept.values()
