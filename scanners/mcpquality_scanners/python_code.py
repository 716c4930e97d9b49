"""Python code: which files hold it, and a piece with known flaws that shows whether a scanner looks at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

CANARY = """\
import subprocess
import hashlib
assert True
exec("1")
password = "canary"  # pragma: allowlist secret - for scanners to find
eval("1")
hashlib.md5(b"canary")
subprocess.run("ls", shell=True)
"""
"""Code with known flaws: whoever looks for flaws in Python has to find them."""

SUFFIXES = (".py", ".pyi", ".pyw", ".pyx", ".ipynb")
"""How the names of files end that hold Python code in whatever form, with stubs and notebooks."""

_SHEBANG = re.compile(rb"#!.*\bpython[\d.]*\b")


def python_files(root: Path, files: Iterable[str]) -> dict[str, int]:
    """Those of the files that are Python code, with their size in bytes (0 when it cannot be told)."""
    return {path: _size(root / path) for path in files if _is_python(root, path)}


def _is_python(root: Path, path: str) -> bool:
    name = path.rpartition("/")[2]
    if name.endswith((".py", ".pyw")):
        return True
    return "." not in name and _SHEBANG.match(_first_bytes(root / path)) is not None


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(256)
    except OSError:
        return b""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
