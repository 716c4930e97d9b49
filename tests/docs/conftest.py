from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A block of code on a page: `place` is the page and the line it begins on."""

    place: str
    language: str
    text: str


def examples() -> Iterator[Example]:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield Example(f"{page.relative_to(ROOT).as_posix()}:{line}", match[1], match[2])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `toml_example` runs for each block of TOML, and so on."""
    for name in metafunc.fixturenames:
        language, _, rest = name.partition("_")
        if rest == "example":
            found = [example for example in examples() if example.language == language]
            assert found, f"no page has an example in {language}"
            metafunc.parametrize(name, found, ids=[example.place for example in found])


def load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    """docs/generate.py."""
    return load_module(ROOT / "docs" / "generate.py")


@pytest.fixture(scope="session")
def spdx_header() -> ModuleType:
    """The example of a plugin."""
    return load_module(ROOT / "docs" / "examples" / "spdx_header.py")


@pytest.fixture(scope="session")
def read() -> Callable[[str], str]:
    """Reads a page by its path below the root."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")
