"""`${VAR}` and its relatives in the files that list servers: filled in from the environment, or reported as missing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(slots=True)
class Expansion:
    """Fills in variables, and keeps what is missing.

    Attributes:
        environ: The environment.
        folder: What `${workspaceFolder}` stands for.
        inputs: Defaults of `${input:...}`, by id.
        missing: Sentences on what had no value, each once.
    """

    environ: Mapping[str, str]
    folder: Path
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    missing: list[str] = field(default_factory=list[str])

    def fill(self, text: str) -> str:
        """The text with values for its variables; one without a value stays as it is."""
        return _VARIABLE.sub(self._value, text)

    def _value(self, found: re.Match[str]) -> str:
        inside = found[1]
        name, default_given, default = inside.partition(":-")
        value = self._lookup(name)
        if value is None and default_given:
            return default
        if value is None:
            self._miss(found[0], name)
            return found[0]
        return value

    def _lookup(self, name: str) -> str | None:
        kind, colon, rest = name.partition(":")
        if not colon:
            own = self._own()
            return own[name] if name in own else self.environ.get(name)
        if kind == "input":
            return self.environ.get(variable_of_input(rest), self.inputs.get(rest))
        return self.environ.get(rest) if kind == "env" else None

    def _own(self) -> dict[str, str | None]:
        """Variables of editors that are none of the environment."""
        return {
            "workspaceFolder": str(self.folder),
            "workspaceFolderBasename": self.folder.name,
            "userHome": self.environ.get("HOME"),
            "pathSeparator": os.sep,
            "/": os.sep,
        }

    def _miss(self, whole: str, name: str) -> None:
        kind, _, rest = name.partition(":")
        if kind == "input":
            advice = f"set the variable {variable_of_input(rest)}"
        elif _NAME.fullmatch(rest if kind == "env" else name):
            advice = f"set the variable {rest if kind == 'env' else name}"
        else:
            advice = "there is no such variable"
        sentence = f"{whole} has no value: {advice}"
        if sentence not in self.missing:
            self.missing.append(sentence)


def variable_of_input(name: str) -> str:
    """The environment variable that answers what an editor would ask for: `${input:api-key}` is `INPUT_API_KEY`."""
    return "INPUT_" + re.sub(r"\W", "_", name, flags=re.ASCII).upper()
