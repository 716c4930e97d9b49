from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.dependencies.locks import read_lock
from mcpquality_scanners.dependencies.model import Origin, Pin, UnreadableError

UV = """\
version = 1
revision = 3

[[package]]
name = "idna"
version = "3.4"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "idna", version = "3.4" },
]

[[package]]
name = "member"
source = { editable = "packages/member" }

[[package]]
name = "sibling"
version = "1"
source = { directory = "../../sibling" }

[[package]]
name = "forked"
version = "1"
source = { git = "https://me:secret@host.test/forked?rev=1#0" }

[[package]]
name = "wheel-file"
version = "1"
source = { path = "x.whl" }

[[package]]
name = "legacy"
version = "2004d"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "nowhere"
version = "1"
"""


def test_uv() -> None:
    reading = read_lock("sub/uv.lock", UV)
    assert reading.pins == (Pin("idna", "3.4", Origin("sub/uv.lock", 5)),)
    assert reading.members == ("sub", "sub/packages/member")
    assert [(item.name, item.reason) for item in reading.unseen] == [
        ("sub/uv.lock: sibling", "comes from outside of the scanned folder, not from the registry"),
        ("sub/uv.lock: forked", "comes from git https://host.test/forked?rev=1#0, not from the registry"),
        ("sub/uv.lock: wheel-file", "comes from path x.whl, not from the registry"),
        ("sub/uv.lock: legacy", "has no version by PEP 440 (2004d)"),
        ("sub/uv.lock: nowhere", "comes from nothing, not from the registry"),
    ]
    assert reading.others == {"app", "member", "sibling", "forked", "wheel-file", "legacy", "nowhere"}


def test_poetry() -> None:
    text = """\
[[package]]
name = "idna"
version = "3.4"

[[package]]
name = "private"
version = "1.0"
[package.source]
type = "legacy"
url = "https://host.test/simple"

[[package]]
name = "forked"
version = "1.0"
[package.source]
type = "git"
url = "https://host.test/x"

[[package]]
name = "own"
version = "1.0"
[package.source]
type = "directory"
url = "libs/own"

[metadata]
lock-version = "2.1"
"""
    reading = read_lock("poetry.lock", text)
    assert [pin.name for pin in reading.pins] == ["idna", "private"]
    assert [item.name for item in reading.unseen] == ["poetry.lock: forked"]
    assert reading.members == ("", "libs/own")


def test_pdm() -> None:
    text = """\
[metadata]
lock_version = "4.5.0"

[[package]]
name = "requests"
version = "2.19.1"

[[package]]
name = "requests"
version = "2.19.1"
extras = ["socks"]

[[package]]
name = "own"
version = "0"
path = "./own"

[[package]]
name = "file"
version = "0"
path = "./file.whl"

[[package]]
name = "forked"
version = "0"
git = "https://host.test/x"
"""
    reading = read_lock("pdm.lock", text)
    assert reading.pins == (Pin("requests", "2.19.1", Origin("pdm.lock", 5)),)
    assert [item.name for item in reading.unseen] == ["pdm.lock: file", "pdm.lock: forked"]


def test_pylock() -> None:
    text = """\
lock-version = "1.0"
created-by = "x"

[[packages]]
name = "idna"
version = "3.4"
marker = "sys_platform == 'win32'"
sdist = { url = "https://host.test/idna.tar.gz" }

[[packages]]
name = "own"
directory = { path = "." }

[[packages]]
name = "forked"
vcs = { type = "git", url = "https://host.test/x", commit-id = "0" }

[[packages]]
name = "file"
version = "1"
archive = { path = "file.tar.gz" }
"""
    reading = read_lock("pylock.dev.toml", text)
    assert reading.pins == (Pin("idna", "3.4", Origin("pylock.dev.toml", 5)),)
    assert [item.name for item in reading.unseen] == ["pylock.dev.toml: forked", "pylock.dev.toml: file"]


def test_pipfile() -> None:
    document = {
        "_meta": {"pipfile-spec": 6},
        "default": {"idna": {"version": "==3.4"}, "own": {"path": ".", "editable": True}},
        "develop": {"forked": {"git": "https://host.test/x", "ref": "0"}, "open": {}},
    }
    reading = read_lock("Pipfile.lock", json.dumps(document))
    assert [pin.name for pin in reading.pins] == ["idna"]
    assert [item.name for item in reading.unseen] == ["Pipfile.lock: forked", "Pipfile.lock: open"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", ""),
        ("uv.lock", "version = 2"),
        ("uv.lock", "version = true"),
        ("uv.lock", "version = 1\npackage = 1"),
        ("uv.lock", "version = 1\npackage = [1]"),
        ("uv.lock", "version = 1\n[[package]]\nversion = '1'"),
        ("uv.lock", "["),
        ("poetry.lock", ""),
        ("poetry.lock", "[metadata]\nlock-version = '3.0'"),
        ("poetry.lock", "[metadata]\nlock-version = '2.0'\n[[package]]\nname = 'a'"),
        ("pdm.lock", "[metadata]\nlock_version = '5'"),
        ("pylock.toml", "lock-version = '2.0'\npackages = []"),
        ("pylock.toml", "lock-version = '1.0'"),
        ("Pipfile.lock", "{"),
        ("Pipfile.lock", "[]"),
        ("Pipfile.lock", "{}"),
        ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6}, "default": []}'),
    ],
)
def test_another_shape_is_unreadable_and_not_empty(name: str, text: str) -> None:
    with pytest.raises(UnreadableError):
        read_lock(name, text)


@given(
    st.sampled_from(["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"]),
    st.text(max_size=40),
)
def test_no_text_breaks_a_reader(name: str, text: str) -> None:
    with pytest.raises(UnreadableError):
        read_lock(name, text)
