"""Globs against their documented meaning, a plain reference, and git itself where both mean the same."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpquality_scanners.globs import first_match, matches


@pytest.mark.parametrize(
    ("pattern", "named", "not_named"),
    [
        ("*.py", ["a.py", "x/y/a.py"], ["a.pyc", "a.py.txt", "apy"]),
        ("vendor", ["vendor", "vendor/a", "x/vendor/a/b"], ["vendors/a", "xvendor", "vendor.py"]),
        ("vendor/", ["vendor/a", "x/vendor/a"], ["vendors/a"]),
        ("/vendor", ["vendor", "vendor/a"], ["x/vendor/a"]),
        ("./vendor", ["vendor", "vendor/a"], ["x/vendor/a"]),
        ("a/b", ["a/b", "a/b/c"], ["x/a/b", "a/bc", "a/x/b"]),
        ("a/*", ["a/b", "a/b/c"], ["a", "x/a/b"]),
        ("a/*.py", ["a/b.py"], ["a/x/b.py"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "ab"]),
        ("a/**/", ["a/b", "a/b/c"], ["a", "ab"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b/c"], ["ab", "a/xb", "x/a/b"]),
        ("**/b", ["b", "x/b", "x/y/b/c"], ["xb", "bx"]),
        ("a**/b", ["a/b", "ax/b", "a/x/b"], ["ab", "b"]),
        ("**", ["a", "a/b"], []),
        ("*", ["a", "a/b", ".a"], []),
        ("?.py", ["a.py", "x/a.py"], ["ab.py", ".py", "/.py"]),
        ("[ab].py", ["[ab].py"], ["a.py"]),
        ("!a", ["!a"], ["a", "b"]),
        ("a+(b)", ["a+(b)"], ["aab"]),
        ("a\nb*", ["a\nb", "a\nb\nc"], ["a", "b"]),
        ("a/**\n", ["a/x\n"], ["a/b"]),
        ("", [], ["a", "a/b"]),
        ("/", [], ["a", "a/b"]),
        ("./", [], ["a", "a/b"]),
    ],
)
def test_a_pattern_names_what_it_says(pattern: str, named: Sequence[str], not_named: Sequence[str]) -> None:
    assert [path for path in named if not matches(path, pattern)] == []
    assert [path for path in not_named if matches(path, pattern)] == []


def test_a_trailing_newline_of_a_name_is_part_of_it() -> None:
    assert not matches("a.py\n", "*.py")
    assert not matches("a\n", "/a")


def test_bytes_that_are_not_utf8_are_characters_like_any_other() -> None:
    assert matches("caf\udce9/a.py", "caf?")


def test_the_first_pattern_that_matches_is_named() -> None:
    assert first_match("a/b.py", ("x", "*.py", "a")) == "*.py"
    assert first_match("a/b.py", ()) is None


_SEGMENT = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "a?", "**"])
_PATTERN = st.builds(
    lambda lead, segments: lead + "/".join(segments),
    st.sampled_from(["", "/"]),
    st.lists(_SEGMENT, min_size=1, max_size=4),
)
_PATH = st.lists(st.text(alphabet="ab", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


def _reference(path: str, pattern: str) -> bool:
    """The same by trying everything: a pattern names a path when it names it or one of the folders around it."""
    segments = pattern.strip("/").split("/")
    if "/" not in pattern:
        segments = ["**", *segments]
    names = path.split("/")
    return any(_reference_segments(names[:length], segments) for length in range(1, len(names) + 1))


def _reference_segments(names: Sequence[str], segments: Sequence[str]) -> bool:
    if not segments:
        return not names
    if segments[0] == "**":
        if len(segments) == 1:
            return bool(names)
        return any(_reference_segments(names[skip:], segments[1:]) for skip in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], segments[0]) and _reference_segments(names[1:], segments[1:])


@given(path=_PATH, pattern=_PATTERN)
@settings(max_examples=500)
def test_it_agrees_with_trying_everything(path: str, pattern: str) -> None:
    assert matches(path, pattern) == _reference(path, pattern)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(("git", "init", "--quiet", str(folder)), check=True)
    return folder


@given(paths=st.lists(_PATH, min_size=1, max_size=20, unique=True), pattern=_PATTERN)
@settings(max_examples=60, deadline=None)
def test_it_agrees_with_git(repository: Path, paths: list[str], pattern: str) -> None:
    (repository / ".gitignore").write_text(f"{pattern}\n", encoding="utf-8")
    asked = subprocess.run(
        ("git", "check-ignore", "--no-index", "-z", "--stdin"),
        cwd=repository,
        input="\0".join(paths),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    assert {path for path in paths if matches(path, pattern)} == set(filter(None, asked.stdout.split("\0")))


@given(path=st.text(max_size=30), pattern=st.text(alphabet=st.sampled_from("ab*?/.[]!\\\n(){}+|^$"), max_size=12))
def test_no_text_is_too_odd_for_a_pattern(path: str, pattern: str) -> None:
    assert matches(path, pattern) in {True, False}
