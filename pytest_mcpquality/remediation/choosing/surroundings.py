"""What a project is built with: by the imports of the files in question, then by what it says it depends on."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.utils import canonicalize_name

from pytest_mcpquality.remediation.choosing.libraries import LIBRARIES, MODULES, RENAMED

MOST_FILES = 20
"""Files of one rule that are looked at."""

_MANIFESTS = ("pyproject.toml", "requirements.txt", "setup.cfg", "setup.py", "Pipfile", "uv.lock", "poetry.lock")
_LARGEST = 2_000_000  # bytes; a lock file of a thousand packages is a tenth of it
# Wherever a manifest names a package, a quote, a line's start or a space is before it.
_NAMED = re.compile(r"(?m)(?:^|[\"'\s=])([A-Za-z0-9][A-Za-z0-9._-]{1,60})(?=[\s\"'\[<>=!~;,]|$)")


class Project:
    """A project on disk, as far as its manifests and imports name packages that the tables know.

    Args:
        root: Its folder.
        python: The minor version of Python; left out, the one that runs here.
    """

    def __init__(self, root: Path, python: str = f"{sys.version_info.minor}") -> None:
        self.root = root
        self.python = python
        self._imported: dict[str, frozenset[str]] = {}

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """The packages that the manifests at the root name; those that cannot be read say nothing."""
        named = (name for manifest in _MANIFESTS for name in _names(self.root / manifest))
        return tuple(dict.fromkeys(filter(None, map(_known, named))))

    def imported(self, path: str) -> frozenset[str]:
        """The packages that a file of the project imports."""
        if path not in self._imported:
            from mcpquality_scanners.dependencies import read_imports  # noqa: PLC0415 - not before something is found

            modules = {module.partition(".")[0] for module in read_imports(self.root, (path,)).modules}
            packages = (_known(MODULES.get(module, module)) for module in modules)
            self._imported[path] = frozenset(filter(None, packages))
        return self._imported[path]

    def around(self, paths: Iterable[str], most: int = MOST_FILES) -> Near:
        """The project as findings in these files see it; the first `most` are looked at, and when somebody asks."""
        inside = (path for path in dict.fromkeys(paths) if _is_inside(path))
        return Near(self, tuple(itertools.islice(inside, most)))


@dataclass(frozen=True, slots=True)
class Near:
    """See `Surroundings`."""

    project: Project
    paths: tuple[str, ...]

    @property
    def python(self) -> str:
        """See `Surroundings.python`."""
        return self.project.python

    def used(self) -> tuple[str, ...]:
        """See `Surroundings.used`."""
        imported = (package for path in self.paths for package in sorted(self.project.imported(path)))
        return tuple(dict.fromkeys((*imported, *self.project.declared)))


def _known(name: str) -> str:
    package = str(canonicalize_name(name))
    package = RENAMED.get(package, package)
    return package if package in LIBRARIES else ""


def _names(manifest: Path) -> list[str]:
    try:
        if manifest.stat().st_size > _LARGEST:
            return []
        return _NAMED.findall(manifest.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return []


def _is_inside(path: str) -> bool:
    return not path.startswith("/") and ".." not in path.split("/")
