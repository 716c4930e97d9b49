from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.dependencies import Imports, read_imports


def imports(tmp_path: Path, text: str, name: str = "a.py") -> Imports:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_imports(tmp_path, (name, "README.md"))


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("import yaml\n", "pyyaml"),
        ("    import os, yaml.nodes as y\n", "pyyaml"),
        ("x = 1; import requests\n", "requests"),
        ("from PIL import Image\n", "pillow"),
        ("from google.cloud import storage\n", "google-cloud-storage"),
        ("from google import protobuf\n", "protobuf"),
        ("import_module('jwt.api')\n", "pyjwt"),
        ("INSTALLED_APPS = ['rest_framework']\n", "djangorestframework"),
        ("import dateutil\n", "python-dateutil"),
        ("import markupsafe\n", "markupsafe"),
        ("from flask_login import x\n", "flask-login"),
        (">>> import idna\n", "idna"),
        ("import unknownlib\n", "py-unknownlib"),
    ],
)
def test_what_is_imported(tmp_path: Path, text: str, package: str) -> None:
    assert imports(tmp_path, text).mentions(package)


@pytest.mark.parametrize("package", ["pyyaml", "idna", "google-cloud-storage"])
def test_what_is_not(tmp_path: Path, package: str) -> None:
    assert not imports(tmp_path, "import os\nfrom . import x\n# yaml and idna\n").mentions(package)


def test_an_environment_knows_better(tmp_path: Path) -> None:
    found = imports(tmp_path, "import acme\n")
    assert found.mentions("some-distribution", {"acme"})
    assert not found.mentions("acme-tools", {"tools"})


def test_notebooks_are_code(tmp_path: Path) -> None:
    text = '{"cells": [{"source": ["import requests\\n", "from idna import core"]}]}'
    found = imports(tmp_path, text, "a.ipynb")
    assert found.mentions("requests")
    assert found.mentions("idna")


def test_without_code_or_with_unreadable_code_nothing_is_certain(tmp_path: Path) -> None:
    assert imports(tmp_path, "").complete
    assert not read_imports(tmp_path, ("README.md",)).complete
    (tmp_path / "b.py").write_bytes(b"\xff\xfe\xfa")
    assert not read_imports(tmp_path, ("a.py", "b.py")).complete
