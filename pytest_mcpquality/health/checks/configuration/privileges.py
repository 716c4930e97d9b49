"""The server's container stays a container."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import command_line, inner_words, program
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-configuration-privileged",
    Group.CONFIGURATION,
    Severity.HIGH,
    "The server runs with the rights of the machine",
    "The command gives the server more than it can need: the whole file system, the container engine, or the rights of "
    "the administrator. What it is talked into doing is done with them.",
    "Mount only the folders that it works on, and start it without sudo and without --privileged.",
    cwe=(250,),
)
_MOUNT: Final = re.compile(r"^(?:/|[A-Za-z]:[\\/])?:/|(?:^|,)(?:src|source)=/(?:,|$)")
_MOUNTS: Final = frozenset({"-v", "--volume", "--mount"})
_SOCKET: Final = re.compile(r"(?:docker|containerd|podman)\.sock\b")
_OPTIONS: Final = {
    "--privileged": "gives the container all rights of the machine",
    "--pid=host": "shows the container all processes of the machine",
    "--cap-add=all": "gives the container all capabilities",
    "--cap-add=sys_admin": "gives the container the rights of the administrator",
    "--allow-all": "allows the program everything",
    "--no-sandbox": "switches the browser's sandbox off",
}


class Privileges:
    """A finding for each right."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which rights its command gives away."""
        entry = observed.entry
        if entry is None:
            return Outcome()
        found = dict.fromkeys(_given(command_line(entry)))
        return Outcome(tuple(Hit(RULE, Subject(observed.server), f"{entry.place}: {each}") for each in found))


def _given(words: list[str]) -> Iterator[str]:
    if words and program(words[0]) in {"sudo", "doas"}:
        yield f"{words[0]} starts it as the administrator"
    inner = inner_words(words)
    contained = bool(inner) and program(inner[0]) in {"docker", "podman", "nerdctl"}
    for word, after in pairwise([*inner, ""]):
        for option, what in _OPTIONS.items():
            if word.lower() == option or f"{word}={after}".lower() == option:
                yield f"{option} {what}"
        if contained:
            option, _, value = word.partition("=")
            mount = (value or after) if option in _MOUNTS else ""
            if _SOCKET.search(mount):
                yield f"{mount} hands over the container engine, and with it the machine"
            elif _MOUNT.search(mount):
                yield f"{mount} mounts the whole file system"
