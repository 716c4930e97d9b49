"""Which files should the data speak of? A module that no test imports is missing there, and counts nowhere.

Without `sources` this is told from what was measured: the packages that measured files belong to, those
beside them, and the modules beside measured modules that belong to none; less tests, documentation and the
files that only build or configure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from mcpquality_scanners.coverage_gate.sources import is_python

_TEST_FOLDERS = frozenset({"tests", "test"})
_TEST_FILES = re.compile(r"(test_.*|.*_test|conftest)\.pyw?", re.DOTALL)

# These are product code where they are part of a package (Celery's tasks.py), and none beside it.
_BESIDE_FOLDERS = frozenset({"docs", "doc", "examples", "example", "benchmarks", "site-packages", "node_modules"})
_BESIDE_FILES = re.compile(r"(setup|noxfile|tasks|fabfile|manage|conf)\.pyw?")

_Home = tuple[PurePosixPath, bool]
"""The folder that holds a file's top-level package, or the module itself; and whether there is a package."""


def expected(files: Iterable[str], measured: Collection[str]) -> list[str]:
    """The Python files of the list that belong to what was measured, measured or not, in order."""
    modules = [path for path in files if is_python(path)]
    packages = frozenset(PurePosixPath(path).parent for path in modules if path.endswith("__init__.py"))
    homes = {path: _home(PurePosixPath(path), packages) for path in modules}
    wanted = {homes[path] for path in measured if path in homes} - {None}
    return [path for path, home in homes.items() if home in wanted]


def _home(path: PurePosixPath, packages: Collection[PurePosixPath]) -> _Home | None:
    """Where `path` is at home; None for what is no product code."""
    if _TEST_FOLDERS.intersection(path.parent.parts) or _TEST_FILES.fullmatch(path.name):
        return None
    package = next((folder for folder in reversed(path.parents) if folder in packages), None)
    outside = path.parent if package is None else package
    if _BESIDE_FOLDERS.intersection(outside.parts) or (package is None and _BESIDE_FILES.fullmatch(path.name)):
        return None
    return (path.parent, False) if package is None else (package.parent, True)
