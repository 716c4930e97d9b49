from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.dependencies import Kind, Manifest, UnreadableError, discover, find_scripts, read_all
from mcpquality_scanners.dependencies.scripts import read_script

# The marks of a script, put together so that this file is none.
START, END = "# /// " + "script", "# /" + "//"
SCRIPT = f"""#!/usr/bin/env python
{START}
# requires-python = ">=3.12"
# dependencies = [
#   "idna==3.4",
#   "rich",
# ]
{END}
"""
LOCK = """
version = 1
requires-python = ">=3.12"
[manifest]
requirements = [{ name = "idna", specifier = "==3.4" }, { name = "rich" }]
[[package]]
name = "idna"
version = "3.4"
source = { registry = "x" }
[[package]]
name = "rich"
version = "13.0"
source = { registry = "x" }
"""


def test_a_script_says_what_it_needs() -> None:
    reading = read_script("tool.py", SCRIPT)
    assert [(pin.name, pin.version, pin.origin.line) for pin in reading.pins] == [("idna", "3.4", 5)]
    assert [str(wanted.requirement) for wanted in reading.loose] == ["rich"]
    assert (reading.python, reading.declares) == ("3.12", False)


@pytest.mark.parametrize("text", ["", SCRIPT * 2, f"{START}\n# [\n{END}\n", f"{START}\n# dependencies = 1\n{END}\n"])
def test_what_does_not_parse_is_no_empty_script(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_script("tool.py", text)


def test_scripts_are_found_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "text.py").write_text(f'TEXT = """{SCRIPT.strip()} no end"""', encoding="utf-8")
    (tmp_path / "latin.py").write_bytes(b"\xe4")
    assert list(find_scripts(tmp_path, ("latin.py", "text.py", "tool.py", "x.txt"))) == ["tool.py"]


def test_the_lock_of_a_script_locks_it_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "tool.py.lock").write_text(LOCK, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "p"\ndependencies = ["idna<4"]\n', encoding="utf-8")
    files = ("pyproject.toml", "tool.py", "tool.py.lock")
    manifests = (*discover(files), Manifest("tool.py", Kind.SCRIPT))
    assert [manifest.path for manifest in manifests] == ["pyproject.toml", "tool.py.lock", "tool.py"]
    project, lock, script = read_all(tmp_path, manifests, files)
    assert [(pin.name, pin.version) for pin in lock.pins] == [("idna", "3.4"), ("rich", "13.0")]
    assert lock.roots == {"idna", "rich"}
    assert (script.pins, script.wanted) == ((), ())
    assert len(project.wanted) == 1


def test_a_script_without_a_lock_is_read_for_itself(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(SCRIPT, encoding="utf-8")
    (reading,) = read_all(tmp_path, [Manifest("tool.py", Kind.SCRIPT)], ("tool.py",))
    assert len(reading.wanted) == 2


def test_a_glob_may_name_a_script() -> None:
    assert discover(("tool.py",), ("*.py",)) == (Manifest("tool.py", Kind.SCRIPT),)
