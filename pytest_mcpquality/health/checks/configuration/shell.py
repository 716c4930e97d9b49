"""The server is started by itself, not by a line that a shell reads."""

from __future__ import annotations

import re
from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import command_line, program, shell_line
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-configuration-shell",
    Group.CONFIGURATION,
    Severity.MEDIUM,
    "The server is started through a shell",
    "A shell runs whatever the line says, values of variables included, and a reviewer has to read the whole line to "
    "know what is started.",
    "Name the program as the command and its words as args; put what has to be prepared into a script that is "
    "reviewed.",
    cwe=(78,),
)
DOWNLOAD: Final = Rule(
    "mcp-configuration-download",
    Group.CONFIGURATION,
    Severity.CRITICAL,
    "The server's command runs what it downloads",
    "The command fetches a script and hands it to an interpreter: whoever controls the address runs code on this "
    "machine at each start.",
    "Install the server from a package of one version, or keep the script in the repository.",
    cwe=(494,),
)

_FETCHED_AND_RUN: Final = re.compile(
    r"\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest|invoke-restmethod)\b.*\|\s*(?:sudo\s+)?(?:\S*/)?(?:ba|z|da|k)?(?:sh|iex|python\d?|node|perl|ruby)\b|"
    r"\b(?:iex|eval|invoke-expression)\b.*\b(?:curl|wget|iwr|irm|downloadstring)\b|<\(\s*(?:curl|wget)\b",
    re.IGNORECASE,
)
_SYNTAX: Final = re.compile(r"[;|&`<>]|\$\(")


class Shell:
    """One finding: the graver of the two."""

    rules = (RULE, DOWNLOAD)

    def look(self, observed: Observation) -> Outcome:
        """Whether a shell reads its command."""
        entry = observed.entry
        words = command_line(entry) if entry is not None else []
        if entry is None or not words:
            return Outcome()
        line = _line(words)
        if line is None:
            return Outcome()
        rule = DOWNLOAD if _FETCHED_AND_RUN.search(line) else RULE
        return Outcome((Hit(rule, Subject(observed.server), f"{entry.place}: a shell runs {line!r}"),))


def _line(words: list[str]) -> str | None:
    """What a shell reads. `cmd /c npx ...` is how programs with the ending .cmd are started, and is let through."""
    if program(words[0]) == "cmd" and len(words) > 1 and words[1].lower() in {"/c", "/k"}:
        line = " ".join(words[2:])
        return line if _SYNTAX.search(line) else shell_line(words[2:])
    return shell_line(words)
