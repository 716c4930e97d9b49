"""Where Semgrep's rules come from: ours, the user's files and folders, the registry.

Every rule file is copied to a place of our choosing first: Semgrep puts the path of the file before the ids
of its rules, and only so can both be told apart again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Unseen

BUNDLED = "mcpquality"
"""The name of our own rules in the configuration."""

BUNDLED_FILE = Path(__file__).parent.with_name("rules") / "mcp-rules.json"
_GATE_FILE = BUNDLED_FILE.with_name("gate.json")

_FOLDER = "mcpquality-config"
_STAGED_ID = re.compile(rf"(?:^|\.){_FOLDER}\.\d+\.f\d+\.(.+)$", re.DOTALL)
# Named so in Semgrep's documentation of --config; a folder of that name is reached by `./p/...`.
_REGISTRY = re.compile(r"(?:[prs]/|https://|auto$|policy$|supply-chain$)")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One value for `--config`, and what a person knows it by."""

    name: str
    argument: str
    local: bool


@dataclass(frozen=True, slots=True)
class Config:
    """One value of the option `config`: its rule files, or its name in the registry."""

    value: str
    files: tuple[RuleFile, ...]

    @property
    def bundled(self) -> bool:
        """Whether these are our own rules."""
        return self.value == BUNDLED


def rule_id(reported: str) -> str:
    """A rule's own id, from the one that Semgrep reports."""
    match = _STAGED_ID.search(reported)
    return match.group(1) if match else reported


def bundled_rules() -> Mapping[str, Mapping[str, Any]]:
    """Our own rules by id.

    Raises:
        ToolError: Their file is damaged.
    """
    try:
        document: dict[str, Any] = json.loads(BUNDLED_FILE.read_bytes())
        return {str(rule["id"]): cast("dict[str, Any]", rule) for rule in document["rules"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ToolError("The bundled Semgrep rules cannot be read: reinstall pytest-mcpquality.") from error


@lru_cache(maxsize=1)
def words() -> re.Pattern[bytes]:
    """The words of MCP code: in a file without any of them, none of our own rules can match.

    To look for them costs a tenth of a second where Semgrep takes minutes (Django, 2,800 files).

    Raises:
        ToolError: Their file is damaged.
    """
    try:
        return re.compile(str(json.loads(_GATE_FILE.read_bytes())["words"]).encode())
    except (OSError, ValueError, KeyError, TypeError, re.error) as error:
        raise ToolError("The bundled Semgrep rules cannot be read: reinstall pytest-mcpquality.") from error


def configs(context: ScanContext) -> tuple[tuple[Config, ...], tuple[Unseen, ...]]:
    """The configurations that can be run, and those that cannot, with the reason."""
    values = context.options["config"]
    usable: list[Config] = []
    unseen: list[Unseen] = []
    for number, value in enumerate(dict.fromkeys(values if isinstance(values, tuple) else ())):
        try:
            usable.append(_config(context, value, number))
        except (ToolError, OSError) as error:
            unseen.append(Unseen(value, str(error)))
    return tuple(usable), tuple(unseen)


def _config(context: ScanContext, value: str, number: int) -> Config:
    if value == BUNDLED:
        return Config(value, (_staged(context, BUNDLED_FILE, value, number, 0),))
    if _REGISTRY.match(value):
        if context.offline:
            raise ToolError("offline: rules of the registry cannot be had; run it online, or keep a copy")
        return Config(value, (RuleFile(value, value, local=False),))
    files = tuple(
        _staged(context, path, name, number, count)
        for count, (name, path) in enumerate(_local_files(context.root, value))
    )
    return Config(value, files)


def _local_files(root: Path, value: str) -> list[tuple[str, Path]]:
    path = root / value
    if path.is_file():
        return [(value, path)]
    if not path.is_dir():
        raise ToolError("there is no such file or folder: correct `config`")
    found = [file for file in sorted(path.rglob("*.y*ml")) if _is_rule_file(file)]
    if not found:
        raise ToolError("the folder holds no rule files (*.yml, *.yaml): correct `config`")
    return [(f"{value.rstrip('/')}/{file.relative_to(path).as_posix()}", file) for file in found]


def _is_rule_file(path: Path) -> bool:
    # `*.test.yaml` holds examples for rules, as Semgrep has it.
    return path.suffix in {".yml", ".yaml"} and not path.stem.endswith(".test") and path.is_file()


def _staged(context: ScanContext, path: Path, name: str, number: int, count: int) -> RuleFile:
    folder = context.scratch / _FOLDER / str(number) / f"f{count}"
    folder.mkdir(parents=True)
    copy = folder / f"rules{path.suffix or '.yaml'}"
    copy.write_bytes(path.read_bytes())
    # Relative: for an absolute path Semgrep leaves the ids alone.
    return RuleFile(name, os.path.relpath(copy, context.root), local=True)
