"""What a Python file holds: where its statements are, and its functions.

Functions are read from the source for every input format, so that all of them mean the same thing by one:
coverage.py's JSON keeps one of two functions of the same name, and its XML keeps none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its full name (`Cart.add`), line of its `def`, lines of its body less inner functions."""

    name: str
    line: int
    body: frozenset[int]


@dataclass(frozen=True, slots=True)
class PythonSource:
    """A Python file.

    Attributes:
        starts: Lines on which a statement, decorator, `except` or `case` starts.
        spans: All lines that belong to a statement, first to last; those of a body to its own statements.
        functions: In the order of the file.
        empty: Whether there is nothing that could run but a docstring.
    """

    starts: frozenset[int]
    spans: frozenset[int]
    functions: tuple[Function, ...]
    empty: bool


_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Block = ast.stmt | ast.ExceptHandler | ast.match_case


def parse(data: bytes) -> PythonSource | None:
    """The Python source `data`; None when this Python cannot parse it."""
    try:
        module = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # All four are how the parser of one version or another refuses hostile or newer source.
        return None
    starts: set[int] = set()
    spans: set[int] = set()
    for node in _blocks(module):
        first, header_end = _header(node)
        starts |= {first, _line(node)} | {item.lineno for item in getattr(node, "decorator_list", ())}
        spans.update(range(first, header_end + 1))
    functions = tuple(sorted(_functions(module), key=lambda function: function.line))
    return PythonSource(frozenset(starts), frozenset(spans), functions, all(map(_is_text, module.body)))


def _children(node: ast.AST) -> Iterator[_Block]:
    """The statements, handlers and cases directly within `node`; expressions hold none."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        children = getattr(node, name, ())
        if isinstance(children, list):
            yield from children


def _blocks(node: ast.AST) -> Iterator[_Block]:
    """All of them, at any depth, without recursion: generated code nests deeply."""
    waiting = list(_children(node))
    while waiting:
        block = waiting.pop()
        yield block
        waiting.extend(_children(block))


def _line(node: _Block) -> int:
    return node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno


def _header(node: _Block) -> tuple[int, int]:
    """First and last line of what `node` has before its body, or of all of it when it has none."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([_line(node), *(item.lineno for item in decorators)])
    body: list[_Block] = getattr(node, "body", None) or getattr(node, "cases", None) or []
    if body:
        return first, max(_line(body[0]) - 1, _line(node))
    return first, getattr(node, "end_lineno", None) or first


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _functions(module: ast.Module) -> Iterator[Function]:
    waiting: list[tuple[ast.AST, tuple[str, ...]]] = [(module, ())]
    while waiting:
        node, outer = waiting.pop()
        if isinstance(node, _FunctionNode | ast.ClassDef):
            outer = (*outer, node.name)
        if isinstance(node, _FunctionNode):
            yield Function(".".join(outer), node.lineno, _body(node) - _inner_bodies(node))
        waiting.extend((child, outer) for child in _children(node))


def _body(node: _FunctionNode) -> frozenset[int]:
    return frozenset(range(node.body[0].lineno, (node.body[-1].end_lineno or node.body[-1].lineno) + 1))


def _inner_bodies(node: _FunctionNode) -> frozenset[int]:
    """Lines of the bodies of all functions within `node`."""
    inner = [block for block in _blocks(node) if isinstance(block, _FunctionNode)]
    return frozenset(line for block in inner for line in _body(block))
