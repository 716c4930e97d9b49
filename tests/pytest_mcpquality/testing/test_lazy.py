"""Nothing is imported before it is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_mcpquality import testing


def test_everything_that_is_exported_is_there() -> None:
    assert sorted(testing.__all__) == testing.__all__
    for name in testing.__all__:
        assert getattr(testing, name) is not None


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        testing.nothing  # noqa: B018 - looking it up is the test


def test_the_package_alone_imports_no_sdk() -> None:
    code = (
        "import sys, pytest_mcpquality.testing as testing; testing.FakeClock; testing.returns\n"
        "print([name for name in ('mcp', 'pydantic', 'httpx2', 'anyio', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
