"""Paths as a tool or a report writes them, turned into those of the one list of files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from mcpquality_scanners.findings import Finding


@dataclass(frozen=True, slots=True)
class Places:
    """Knows the files of a scan, and remembers which names it was asked about.

    Attributes:
        root: The scanned folder.
        files: The one list.
        here: Names that turned out to be in the list or below the root.
        strange: Names that are nowhere below the root.
    """

    root: Path
    files: frozenset[str]
    here: set[str] = field(default_factory=set[str])
    strange: set[str] = field(default_factory=set[str])

    def resolve(self, name: str) -> str:
        """The relative path that is meant: also of an absolute one, of another machine's checkout, or of a URI.

        A name that is nowhere below the root is returned as it is, without what would lead out of the root.
        """
        parts = _parts(name, self.root)
        for start in range(len(parts)):
            candidate = "/".join(parts[start:])
            if candidate in self.files or (start == 0 and os.path.lexists(self.root / candidate)):
                self.here.add(candidate)
                return candidate
        plain = "/".join(parts)
        self.strange.add(plain)
        return plain

    def listed(self, findings: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Those of the findings that are not about a file which is there and was left out of the scan, and a note."""
        kept = tuple(finding for finding in findings if not self._left_out(finding))
        count = len(findings) - len(kept)
        note = f"{count} findings in files that git ignores or `exclude` names are not listed."
        return kept, (note,) if count else ()

    def _left_out(self, finding: Finding) -> bool:
        path = finding.location.path if finding.location else ""
        return bool(path) and path not in self.files and path not in self.strange


def _parts(name: str, root: Path) -> tuple[str, ...]:
    if name.startswith("file:"):
        name = unquote(urlsplit(name).path)
    plain = name.replace("\\", "/")
    for folder in {root.as_posix(), root.resolve().as_posix()}:
        if plain.startswith(f"{folder}/"):
            plain = plain[len(folder) + 1 :]
    return tuple(part for part in PurePosixPath(plain).parts if part not in {"/", "..", "."})


def named(files: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Those of the files whose last part is one of `names`, in any letter case."""
    wanted = {name.lower() for name in names}
    return tuple(path for path in files if path.rpartition("/")[2].lower() in wanted)
