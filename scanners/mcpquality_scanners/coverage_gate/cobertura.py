"""Cobertura's XML: what `coverage xml` writes, and the tools of many other languages.

Read with expat's events, so that no tree is built. Entities are refused: a few lines of them expand to
gigabytes, and no coverage tool writes any. A document type without them (Cobertura's own) is passed over;
nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from mcpquality_scanners.coverage_gate.model import FileData, FunctionKey, Report
from mcpquality_scanners.errors import ToolOutputError

_CONDITIONS = re.compile(r"\((\d{1,9})/(\d{1,9})\)")


class _ShapeError(ValueError):
    """Well-formed XML that is not a coverage report; the message ends a sentence."""


@dataclass(slots=True)
class _Class:
    """One `<class>` while it is being read."""

    name: str
    lines: dict[int, bool] = field(default_factory=dict[int, bool])
    branches: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    functions: dict[FunctionKey, bool] = field(default_factory=dict[FunctionKey, bool])


@dataclass(slots=True)
class _Method:
    """One `<method>` while it is being read."""

    name: str
    lines: dict[int, bool] = field(default_factory=dict[int, bool])


class _Reader:
    """Takes in the events of the parser."""

    def __init__(self) -> None:
        self.root: Mapping[str, str] | None = None
        self.sources: list[str] = []
        self.classes: list[_Class] = []
        self._class: _Class | None = None
        self._method: _Method | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self.root is None:
            if tag != "coverage":
                raise _ShapeError(f"begins with <{tag[:40]}>, not with <coverage>")
            self.root = attributes
        match tag:
            case "source":
                self._text = []
            case "class":
                self._class = _Class(_attribute(tag, attributes, "filename"))
            case "method":
                self._method = _Method(_attribute(tag, attributes, "name"))
            case "line":
                self._line(attributes)
            case _:
                pass

    def text(self, text: str) -> None:
        """Text within an element."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "source" and self._text is not None:
            self.sources.append("".join(self._text).strip())
            self._text = None
        elif tag == "method" and self._method is not None and self._class is not None:
            start = min(self._method.lines, default=0)
            self._class.functions[start, self._method.name] = any(self._method.lines.values())
            self._method = None
        elif tag == "class" and self._class is not None:
            self.classes.append(self._class)
            self._class = None

    def _line(self, attributes: Mapping[str, str]) -> None:
        if self._class is None:
            raise _ShapeError("has a <line> outside a <class>")
        number = _count("line", attributes, "number")
        if number < 1:
            raise _ShapeError("has a <line> whose number is 0")
        ran = _count("line", attributes, "hits") > 0
        lines = self._class.lines
        lines[number] = lines.get(number, False) or ran
        if self._method is not None:
            self._method.lines[number] = ran
        if attributes.get("branch", "").lower() == "true":
            self._class.branches[number] = _conditions(attributes)


def parse(data: bytes, name: str) -> Report:
    """The XML report `name` with the content `data`.

    Raises:
        ToolOutputError: It is not such a report, declares entities, or is cut off.
    """
    reader = _Reader()
    try:
        _run(reader, data)
    except _ShapeError as error:
        raise ToolOutputError(f"{name} is not Cobertura's XML: it {error}.") from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ToolOutputError(f"{name} cannot be read as XML ({error}): write it anew.") from None
    if not reader.classes or reader.root is None:
        raise ToolOutputError(f"{name} holds no file: run the tests again and write it anew.")
    branches = _has_branches(reader.root, reader.classes)
    functions = any(item.functions for item in reader.classes)
    files = tuple(_file(item, reader.sources, branches=branches, functions=functions) for item in reader.classes)
    return Report(name, files)


def _run(reader: _Reader, data: bytes) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse_entity
    parser.Parse(data, True)


def _refuse_entity(*_declaration: object) -> None:
    raise _ShapeError("declares entities, which no coverage tool does")


def _has_branches(root: Mapping[str, str], classes: list[_Class]) -> bool:
    """Whether branches were measured.

    coverage.py writes a `branch-rate` of 1 over no branches at all, and of 0 when it measured none.
    """
    return any(item.branches for item in classes) or root.get("branch-rate") in {"1", "1.0"}


def _file(item: _Class, sources: list[str], *, branches: bool, functions: bool) -> FileData:
    return FileData(
        _names(item.name, sources),
        item.lines,
        item.branches if branches else None,
        item.functions if functions else None,
    )


def _names(name: str, sources: list[str]) -> tuple[str, ...]:
    """What the file may be called: its name is relative to one of the sources, not said which."""
    if name.startswith("/") or re.match(r"[A-Za-z]:[\\/]", name):
        return (name,)
    folders = [source.rstrip("/\\") for source in sources if source not in {"", "."}]
    return tuple(f"{folder}/{name}" for folder in folders) or (name,)


def _attribute(tag: str, attributes: Mapping[str, str], name: str) -> str:
    value = attributes.get(name)
    if not value:
        raise _ShapeError(f"has a <{tag}> without {name}")
    return value


def _count(tag: str, attributes: Mapping[str, str], name: str) -> int:
    value = _attribute(tag, attributes, name)
    if not (value.isascii() and value.isdecimal()):
        raise _ShapeError(f"has a <{tag}> whose {name} is {value[:20]!r}")
    return int(value)


def _conditions(attributes: Mapping[str, str]) -> tuple[int, int]:
    """Covered and all branches of a line, from `condition-coverage="50% (1/2)"`."""
    match = _CONDITIONS.search(attributes.get("condition-coverage", ""))
    if match is None:
        raise _ShapeError("has a <line> with branches that are not counted")
    covered, total = int(match[1]), int(match[2])
    if covered > total:
        raise _ShapeError(f"has a <line> with {covered} of {total} branches")
    return covered, total
