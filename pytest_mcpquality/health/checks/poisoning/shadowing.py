"""No tool is named like another server's, and no text speaks of another server's tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mcpquality_reports.text import visible
from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.unseen import not_reached
from pytest_mcpquality.health.definitions import Definitions, text
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.poisoning.fields import text_fields
from pytest_mcpquality.health.poisoning.normal import normal

SAME_NAME: Final = Rule(
    "mcp-poisoning-same-name",
    Group.POISONING,
    Severity.MEDIUM,
    "Two servers have a tool of one name",
    "Where a host shows both tools under one name, a call meant for one server may go to the other, and its arguments "
    "with it.",
    "Rename one of the tools, or see to it that the host puts the server's name before the tool's.",
    references=("https://owasp.org/www-project-mcp-top-10/",),
)
FOREIGN_TOOL: Final = Rule(
    "mcp-poisoning-foreign-tool",
    Group.POISONING,
    Severity.HIGH,
    "A text speaks of another server's tool",
    "A server has no reason to know what other servers offer. A text that names another server's tool can change how "
    "the model uses that tool.",
    "Remove the mention. If the two servers belong together, say so by allowing this finding with a reason.",
    references=("https://owasp.org/www-project-mcp-top-10/",),
)

# A name of one plain word ("search", "add") stands in many texts by chance.
_TELLING: Final = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+")

_SHOWN: Final = 3
"""Servers that are named."""


class Shadowing:
    """A finding for each shared name, and for each text that names a foreign tool."""

    rules = (SAME_NAME, FOREIGN_TOOL)

    def look(self, observed: Observation) -> Outcome:
        """What reaches across."""
        own = observed.definitions
        if own is None or observed.others is None:
            return not_reached(observed, "its tools beside those of the other servers")
        hits = [hit for other in observed.others.values() for hit in _across(own, other)]
        return Outcome((*_shared(own, observed.others.values()), *hits))


def _shared(own: Definitions, others: Iterable[Definitions]) -> Iterator[Hit]:
    """One finding for each name, however many servers have it."""
    names = [(other.server, {text(tool, "name") for tool in other.tools}) for other in others]
    for name in sorted({text(tool, "name") for tool in own.tools} - {""}):
        if servers := [server for server, theirs in names if name in theirs]:
            yield Hit(SAME_NAME, Subject(own.server, "tool", name), f"{_listed(servers)} a tool {name!r} too")


def _listed(servers: list[str]) -> str:
    if len(servers) == 1:
        return f"the server {servers[0]} has"
    first, last = servers[:_SHOWN], servers[_SHOWN:]
    end = f"{len(last)} more" if last else first.pop()
    return f"the servers {', '.join(first)} and {end} have"


def _alike(own: Definitions, other: Definitions, mine: set[str], theirs: set[str]) -> Iterator[Hit]:
    """Names that differ only in what a person overlooks: case, separators, letters that look the same."""
    known = {_seen(name): name for name in sorted(theirs) if name}
    for name in sorted(mine - {""}):
        twin = known.get(_seen(name))
        if twin is not None:
            disguised = not name.isascii() or not twin.isascii()
            message = f"named like the tool {visible(twin)!r} of the server {other.server}"
            severity = Severity.HIGH if disguised else None
            yield Hit(SAME_NAME, Subject(own.server, "tool", name), message, severity)


def _seen(name: str) -> str:
    return re.sub(r"[\W_]", "", normal(name))


def _across(own: Definitions, other: Definitions) -> Iterator[Hit]:
    mine = {text(tool, "name") for tool in own.tools}
    theirs = {text(tool, "name") for tool in other.tools}
    yield from _alike(own, other, mine - theirs, theirs - mine)
    telling = sorted(name for name in theirs - mine if _TELLING.fullmatch(name))
    if not telling:
        return
    mentioned = re.compile(rf"(?<![\w.-])({'|'.join(map(re.escape, telling))})(?![\w-])")
    for field in text_fields(own):
        if field.place != "name" and (found := mentioned.search(field.text)):
            message = f"{field.place} names the tool {found[1]!r} of the server {other.server}"
            yield Hit(FOREIGN_TOOL, Subject(own.server, field.kind, field.name), message)
