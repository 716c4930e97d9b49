"""`mcpquality advisories update|status`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from mcpquality_scanners.advisories.download import Fetched, fetch, forget, is_url, without_credentials
from mcpquality_scanners.advisories.errors import AdvisoriesError
from mcpquality_scanners.advisories.loading import Change, Export, load
from mcpquality_scanners.advisories.official import OFFICIAL
from mcpquality_scanners.advisories.store import Source, default_store, etag_of, sources
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.exit_codes import INCOMPLETE

MAX_AGE = timedelta(days=7)
"""The age from which on a scan is incomplete, unless its `max-age` says otherwise."""

_ELSEWHERE = "  Where it cannot be reached: fetch the export on another machine and take it in with `--from FILE`."

_NAMED = 5  # records that cannot be used, of those that are told


def run(given: argparse.Namespace, clock: Clock | None = None) -> int:
    """Bring the store up to date, or tell what it holds; 3 when that cannot be done, or what it holds is too old."""
    store: Path = given.store.expanduser().absolute() if given.store else default_store()
    clock = clock or SystemClock()
    return _status(store, clock) if given.action == "status" else _update(store, given, clock)


def _update(store: Path, given: argparse.Namespace, clock: Clock) -> int:
    wanted = _wanted(given)
    done = [_one(store, name, place, clock) for name, place in wanted]
    return 0 if all(done) else INCOMPLETE


def _wanted(given: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """Name and place of each export; an empty name is told by the records."""
    if given.from_ and given.ecosystem:
        raise UsageError("--ecosystem chooses among the official exports and says nothing about --from")
    if given.name and len(given.from_ or ()) != 1:
        raise UsageError("--name is for the records of one --from")
    if given.from_:
        return tuple((given.name or "", place) for place in given.from_)
    return tuple((name, OFFICIAL[name]) for name in given.ecosystem or OFFICIAL)


def _one(store: Path, name: str, place: str, clock: Clock) -> bool:
    try:
        change = _from_url(store, name, place, clock) if is_url(place) else _from_path(store, name, place, clock)
    except AdvisoriesError as error:
        print(f"{name or without_credentials(place)}: {error}", file=sys.stderr)  # noqa: T201 - the command's output
        if is_url(place):
            print(_ELSEWHERE, file=sys.stderr)  # noqa: T201 - as above
        return False
    print(_told(change) if change else f"{name or place}: nothing new")  # noqa: T201
    for path, reason in change.flaws[:_NAMED] if change else ():
        print(f"  {path} cannot be used: {reason}")  # noqa: T201
    return True


def _from_path(store: Path, name: str, place: str, clock: Clock) -> Change:
    path = Path(place).expanduser().absolute()
    if not path.exists():
        raise UsageError(f"there is no {place!r}: give a URL, a zip file or a folder of OSV records")
    return load(store, Export(path, str(path), name), clock.now())


def _from_url(store: Path, name: str, url: str, clock: Clock) -> Change | None:
    """What came of it; None when the server has nothing new."""
    folder = store.with_name("downloads")
    origin = without_credentials(url)
    print(f"{name or origin}: asking {origin}", file=sys.stderr, flush=True)  # noqa: T201 - progress
    fetched: Fetched = fetch(url, folder, etag_of(store, origin, name))
    if fetched.path is None:
        return None
    try:
        return load(store, Export(fetched.path, origin, name, fetched.etag, fetched.date), clock.now())
    finally:
        # Whole, and so what can be used of it is in the store; broken, and so not worth going on with.
        forget(url, folder)


def _told(change: Change) -> str:
    parts = [f"{change.added} new", f"{change.changed} changed", f"{change.removed} gone"]
    held = f"{change.name}: {change.records} advisories ({', '.join(parts)}, {change.withdrawn} withdrawn)"
    return f"{held}; {len(change.flaws)} records cannot be used" if change.flaws else held


def _status(store: Path, clock: Clock) -> int:
    try:
        held = sources(store)
    except AdvisoriesError as error:
        print(f"mcpquality: {error}", file=sys.stderr)  # noqa: T201 - the command's output
        return INCOMPLETE
    print(f"{store} ({store.stat().st_size / 1e6:.1f} MB)")  # noqa: T201
    for line in _table(held, clock.now()):
        print(line)  # noqa: T201
    old = [source.name for source in held if _age(source, clock.now()) is None or _is_old(source, clock.now())]
    if old:
        print(f"older than {MAX_AGE.days} days: {', '.join(old)}. Run `mcpquality advisories update`.")  # noqa: T201
    return INCOMPLETE if old or not held else 0


def _table(held: Iterable[Source], now: datetime) -> Iterable[str]:
    for source in held:
        days = _age(source, now)
        age = "of unknown age" if days is None else f"{days.days} days old" if days.days else "less than a day old"
        date = f" ({source.as_of:%Y-%m-%d %H:%M} UTC)" if source.as_of else ""
        counts = f"{source.records} advisories, {source.withdrawn} withdrawn, {source.flawed} that cannot be used"
        yield f"{source.name}: {age}{date}; {counts}; taken on {source.updated:%Y-%m-%d} from {source.origin}"


def _age(source: Source, now: datetime) -> timedelta | None:
    return now - source.as_of if source.as_of else None


def _is_old(source: Source, now: datetime) -> bool:
    age = _age(source, now)
    return age is not None and age > MAX_AGE
