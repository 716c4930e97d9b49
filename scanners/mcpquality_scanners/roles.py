"""What a file is for, told by its path: the same flaw weighs less in a test than in what is shipped."""

from __future__ import annotations

import re

_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|testdata|__tests__|fixtures|specs?)/"
    r"|(?:^|/)(?:test_[^/]*|conftest|tests)\.pyi?$"
    r"|_test\.[a-z]+$|\.(?:test|spec)\.[a-z]+$",
    re.IGNORECASE,
)
_DOCUMENTATION = re.compile(
    r"(?:^|/)(?:docs?|documentation|examples?|samples?)/|\.(?:md|rst|adoc)$"
    r"|(?:^|[./_-])(?:example|sample|template|dist)(?:[./_-][^/]*)?$",
    re.IGNORECASE,
)


def is_test(path: str) -> bool:
    """Whether a relative path is that of a test or of what tests use.

    >>> is_test("tests/data/a.json"), is_test("src/app_test.go"), is_test("contest/a.py")
    (True, True, False)
    """
    return _TESTS.search(path) is not None


def is_documentation(path: str) -> bool:
    """Whether a relative path is that of documentation, an example or a template to be filled in.

    >>> is_documentation("docs/index.rst"), is_documentation(".env.example"), is_documentation("app.py")
    (True, True, False)
    """
    return _DOCUMENTATION.search(path) is not None
