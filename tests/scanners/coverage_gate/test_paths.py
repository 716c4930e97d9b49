"""Names in the data and the files they mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.coverage_gate.paths import Match, PathMap

FILES = (
    "server.py",
    "src/shop/__init__.py",
    "src/shop/cart.py",
    "src/shop/api/__init__.py",
    "src/shop/api/http.py",
)


def paths(*names: str, files: tuple[str, ...] = FILES, root: str = "/work/project") -> PathMap:
    return PathMap(Path(root), files, names)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("src/shop/cart.py", "src/shop/cart.py"),
        ("./src/shop/cart.py", "src/shop/cart.py"),
        ("/work/project/src/shop/cart.py", "src/shop/cart.py"),
        ("/ci/build-7/src/shop/cart.py", "src/shop/cart.py"),
        ("shop/cart.py", "src/shop/cart.py"),
        ("/app/shop/cart.py", "src/shop/cart.py"),
        ("C:\\ci\\project\\src\\shop\\cart.py", "src/shop/cart.py"),
        ("/venv/lib/python3.12/site-packages/shop/cart.py", "src/shop/cart.py"),
        ("/work/project/.tox/py/lib/site-packages/shop/__init__.py", "src/shop/__init__.py"),
        ("/venv/lib/site-packages/server.py", "server.py"),
        ("/venv/lib/site-packages/requests/__init__.py", None),
        ("/venv/lib/site-packages/requests/api/__init__.py", None),
        ("/venv/lib/site-packages/requests/server.py", None),
        ("/usr/lib/other.py", None),
        ("", None),
    ],
)
def test_one_name(name: str, path: str | None) -> None:
    assert paths(name).find((name,)) == Match(path)


def test_the_other_names_tell_where_the_project_was() -> None:
    names = (
        "/ci/p/src/shop/cart.py",
        "/ci/p/src/shop/api/http.py",
        "/ci/p/server.py",
        "/ci/p/src/gone/server.py",
    )
    there = paths(*names)
    assert [there.find((name,)).path for name in names] == [
        "src/shop/cart.py",
        "src/shop/api/http.py",
        "server.py",
        None,
    ]


def test_a_deleted_package_does_not_take_the_place_of_another() -> None:
    names = ("/app/shop/cart.py", "/app/shop/api/http.py", "/app/gone/api/__init__.py")
    assert paths(*names).find((names[2],)) == Match(None)


def test_what_could_mean_several_is_not_guessed() -> None:
    files = ("one/app/main.py", "two/app/main.py")
    for name in ("/ci/app/main.py", "/venv/site-packages/app/main.py"):
        assert paths(name, files=files).find((name,)) == Match(None, ambiguous=True)


def test_the_nearest_of_several_installed_files() -> None:
    name = "/venv/site-packages/app/main.py"
    files = ("src/app/main.py", "examples/copy/app/main.py")
    assert paths(name, files=files).find((name,)) == Match("src/app/main.py")


def test_of_several_names_the_one_that_exists() -> None:
    names = ("/work/project/src/shop/cart.py", "/work/project/lib/nothing.py")
    assert paths(*names).find(names) == Match("src/shop/cart.py")
    both = ("/work/project/src/shop/cart.py", "/work/project/server.py")
    assert paths(*both).find(both) == Match(None, ambiguous=True)


PART = st.sampled_from(["a", "b", "src", "site-packages", "__init__.py", "m.py"])
PATHS = st.lists(PART, min_size=1, max_size=4).map("/".join)


@given(files=st.lists(PATHS, min_size=1, max_size=6, unique=True), prefix=st.sampled_from(["", "/work/project/"]))
def test_every_file_is_found_by_its_own_name(files: list[str], prefix: str) -> None:
    names = [prefix + file for file in files]
    there = paths(*names, files=tuple(files))
    assert [there.find((name,)).path for name in names] == files


@given(
    files=st.lists(PATHS, min_size=1, max_size=6, unique=True),
    names=st.lists(st.text(max_size=6) | PATHS, max_size=5),
)
def test_no_name_is_ever_an_error(files: list[str], names: list[str]) -> None:
    there = paths(*names, files=tuple(files))
    for name in names:
        assert there.find((name,)).path in {*files, None}
