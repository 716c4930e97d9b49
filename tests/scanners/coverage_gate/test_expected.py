"""Which files the data should speak of."""

from __future__ import annotations

import pytest

from mcpquality_scanners.coverage_gate.expected import expected

WHOLE = "a/__init__.py a/x.py a/sub/__init__.py a/sub/y.py a/plain/z.py b/__init__.py"


@pytest.mark.parametrize(
    ("files", "measured", "wanted"),
    [
        (
            WHOLE,
            "a/x.py",
            WHOLE,
        ),
        (
            "a/__init__.py a/tasks.py a/docs/x.py a/tests/x.py a/test_x.py a/x_test.py a/conftest.py",
            "a/__init__.py",
            "a/__init__.py a/tasks.py a/docs/x.py",
        ),
        (
            "a/__init__.py docs/conf.py examples/__init__.py examples/x.py setup.py tests/test_a.py run.py",
            "a/__init__.py tests/test_a.py",
            "a/__init__.py",
        ),
        ("server.py tools.py setup.py noxfile.py conftest.py notes.txt", "server.py", "server.py tools.py"),
        ("other/__init__.py a/x.py a/y.py b/z.py", "a/x.py", "a/x.py a/y.py"),
        ("tests/test_a.py a.py", "tests/test_a.py", ""),
        ("a.py", "web/main.ts", ""),
        ("__init__.py deep/x.py", "__init__.py", "__init__.py deep/x.py"),
    ],
)
def test_expected(files: str, measured: str, wanted: str) -> None:
    assert expected(files.split(), measured.split()) == wanted.split()
