"""The examples on the pages of the fixtures that are tests themselves pass as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "fixtures"
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TESTS = re.compile(r"^(?:async )?def (test_\w+)\((\w.*)\)", re.MULTILINE)
"""Tests with fixtures: the pages call the others themselves, which Sybil runs."""


def examples() -> Iterator[tuple[str, str]]:
    for page in sorted(PAGES.glob("*.md")):
        blocks = [block for block in _FENCE.findall(page.read_text(encoding="utf-8")) if _TESTS.search(block)]
        if blocks:
            yield page.stem, "\n\n".join(blocks)


def test_every_fixture_has_an_example() -> None:
    used = {
        name.partition(":")[0].strip()
        for _, text in examples()
        for _, names in _TESTS.findall(text)
        for name in names.split(",")
    }
    assert used >= {"mcp_breaker", "mcp_clock", "mcp_connect", "mcp_pool", "mock_mcp_server"}


def test_the_examples_pass(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".ini", pytest="[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n"
    )
    found = dict(examples())
    pytester.makepyfile(**{f"test_{page.replace('-', '_')}": text for page, text in found.items()})
    pytester.runpytest_subprocess().assert_outcomes(passed=sum(len(_TESTS.findall(text)) for text in found.values()))
