"""From the sources to the settings: file, environment and command line over the defaults, the last one wins.

Whatever is wrong with any of them is an error, and nothing falls back to a default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.config import health_keys
from pytest_mcpquality.config.checking import Reading, Vocabulary, nearest
from pytest_mcpquality.config.environment import read_environment
from pytest_mcpquality.config.files import Document, find_document
from pytest_mcpquality.config.keys import COVERAGE, SERVERS, SUPPRESS, KeyPath, all_keys
from pytest_mcpquality.config.resolving import resolve
from pytest_mcpquality.config.settings import Origin, Source
from pytest_mcpquality.config.suppressions import read_suppressions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from mcpquality_scanners.base import Scanner
    from pytest_mcpquality.config.settings import Settings


_READ_ELSEWHERE = frozenset(
    {
        (SUPPRESS,),
        (SERVERS,),
        (health_keys.HEALTH, health_keys.SERVERS),
        (health_keys.HEALTH, health_keys.ALLOW),
    }
)
"""Tables whose keys are not ours to name, or that hold entries."""


def load_settings(  # noqa: PLR0913 - each is a source or a vocabulary of its own
    root: Path,
    *,
    config_file: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    scanners: Sequence[Scanner],
    tools: Collection[str],
    formats: Collection[str],
    prefix: str = "",
) -> Settings:
    """The settings that hold for a scan of `root`.

    Args:
        root: The folder to scan. Without `config_file`, `mcpquality.toml` or `pyproject.toml` is read from
            it, and from no folder above it.
        config_file: The one file to read; then no file in the tree is.
        environ: The environment; only `MCPQUALITY_*` counts.
        overrides: What the command line says, by key (`fail-on`, `scanners.bandit.skips`); None: nothing.
        scanners: All scanners there are.
        tools: Names of the tools that `[tool.mcpquality.tools]` may name.
        formats: Names of the report formats.
        prefix: What the names of the options of this command line start with.

    Raises:
        UsageError: Something is wrong; the message names each place, what is wrong there, and the nearest
            known name.
    """
    names = tuple(scanner.name for scanner in scanners)
    vocabulary = Vocabulary(all_keys(scanners, tools), names, tools, formats)
    document = find_document(root, config_file)
    readings = (
        read_document(document, vocabulary) if document else Reading(),
        read_environment(environ, vocabulary),
        _read_overrides(overrides, vocabulary, prefix),
    )
    suppressed, wrong = read_suppressions(document, vocabulary) if document else ((), [])
    complain([problem for reading in readings for problem in reading.problems] + wrong)
    settings, problems = resolve(root, document, vocabulary, readings, suppressed)
    complain(problems)
    return settings


def complain(problems: Sequence[str]) -> None:
    """Raise a UsageError that lists the problems, if there are any."""
    if len(problems) == 1:
        raise UsageError(problems[0])
    if problems:
        raise UsageError("\n  ".join([f"{len(problems)} problems in the configuration:", *problems]))


def _read_overrides(overrides: Mapping[str, object], vocabulary: Vocabulary, prefix: str) -> Reading:
    keys = {key.name: key for key in vocabulary.keys.values()}
    reading = Reading()
    for name, value in overrides.items():
        if name not in keys:
            reading.problems.append(f"command line: {name} is not known{nearest(name, keys)}")
        elif value is not None:
            key = keys[name]
            flag = (key.flag or f"--{name}").replace("--", f"--{prefix}", 1)
            reading.add(vocabulary, key, value, Origin(Source.COMMAND_LINE, flag))
    return reading


def read_document(document: Document, vocabulary: Vocabulary) -> Reading:
    """The settings of a configuration file, its suppressions left aside."""
    reader = _DocumentReader(document, vocabulary, Reading())
    reader.read(document.table, ())
    return reader.reading


@dataclass(frozen=True, slots=True)
class _DocumentReader:
    document: Document
    vocabulary: Vocabulary
    reading: Reading

    def read(self, table: Mapping[str, object], path: KeyPath) -> None:
        known = self._names_in(path)
        for name, value in table.items():
            here = (*path, name)
            key = self.vocabulary.keys.get(here)
            if key is not None and key.in_file:
                self.reading.add(self.vocabulary, key, value, self._origin(here))
            elif name not in known:
                self._complain(here, self._unknown(here, known))
            elif here in _READ_ELSEWHERE:
                continue
            elif isinstance(value, dict):
                self.read(cast("Mapping[str, object]", value), here)
            else:
                self._complain(here, _not_a_table(here))

    def _names_in(self, path: KeyPath) -> set[str]:
        """What may stand in a table: keys and further tables."""
        depth = len(path)
        below = (key.path for key in self.vocabulary.keys.values() if key.in_file and key.path[:depth] == path)
        names = {one[depth] for one in below}
        if not path:
            names |= {"scanners", "tools"}
        return names | {table[depth] for table in _READ_ELSEWHERE if table[:depth] == path}

    def _unknown(self, here: KeyPath, known: set[str]) -> str:
        keys = self.vocabulary.keys
        if here == ("scanners", COVERAGE) and (COVERAGE,) in {key[:1] for key in keys}:
            return f"belongs into [{'.'.join((*self.document.prefix, COVERAGE))}]"
        if here in keys:
            return f"cannot be set in a file: use the variable {keys[here].variable}"
        if here == ("tool",):
            return "is not known: [tool.mcpquality] is for pyproject.toml, elsewhere the keys stand at the top"
        elsewhere = [key.name for key in keys.values() if key.path[-1] == here[-1] and key.in_file]
        if elsewhere:
            return f"is not known here; did you mean {elsewhere[0]}?"
        return f"is not known{nearest(here[-1], known)}"

    def _origin(self, path: KeyPath) -> Origin:
        return Origin(Source.FILE, self.document.name, self.document.line(path))

    def _complain(self, here: KeyPath, problem: str) -> None:
        self.reading.problems.append(f"{self._origin(here)}: {'.'.join(here)} {problem}")


def _not_a_table(here: KeyPath) -> str:
    hint = ": to choose among the scanners use select and skip" if here == ("scanners",) else ""
    return f"must be a table{hint}"
