from __future__ import annotations

import pytest

from mcpquality_scanners.roles import is_documentation, is_test


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "a/test/b.py",
        "test_a.py",
        "a/a_test.py",
        "conftest.py",
        "app/tests.py",
        "a.spec.ts",
        "x/__tests__/a.js",
    ],
)
def test_tests_are_told_by_their_path(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["contest/a.py", "latest.py", "attestation/x.py", "a/testify.go", "protest.py", "src/a.py"]
)
def test_other_code_is_no_test(path: str) -> None:
    assert not is_test(path)


@pytest.mark.parametrize("path", ["docs/a.txt", "README.md", "examples/a.py", ".env.example", "a/config.sample.yml"])
def test_documentation_is_told_by_its_path(path: str) -> None:
    assert is_documentation(path)


@pytest.mark.parametrize("path", ["src/a.py", "docstring.py", ".env", "exampled.py", "distribution/a.py"])
def test_other_files_are_no_documentation(path: str) -> None:
    assert not is_documentation(path)
