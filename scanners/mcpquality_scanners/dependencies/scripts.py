"""Scripts that say in a comment what they need (PEP 723, inline script metadata)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from mcpquality_scanners.dependencies.locks import parse_toml
from mcpquality_scanners.dependencies.model import Reading, UnreadableError, as_strings, read_text
from mcpquality_scanners.dependencies.projects import collect, least_python

# As the PEP has it.
_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
_MARK = "# /// script"


def find_scripts(root: Path, files: Iterable[str]) -> Iterator[str]:
    """The Python files with such a comment; one that cannot be read is left to the scanners of code."""
    for path in files:
        if path.endswith((".py", ".pyw")):
            try:
                text = read_text(root / path)
            except UnreadableError:
                continue
            if _MARK in text and _BLOCK.search(text):
                yield path


def read_script(manifest: str, text: str) -> Reading:
    """Read what a script needs.

    Raises:
        UnreadableError: The comment does not parse, or there are two of them.
    """
    blocks = list(_BLOCK.finditer(text))
    if len(blocks) != 1:
        raise UnreadableError("has not exactly one comment that says what the script needs (PEP 723)")
    document = parse_toml("".join(line[2:] for line in blocks[0]["content"].splitlines(keepends=True)))
    texts = as_strings(document.get("dependencies"), "dependencies of the script")
    # Without the marks of the comment, so that its lines are found where packages are named.
    plain = "\n".join(line.removeprefix("#") for line in text.splitlines())
    reading = collect(manifest, plain, texts)
    return replace(reading, python=least_python(str(document.get("requires-python", ""))), declares=False)
