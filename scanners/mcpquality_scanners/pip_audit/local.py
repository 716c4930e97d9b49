"""The advisories at hand: the store of `mcpquality advisories update`, or what the option `advisories` names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mcpquality_scanners.advisories import AdvisoriesError, Flaw, Index, Records, load_folder, store
from mcpquality_scanners.dependencies import scrub
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.pip_audit.services import CANARIES

_UPDATE = "run `mcpquality advisories update`"


@dataclass(frozen=True, slots=True)
class Local:
    """Where the advisories are: `place` is a folder or a store, `name` what to call it, `chosen` whether by option."""

    place: Path
    name: str
    chosen: bool

    @property
    def advice(self) -> str:
        """How to bring it up to date."""
        return "bring it up to date" if self.chosen else _UPDATE


def local_advisories(root: Path, option: str, default: Path) -> Local:
    """What the option `advisories` names; the store when it names nothing."""
    if not option:
        return Local(default, "the store of advisories", chosen=False)
    place = root / os.path.expanduser(option)  # noqa: PTH111 - pathlib raises for a user that is not there
    return Local(place, scrub(option), chosen=True)


def load(local: Local, packages: Iterable[str]) -> Records:
    """What is known there about these packages; of a folder about all.

    Raises:
        AdvisoriesError: It is not there, or is a store that cannot hold the whole export of PyPI.
    """
    try:
        if local.place.is_dir():
            return load_folder(local.place)
        if not local.place.is_file():
            raise AdvisoriesError(
                f"`advisories` is neither a folder of records nor a store: {local.name}"
                if local.chosen
                else f"there is no local store of advisories: {_UPDATE}"
            )
    except ValueError as error:  # a NUL in the name
        raise AdvisoriesError(f"`advisories` is neither a folder of records nor a store: {local.name}") from error
    records = store.about(local.place, packages)
    _check_whole(local)
    return records


def _check_whole(local: Local) -> None:
    """See that a store knows what every database does: one of a few records of one's own finds nothing in anything.

    Raises:
        AdvisoriesError: It does not.
    """
    famous = Index(store.named(local.place, (name for canary in CANARIES for name in canary.ids)))
    if not any(famous.matching(canary.query.name, canary.query.version) for canary in CANARIES):
        raise AdvisoriesError(
            f"{local.name} does not know that {CANARIES[0].query} is vulnerable, so it is not the whole export: take "
            "that in (`mcpquality advisories update`), and records of your own beside it with `--name`"
        )


def flaws(local: Local, found: Iterable[Flaw], packages: Iterable[str]) -> tuple[Unseen, ...]:
    """The records that could not be used, less those about packages that nobody asks about."""
    asked = frozenset(packages)
    return tuple(
        Unseen(
            f"{local.name}: {scrub(flaw.path)}" if not local.chosen else f"{local.name}/{scrub(flaw.path)}", flaw.reason
        )
        for flaw in found
        if not flaw.packages or flaw.packages & asked
    )


def too_old(local: Local, as_of: datetime | None, now: datetime, max_age: float | None) -> tuple[str, ...]:
    """The problem of advisories that are older than `max_age` days (None: any age will do), or of unknown age."""
    if max_age is None:
        return ()
    if as_of is None:
        return (f"nobody knows how old {local.name} is: none of its records is dated; {local.advice}.",)
    days = (now - as_of) / timedelta(days=1)
    if days <= max_age:
        return ()
    problem = (
        f"{local.name} is of {as_of:%Y-%m-%d}, {days:.0f} days ago, and `max-age` is {max_age:g}: what was published "
        f"since is not known; {local.advice}."
    )
    return (problem,)
