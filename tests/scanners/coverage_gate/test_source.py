"""What is read from Python source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.coverage_gate import source

TEXT = b'''\
"""Module."""
import os


@decorator(
    1,
)
class A:
    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value


async def work(
    first,
):
    # A comment.
    def inner():
        return (
            1
        )

    try:
        match first:
            case 1:
                pass
            case _:
                return inner
    except OSError:
        raise
    else:
        for _ in ():
            pass
    finally:
        with x:
            pass


def short(): return 1
'''


def parsed(text: bytes = TEXT) -> source.PythonSource:
    python = source.parse(text)
    assert python is not None
    return python


def test_functions_have_their_own_lines_only() -> None:
    functions = [(function.name, function.line) for function in parsed().functions]
    assert functions == [("A.value", 10), ("A.value", 14), ("work", 18), ("work.inner", 22), ("short", 43)]
    by_line = {function.line: function for function in parsed().functions}
    assert by_line[22].body == {23, 24, 25}
    assert by_line[18].body == set(range(22, 41)) - {23, 24, 25}
    assert by_line[43].body == {43}


def test_statements_start_and_end() -> None:
    python = parsed()
    simple = {1, 2, 11, 15, 23, 30, 32, 34, 37, 40}
    headers = {5, 8, 9, 10, 13, 14, 18, 22, 27, 28, 29, 31, 33, 36, 39, 43}
    assert python.starts == simple | headers
    assert {5, 6, 7, 8, 18, 19, 20, 23, 24, 25} <= python.spans
    assert not {3, 4, 12, 16, 17, 26, 35, 38, 41, 42} & python.spans


@pytest.mark.parametrize(("text", "empty"), [(b"", True), (b'"""Text."""\n', True), (b"# x\n", True), (b"x\n", False)])
def test_whether_anything_could_run(text: bytes, empty: bool) -> None:
    assert parsed(text).empty is empty


@pytest.mark.parametrize("text", [b"def (", b"\0", b"\xff\xfe\xfd", b"(" * 100_000])
def test_what_is_no_python(text: bytes) -> None:
    assert source.parse(text) is None


def test_a_chain_of_conditions_as_generators_write_them() -> None:
    chain = "if x == 0:\n    pass\n" + "".join(f"elif x == {number}:\n    pass\n" for number in range(500))
    assert len(parsed(chain.encode()).starts) == 1002


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    python = source.parse(data)
    if python:
        assert python.starts <= python.spans
