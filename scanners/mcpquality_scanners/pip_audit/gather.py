"""From a tree to exact versions: read the manifests, resolve what is open, ask the environment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.dependencies import (
    Kind,
    Manifest,
    Reading,
    Resolver,
    UnreadableError,
    discover,
    find_scripts,
    read_all,
    read_environment,
)
from mcpquality_scanners.findings import Command, Unseen


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the tree depends on, manifest by manifest, and what was started to find out."""

    readings: tuple[Reading, ...]
    commands: tuple[Command, ...]


async def gather(context: ScanContext, remaining: Callable[[], float]) -> Gathered:
    """Read all manifests and the environment of the options; nothing is raised, all failures are named.

    Args:
        context: The scan; the options are those of `PipAuditScanner`.
        remaining: Gives the seconds that are left.
    """
    manifests = discover(context.files, strings(context, "manifests"))
    if not strings(context, "manifests"):
        scripts = await asyncio.to_thread(lambda: tuple(find_scripts(context.root, context.files)))
        manifests += tuple(Manifest(path, Kind.SCRIPT) for path in scripts)
    if manifests:
        context.progress("reading manifests")
    readings = read_all(context.root, manifests, context.files, strings(context, "groups"))
    resolved = await _resolve(context, readings, remaining)
    environment = await _environment(context, remaining)
    done = [*resolved, *environment]
    return Gathered(tuple(reading for reading, _ in done), tuple(c for _, commands in done for c in commands))


def strings(context: ScanContext, name: str) -> tuple[str, ...]:
    """An option that is a list."""
    value = context.options[name]
    return value if isinstance(value, tuple) else ()


def text(context: ScanContext, name: str) -> str:
    """An option that is a text; empty when it is not set."""
    return str(context.options[name] or "")


async def _resolve(
    context: ScanContext, readings: Sequence[Reading], remaining: Callable[[], float]
) -> list[tuple[Reading, tuple[Command, ...]]]:
    limit = asyncio.Semaphore(context.jobs)

    async def settle(number: int, reading: Reading) -> tuple[Reading, tuple[Command, ...]]:
        if not _is_open(context, reading):
            return _with_note(reading), ()
        scratch = context.scratch / f"resolve-{number}"
        scratch.mkdir()
        resolver = Resolver(context.processes, scratch, context.offline, build=context.options["build"] is True)
        async with limit:
            return await resolver.resolve(reading, remaining())

    return await asyncio.gather(*(settle(number, reading) for number, reading in enumerate(readings)))


def _is_open(context: ScanContext, reading: Reading) -> bool:
    """Whether a manifest leaves anything to a resolver: a version, or what its packages need in turn."""
    complete = reading.hashed or (reading.complete and text(context, "resolve") == "unpinned")
    return bool(reading.loose or (reading.wanted and not complete))


def _with_note(reading: Reading) -> Reading:
    if not reading.wanted or reading.hashed:
        return reading
    note = (
        f"{reading.manifest} pins everything it names and is taken for complete; "
        'with `resolve = "always"` what its packages need in turn is looked up too.'
    )
    return replace(reading, notes=(*reading.notes, note))


async def _environment(
    context: ScanContext, remaining: Callable[[], float]
) -> list[tuple[Reading, tuple[Command, ...]]]:
    name = text(context, "environment")
    if not name:
        return []
    empty = context.scratch / "environment"
    empty.mkdir()
    try:
        return [await read_environment(name, context.root, context.processes, empty, remaining())]
    except UnreadableError as error:
        return [(Reading(name, unseen=(Unseen(name, str(error)),)), ())]
