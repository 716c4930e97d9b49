"""`.secrets.baseline`: the secrets that a project knows, and what an audit said about each.

detect-secrets writes it (`scan > .secrets.baseline`) and asks about each entry (`audit`). An entry that was audited
as real counts; one that was audited as no secret does not, nor does one that waits for its audit; all show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Suppression, SuppressionKind
from mcpquality_scanners.text import one_line

DEFAULT = ".secrets.baseline"


@dataclass(frozen=True, slots=True)
class Baseline:
    """Entries by file and digest: True for a real secret, False for none, None for one nobody has looked at.

    `name` is that of the file, empty when there is none.
    """

    name: str = ""
    entries: Mapping[tuple[str, str], bool | None] = field(
        default_factory=dict[tuple[str, str], bool | None], repr=False
    )

    def suppression(self, path: str, digest: str) -> Suppression | None:
        """Why a secret of a file does not count, or None."""
        audited = self.entries.get((path, digest), True)
        if audited:
            return None
        what = "audited as no secret" if audited is False else "listed, and not audited yet,"
        return Suppression(SuppressionKind.CONFIG, f"{what} in {one_line(self.name, 120)}")


def read_baseline(root: Path, name: str) -> Baseline:
    """The baseline of that name below the root; one without entries where there is no such file.

    Raises:
        ToolError: It is something else than detect-secrets writes.
    """
    path = root / name
    if not name or not path.is_file():
        return Baseline()
    try:
        document = json.loads(path.read_bytes())
        results = cast("dict[str, list[dict[str, object]]]", document["results"])
        entries = {
            (_plain(file), str(entry["hashed_secret"])): _audited(entry)
            for file, found in results.items()
            for entry in found
        }
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(
            f"{name} is no baseline of detect-secrets: write it anew (`detect-secrets scan > {name}`), or remove it"
        ) from error
    return Baseline(name, entries)


def _audited(entry: Mapping[str, object]) -> bool | None:
    audited = entry.get("is_secret")
    return audited if isinstance(audited, bool) else None


def _plain(name: str) -> str:
    # Baselines written on Windows have its slashes.
    return name.replace("\\", "/").removeprefix("./")
