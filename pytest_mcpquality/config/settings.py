"""What holds in a run, and who said so: frozen, and complete once loaded."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mcpquality_scanners.findings import Severity
    from mcpquality_scanners.options import Value
    from pytest_mcpquality.config.keys import Key
    from pytest_mcpquality.policy import SuppressionRule


class Source(enum.IntEnum):
    """What can set a value; a later one wins."""

    DEFAULT = 0
    FILE = 1
    ENVIRONMENT = 2
    COMMAND_LINE = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Who set a value: `name` is that of a file, an environment variable or a command-line option.

    A file's name is as a person would type it; `line` counts from 1 and is 0 where it could not be told.
    """

    source: Source
    name: str = "default"
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name}:{self.line}" if self.line else self.name


DEFAULT = Origin(Source.DEFAULT)


@dataclass(frozen=True, slots=True)
class Setting:
    """A key, the value that holds, and who set it."""

    key: Key
    value: Value
    origin: Origin = DEFAULT


@dataclass(frozen=True, slots=True)
class Output:
    """A report to write: its format, and the file; None for standard output.

    `in_folder` says that the file got its name from a folder of reports, which is made when it is not there.
    """

    format: str
    path: Path | None = None
    in_folder: bool = False


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An entry of `[[tool.mcpquality.suppress]]` and where it stands."""

    rule: SuppressionRule
    origin: Origin


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """What holds for one scanner.

    Attributes:
        name: Its name.
        options: Its own settings, complete and checked, by name.
        timeout: Seconds that it may take.
        decided_by: The setting that switched it on or off last.
        off: Who switched it off, as a few words ("switched off by pyproject.toml"); empty when it is on.
        asked: Whether it was asked for: by name, or by having the table of the coverage gate.
    """

    name: str
    options: Mapping[str, Value]
    timeout: float
    decided_by: Setting
    off: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, as it holds in a run.

    Attributes:
        root: The folder that is scanned.
        file: The configuration file that was read; None when there is none.
        file_given: Whether that file was named by the user; else it is part of what is scanned.
        values: Every key with its value and origin, in the order of `keys.all_keys`.
        fail_on: A finding at or over it fails.
        exclude: Patterns of files that no scanner looks at.
        outputs: Reports to write.
        health_outputs: Reports of the gate for servers to write.
        jobs: How many processes may run at once; 0 for as many as there are cores.
        offline: Whether the network must not be used.
        allow_incomplete: Names of scanners that may be incomplete.
        scanners: What holds for each scanner, by name, those that are off included.
        tools: Versions (or "path") of the tools whose locked version is not to be used, by name.
        suppressed: Entries that make findings not count.
        cache_dir: Folder for the installed tools; None for the platform's.
    """

    root: Path
    file: Path | None
    values: tuple[Setting, ...]
    fail_on: Severity
    exclude: tuple[str, ...]
    outputs: tuple[Output, ...]
    health_outputs: tuple[Output, ...]
    jobs: int
    offline: bool
    allow_incomplete: tuple[str, ...]
    scanners: Mapping[str, ScannerSettings]
    tools: Mapping[str, str]
    suppressed: tuple[Suppressed, ...]
    cache_dir: Path | None
    file_given: bool = False

    def setting(self, name: str) -> Setting:
        """The setting of a key, dotted below `[tool.mcpquality]` (`scanners.bandit.skips`).

        Raises:
            KeyError: There is no such key.
        """
        for setting in self.values:
            if setting.key.name == name:
                return setting
        raise KeyError(name)
