"""What pip-audit printed, taken for an answer only where it proves that it looked.

It ends with 1 for findings and for every error, and with 0 when it skipped everything, asked nobody, or got
an empty answer. So each run asks about a canary too: a version that is known to be vulnerable.
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from packaging.utils import canonicalize_name

from mcpquality_scanners.base import Completed
from mcpquality_scanners.dependencies import scrub
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.text import last_lines

# How requests words a failed connection.
_UNREACHABLE = re.compile(r"host='([^']+)', port=\d+\).*Caused by (\w+)")


@dataclass(frozen=True, slots=True, order=True)
class Query:
    """One version to ask about: PEP 503 name, public PEP 440 version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Canary:
    """A version that a service must report under at least one of these ids."""

    query: Query
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability as printed: ids (the tool's choice first), fixed versions, description."""

    ids: tuple[str, ...]
    fixed: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run said: what each audited version suffers from, and why others (by name) were skipped."""

    audited: Mapping[Query, tuple[Vulnerability, ...]]
    skipped: Mapping[str, str]


def read_answer(completed: Completed, asked: Iterable[Query], canary: Canary) -> Answer:
    """The answer of a run that was asked about these versions and the canary.

    Raises:
        ToolOutputError: The run failed, printed something else, did not speak about exactly what it was
            asked, or did not report the canary; the message says which.
    """
    _check_end(completed)
    answer = _parse(completed.stdout)
    _check_names(answer, {*asked, canary.query})
    reported = {name for found in answer.audited.get(canary.query, ()) for name in found.ids}
    if not reported & canary.ids:
        raise ToolOutputError(
            f"it does not report {canary.query}, which is known to be vulnerable: it cannot be trusted"
        )
    if completed.exit_code != 1:
        raise ToolOutputError(f"pip-audit ended with {completed.exit_code} in spite of findings")
    return answer


def _check_end(completed: Completed) -> None:
    said = _reason(completed.stderr)
    if completed.timed_out:
        raise ToolOutputError("pip-audit did not finish in time; raise --timeout or try again")
    if completed.overflowed:
        raise ToolOutputError("pip-audit printed more than it ever should and was ended")
    if completed.exit_code not in {0, 1}:
        raise ToolOutputError(f"pip-audit {_ending(completed.exit_code)}: {said}")
    if not completed.stdout.strip():
        raise ToolOutputError(f"pip-audit gave no result: {said}")


def _ending(exit_code: int | None) -> str:
    """How a run ended that was not ended by us."""
    if exit_code is not None and exit_code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-exit_code).name}"
    return f"ended with {exit_code}"


def _reason(stderr: bytes) -> str:
    """What its last words mean: an address that cannot be reached ends in a long traceback."""
    said = scrub(last_lines(stderr, count=1, limit=1000), 1000)
    if match := _UNREACHABLE.search(said):
        return f"{match[1]} cannot be reached ({match[2]})"
    return scrub(said) or "it said nothing about why"


def _parse(output: bytes) -> Answer:
    try:
        document: object = json.loads(output)
        entries = cast("list[dict[str, Any]]", cast("dict[str, Any]", document)["dependencies"])
        skipped = {_name(entry): str(entry["skip_reason"]) for entry in entries if "skip_reason" in entry}
        rows = [entry for entry in entries if "skip_reason" not in entry]
        audited = {
            Query(_name(entry), _string(entry["version"])): tuple(_vulnerability(item) for item in entry["vulns"])
            for entry in rows
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ToolOutputError("pip-audit printed something else than its report") from error
    if len(audited) + len(skipped) != len(entries):
        raise ToolOutputError("pip-audit reports a dependency twice")
    return Answer(audited, skipped)


def _name(entry: Mapping[str, Any]) -> str:
    return canonicalize_name(_string(entry["name"]))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def _vulnerability(entry: Mapping[str, Any]) -> Vulnerability:
    first = _string(entry["id"])
    aliases = sorted({_string(item) for item in entry["aliases"]} - {first})
    return Vulnerability(
        ids=(first, *aliases),
        fixed=tuple(_string(item) for item in entry["fix_versions"]),
        description=_string(entry["description"]),
    )


def _check_names(answer: Answer, expected: set[Query]) -> None:
    """Everything that was asked about is there, and nothing else."""
    missing = {query for query in expected - answer.audited.keys() if query.name not in answer.skipped}
    strange = answer.audited.keys() - expected
    strangers = answer.skipped.keys() - {query.name for query in expected}
    if missing or strange or strangers:
        texts = sorted({*map(str, missing | strange), *strangers})
        raise ToolOutputError(
            f"pip-audit did not report on exactly what it was asked about: {scrub(', '.join(texts), 160)}"
        )
