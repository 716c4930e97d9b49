"""The project's own configuration of coverage.py: what it leaves out of account, and where it puts its data.

Read here and not by the tool, so that each setting that lets less be measured is known by name. Files and
sections are those of coverage.py's documentation ("Configuration reference"); the first file that has any
setting holds.
"""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import ToolOutputError

_FILES = (".coveragerc", ".coveragerc.toml", "setup.cfg", "tox.ini", "pyproject.toml")
_LINES_LEFT_OUT = ("exclude_lines", "exclude_also", "partial_branches", "partial_also")


@dataclass(frozen=True, slots=True)
class CoverageSettings:
    """What we honour of coverage.py's configuration.

    Attributes:
        file: Name of the file it was read from; empty when there is none.
        data_file: Where the data are, relative or absolute; empty for the default.
        omit: Patterns of files that are not measured.
        include: Patterns of the only files that are; empty for all.
        plugins: Modules that coverage.py would load; never loaded by us.
        left_out: The settings that leave out lines or branches, by name, with their regular expressions.
    """

    file: str = ""
    data_file: str = ""
    omit: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def read(root: Path) -> CoverageSettings:
    """The configuration in `root`.

    Raises:
        ToolOutputError: A file of it cannot be read or parsed.
    """
    for name in _FILES:
        path = root / name
        if path.is_file():
            sections = _toml(path) if name.endswith(".toml") else _ini(path)
            if sections or name == ".coveragerc":
                return _settings(name, sections)
    return CoverageSettings()


_Sections = Mapping[str, Mapping[str, object]]


def _settings(name: str, sections: _Sections) -> CoverageSettings:
    run, report = sections.get("run", {}), sections.get("report", {})
    data_file = run.get("data_file")
    left_out = {key: _texts(report.get(key), split_commas=False) for key in _LINES_LEFT_OUT}
    return CoverageSettings(
        file=name,
        # A name with variables is the environment's of the test run, not ours.
        data_file=data_file if isinstance(data_file, str) and "$" not in data_file else "",
        omit=_texts(run.get("omit")) + _texts(report.get("omit")),
        include=_texts(run.get("include")) + _texts(report.get("include")),
        plugins=_texts(run.get("plugins")),
        left_out={key: values for key, values in left_out.items() if values},
    )


def _texts(value: object, *, split_commas: bool = True) -> tuple[str, ...]:
    """A list setting: a TOML list, or lines (and commas, where a regular expression cannot hold them)."""
    if isinstance(value, list):
        return tuple(item for item in cast("list[object]", value) if isinstance(item, str))
    if not isinstance(value, str):
        return ()
    lines = value.replace(",", "\n").splitlines() if split_commas else value.splitlines()
    return tuple(line.strip() for line in lines if line.strip())


def _toml(path: Path) -> _Sections:
    try:
        document: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, error) from None
    coverage = _table(_table(document.get("tool")).get("coverage"))
    if not coverage and path.name != "pyproject.toml":
        coverage = document
    return {name: _table(section) for name, section in coverage.items()}


def _ini(path: Path) -> _Sections:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, configparser.Error) as error:
        raise _unreadable(path, error) from None
    own_file = path.name == ".coveragerc"
    sections: dict[str, dict[str, object]] = {}
    for section in parser.sections():
        name = section.removeprefix("coverage:")
        if own_file or name != section:
            sections[name] = dict(parser.items(section))
    return sections


def _table(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _unreadable(path: Path, error: Exception) -> ToolOutputError:
    reason = str(error).splitlines()[0]
    return ToolOutputError(
        f"{path.name}, where coverage.py's configuration may be, cannot be read ({reason}): correct it."
    )
