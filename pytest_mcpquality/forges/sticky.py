"""One comment that stays: found by its marker, updated in place, made when it is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mcpquality_reports.markdown import MARKER
from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.forges.errors import ForgeError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that is there already; `ours` when we (or our kind of account) wrote it."""

    number: int
    body: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """What was done (`created`, `updated`, `unchanged`), and where it can be seen, if the forge says so."""

    action: str
    url: str = ""


class Forge(Protocol):
    """The comments of one change."""

    def comments(self) -> Iterator[Comment]:
        """Those that are there."""
        ...

    def create(self, body: str) -> str:
        """Write a new one; its address."""
        ...

    def update(self, number: int, body: str) -> str:
        """Replace one's words; its address."""
        ...


def marker(name: str = "") -> str:
    """The invisible first line of the comment of that name.

    Raises:
        UsageError: The name could end the invisible line.
    """
    if not name:
        return MARKER
    if not _NAME.fullmatch(name) or "--" in name:
        raise UsageError(f"{name!r} is no name for a comment: use letters, digits, points, hyphens and underscores")
    return f"<!-- mcpquality {name}: this comment is updated in place -->"


def post(forge: Forge, body: str, mark: str) -> Posted:
    """See to it that the change has this comment, once.

    A comment with the marker that somebody else wrote is not ours: its author could change what we say.

    Raises:
        ForgeError: It could not be posted.
    """
    old = _find(forge, mark)
    if old is None:
        return _create(forge, body, mark)
    if _same(old.body, body):
        return Posted("unchanged")
    return Posted("updated", forge.update(old.number, body))


def _find(forge: Forge, mark: str) -> Comment | None:
    return next((one for one in forge.comments() if one.ours and one.body.lstrip().startswith(mark)), None)


def _create(forge: Forge, body: str, mark: str) -> Posted:
    try:
        return Posted("created", forge.create(body))
    except ForgeError as error:
        # Nobody knows whether a request without an answer was carried out: look before asking again.
        if not error.uncertain:
            raise
        made = _find(forge, mark)
        return Posted("created", forge.create(body) if made is None else "")


def _same(old: str, new: str) -> bool:
    # Forges change line ends and drop space at the end.
    return old.replace("\r\n", "\n").rstrip() == new.rstrip()
