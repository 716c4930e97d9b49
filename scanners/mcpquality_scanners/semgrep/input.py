"""What Semgrep is handed: which files, under which name, and which it could not read rightly anyway.

Semgrep goes by a file's suffix (and passes over `*.min.js`), reads UTF-8 only, takes a byte order mark for a
part of the first name, and says none of this. So a file with a mark, and one whose name tells Semgrep
nothing, is handed over as a copy; one in another encoding is named as not seen.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mcpquality_scanners.semgrep.rules import words

_SUFFIXES = (".py", ".pyi")  # what Semgrep takes for Python
_OTHER_SUFFIXES = (".pyw", ".py3")
_SHEBANG = re.compile(rb"#!.*\bpython[\d.]*\b")
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SAMPLE = 4096  # bytes from which UTF-16 without a mark is told
_NOT_ASCII = bytes(range(0x80, 0x100))


@dataclass(slots=True)
class Inputs:
    """Files made ready.

    Attributes:
        targets: From the name a file is handed over under (`./a.py`, or a copy's path) to its listed path.
        sizes: Bytes, by target.
        python: Targets that are Python.
        wordless: Those of them that hold none of the words without which our own rules find nothing.
        flaws: From a target to why its content is not what Semgrep would read, for targets that are no Python.
        unseen: From a listed path that is not handed over to the reason.
    """

    targets: dict[str, str] = field(default_factory=dict[str, str])
    sizes: dict[str, int] = field(default_factory=dict[str, int])
    python: set[str] = field(default_factory=set[str])
    wordless: set[str] = field(default_factory=set[str])
    flaws: dict[str, str] = field(default_factory=dict[str, str])
    unseen: dict[str, str] = field(default_factory=dict[str, str])


def is_python(root: Path, path: str) -> bool:
    """Whether a listed file is Python: by its suffix in any letter case, or without one by its first line."""
    name = path.rpartition("/")[2].lower()
    if name.endswith((*_SUFFIXES, *_OTHER_SUFFIXES)):
        return True
    return "." not in name and _SHEBANG.match(_first_line(root / path)) is not None


def prepare(root: Path, files: Iterable[str], copies: Path, limit: int) -> Inputs:
    """Make the files ready; `copies` is where copies go, `limit` the size in bytes that Semgrep stops at."""
    inputs = Inputs()
    for path in files:
        try:
            _add(inputs, root, path, copies, limit)
        except OSError as error:
            inputs.unseen[path] = f"cannot be read: {error.strerror}"
    return inputs


def _add(inputs: Inputs, root: Path, path: str, copies: Path, limit: int) -> None:
    python = is_python(root, path)
    size = (root / path).stat().st_size
    if size > limit:
        _larger(inputs, path, size, limit, python=python)
        return
    data = (root / path).read_bytes()
    reason = _python_flaw(data) if python else _flaw(data)
    if python and reason:
        inputs.unseen[path] = reason
        return
    target = _target(path, data, copies, python=python)
    inputs.targets[target] = path
    inputs.sizes[target] = len(data)
    if python:
        inputs.python.add(target)
        if not words().search(data):
            inputs.wordless.add(target)
    elif reason:
        inputs.flaws[target] = reason


def _larger(inputs: Inputs, path: str, size: int, limit: int, *, python: bool) -> None:
    """Name a large Python file; of other files, only Semgrep knows whether they concern it."""
    if python:
        inputs.unseen[path] = f"{size} bytes are more than max-target-bytes ({limit})"
    else:
        inputs.targets[f"./{path}"] = path
        inputs.sizes[f"./{path}"] = 0


def _target(path: str, data: bytes, copies: Path, *, python: bool) -> str:
    """The name to hand a file over under; writes a copy where its own name or its first bytes would not do."""
    addition = _addition(path, python=python)
    if not addition and not data.startswith(_UTF8_MARK):
        return f"./{path}"
    copy = copies / f"{path}{addition}"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(data.removeprefix(_UTF8_MARK))
    return str(copy)


def _addition(path: str, *, python: bool) -> str:
    """What a file's name lacks for Semgrep to take it for what it is."""
    if python:
        return "" if path.endswith(_SUFFIXES) else ".py"
    # Neither looked at nor listed as skipped, even when it is named as a target.
    return ".js" if path.endswith(".min.js") else ""


def _flaw(data: bytes) -> str | None:
    if data.startswith(_WIDE_MARKS) or _looks_wide(data[:_SAMPLE]):
        return "is UTF-16 or UTF-32, which Semgrep cannot read: save it as UTF-8"
    return None


def _looks_wide(sample: bytes) -> bool:
    # Latin text in UTF-16: every other byte is NUL.
    half = len(sample) // 2
    return half > 0 and max(sample[::2].count(0), sample[1::2].count(0)) > half // 2


def _python_flaw(data: bytes) -> str | None:
    if reason := _flaw(data):
        return reason
    if b"\0" in data:
        return "holds NUL bytes, so it is no Python source: save it as UTF-8"
    try:
        encoding, _lines = tokenize.detect_encoding(io.BytesIO(data).readline)
        if encoding.startswith("utf-8"):
            data.decode("utf-8-sig")
        elif _hides(data, encoding):
            return f"is {encoding}, which Semgrep cannot read: save it as UTF-8"
    except (SyntaxError, ValueError):
        return "does not decode by the encoding it declares: save it as UTF-8"
    return None


def _hides(data: bytes, encoding: str) -> bool:
    """Whether code reads differently in this encoding and as the ASCII that Semgrep takes it for."""
    return data.decode(encoding).encode("ascii", "ignore") != data.translate(None, _NOT_ASCII)


def _first_line(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.readline(256)
    except OSError:
        return b""
