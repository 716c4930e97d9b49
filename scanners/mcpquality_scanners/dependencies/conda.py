"""Environments of conda: what pip installs in them is audited, conda's own packages are named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, cast

from mcpquality_scanners.advisories.documents import read_document
from mcpquality_scanners.advisories.records import BadRecordError
from mcpquality_scanners.dependencies.model import Reading, UnreadableError, as_table, scrub
from mcpquality_scanners.dependencies.projects import collect
from mcpquality_scanners.findings import Unseen

ENVIRONMENTS = ("environment.yml", "environment.yaml", "environment-*.yml", "environment-*.yaml")
LOCKS = ("conda-lock.yml", "*.conda-lock.yml", "pixi.lock", "pixi.toml")

_REASON = "conda's packages are in no database of advisories that we ask"
_BASE = {"python", "pip"}  # what every environment has, and nobody audits as a dependency
_NAMED = 10


def read_conda(manifest: str, text: str) -> Reading:
    """Read an environment; a lock file or a manifest of pixi is only named.

    Raises:
        UnreadableError: It does not parse.
    """
    if not PurePosixPath(manifest).name.startswith("environment"):
        return Reading(manifest, unseen=(Unseen(manifest, f"is not read: {_REASON}"),))
    try:
        document = as_table(read_document("environment.yaml", text.encode())) or {}
    except BadRecordError as error:
        raise UnreadableError(f"cannot be read: {error}") from error
    own, pip = _packages(document)
    unseen = [
        Unseen(f"{manifest}: {scrub(item, 160)}", "is an option, which is not followed here")
        for item in pip
        if item.startswith("-")
    ]
    foreign = [item for item in own if _name(item) not in _BASE]
    if foreign:
        more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
        unseen.append(Unseen(f"{manifest}: {scrub(', '.join(foreign[:_NAMED]), 200)}{more}", _REASON))
    reading = collect(manifest, text, [item for item in pip if not item.startswith("-")])
    return replace(reading, unseen=(*reading.unseen, *unseen))


def _name(spec: str) -> str:
    """The package in a spec such as `conda-forge::numpy>=1.2`."""
    return re.split(r"[=<>!~\s\[]", spec.rpartition("::")[2].strip(), maxsplit=1)[0]


def _packages(document: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The packages that conda installs, and those that pip does."""
    own: list[str] = []
    pip: list[str] = []
    for item in _list(document.get("dependencies")):
        table = as_table(item)
        if table is None:
            own.append(str(item))
        else:
            pip += map(str, _list(table.get("pip")))
    return own, pip


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
