"""No secret stands in the configuration file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import address, command_line, tables
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.mcp.server_entry import ServerEntry

RULE: Final = Rule(
    "mcp-configuration-secret",
    Group.CONFIGURATION,
    Severity.HIGH,
    "A secret stands in the configuration file",
    "Whoever can read the file, its history or a backup of it can use the secret, and files like this one are meant to "
    "be committed and shared.",
    "Revoke the secret, and name a variable instead: ${NAME}, or ${input:name} in VS Code's file. Give the variable "
    "its value where the server is started, or in the secrets of the CI.",
    cwe=(312, 798),
    references=("https://owasp.org/www-project-mcp-top-10/",),
)

SHORTEST: Final = 8
"""Characters from which a value under a telling name counts; shorter ones are switches and numbers."""

_TELLING: Final = re.compile(
    r"(?:^|[_.-])(?:(?:api|access|private|secret|auth|encryption|signing)[_-]?key|token|secret|password|passwd|passphrase|pwd|pat|"
    r"credentials?|authorization|apikey|client[_-]?secret|(?:connection[_-]?string|dsn))(?:$|[_.-])|"
    r"(?:api|access|secret|private)key$|token$|password$|secret$",
    re.IGNORECASE,
)
_NOT_SECRET: Final = re.compile(
    r"(?:_|-)(?:file|path|dir|url|uri|endpoint|name|id|type|ttl|expiry|header|scopes?)$", re.IGNORECASE
)
_KNOWN: Final = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|sk-(?:ant-|proj-)?[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|"
    r"AIza[\w-]{30,}|sk_live_\w{16,}|rk_live_\w{16,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|hf_[A-Za-z0-9]{20,}|tvly-[\w-]{16,}|"
    r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|ya29\.[\w-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
# What stands for a value, and what is plainly none: a variable, a place to fill in, a path.
_STAND_IN: Final = re.compile(
    r"\$\{|^\$\w+$|^%\w+%$|<[^>]*>|\byour\b|your[_-]|change[_-]?me|replace|placeholder|example|dummy|redacted|todo|xxx|\*\*\*|\.\.\.|^(?:/|~|\./|[A-Za-z]:\\)|"
    r"^(?:true|false|none|null|\d+)$|^(?:bearer|basic|token)?\s*$",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(r"([A-Za-z][\w-]*):(?!//)\s*(\S.*)")


class Secrets:
    """A finding for each place; the value is never shown."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which texts of the entry are secrets."""
        entry = observed.entry
        if entry is None:
            return Outcome()
        places = dict.fromkeys(_places(entry))
        return Outcome(tuple(Hit(RULE, Subject(observed.server), f"{entry.place}: {each}") for each in places))


def _places(entry: ServerEntry) -> Iterator[str]:
    for table, key, value in tables(entry):
        if _is_secret(key, value):
            yield f"{table}.{key} holds a secret in plain text"
    yield from _in_arguments(command_line(entry))
    if _in_address(address(entry)):
        yield "its URL holds a secret in plain text"


def _in_arguments(words: Sequence[str]) -> Iterator[str]:
    told = -1
    for number, word in enumerate(words):
        name, value, place = _named(words, number)
        if number == told:
            continue  # with the option before it
        if name and _is_secret(name, value):
            told = place
            yield f"the argument {name} holds a secret in plain text"
        elif _KNOWN.search(word) and not _STAND_IN.search(word):
            yield f"argument {number} holds a secret in plain text"
        elif "://" in word and _in_address(word):
            yield f"the URL in argument {number} holds a secret in plain text"


def _named(words: Sequence[str], number: int) -> tuple[str, str, int]:
    """A name, its value, and which word the value stands in: `--name value`, `name=value`, `name: value`."""
    word = words[number]
    if header := _HEADER.fullmatch(word):
        return header[1], header[2], number
    name, equals, value = word.lstrip("-").partition("=")
    if equals:
        return name, value, number
    if word.startswith("-") and number + 1 < len(words) and not words[number + 1].startswith("-"):
        return name, words[number + 1], number + 1
    return "", "", number


def _is_secret(key: str, value: str) -> bool:
    if _KNOWN.search(value) and not _STAND_IN.search(value):
        return True
    if "://" in value and _in_address(value):
        return True
    telling = _TELLING.search(key) is not None and _NOT_SECRET.search(key) is None
    bare = re.sub(r"^(?:bearer|basic|token)\s+", "", value, flags=re.IGNORECASE)
    return telling and len(bare) >= SHORTEST and _STAND_IN.search(bare) is None and "://" not in bare


def _in_address(url: str) -> bool:
    """Whether a password or a telling parameter stands in a URL."""
    try:
        parts = urlsplit(url)
        password = parts.password or ""
    except ValueError:
        return False
    if password and not _STAND_IN.search(password):
        return True
    return any(
        _TELLING.search(key) is not None and len(value) >= SHORTEST and _STAND_IN.search(value) is None
        for key, value in parse_qsl(parts.query)
    )
