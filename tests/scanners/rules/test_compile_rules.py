"""The compiler of the bundled rules: its tags, its refusals, and how it tells that the JSON is stale."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RULES = ROOT / "scanners" / "mcpquality_scanners" / "rules"
COMPILER = ROOT / "scanners" / "compile_rules.py"

_spec = importlib.util.spec_from_file_location("compile_rules", COMPILER)
assert _spec is not None
assert _spec.loader is not None
compile_rules = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compile_rules)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a gate and no rules."""
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments" / "gate.yaml").write_text("[one, two]\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def run(folder: Path, *arguments: str) -> int:
    command = [sys.executable, str(COMPILER), "--folder", str(folder), *arguments]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_the_json_is_what_the_yaml_compiles_to() -> None:
    assert (RULES / "mcp-rules.json").read_text(encoding="utf-8") == compile_rules.compile_rules(RULES)
    assert (RULES / "gate.json").read_text(encoding="utf-8") == compile_rules.compile_gate(RULES)


@pytest.mark.parametrize("stale", ["mcp-rules.json", "gate.json"])
def test_check_mode_tells_stale_json(folder: Path, stale: str) -> None:
    write(folder, "one", "rules: [{id: mcp-one}]")
    assert run(folder, "--check") == 1
    assert run(folder) == 0
    assert run(folder, "--check") == 0
    (folder / stale).write_text("{}", encoding="utf-8")
    assert run(folder, "--check") == 1


def test_an_id_used_twice_is_refused(folder: Path) -> None:
    write(folder, "one", "rules: [{id: mcp-same}]")
    write(folder, "two", "rules: [{id: mcp-same}]")
    with pytest.raises(compile_rules.DuplicateRuleError, match="mcp-same"):
        compile_rules.compile_rules(folder)


def test_fragments_are_spliced_into_lists_and_stand_alone_elsewhere(folder: Path) -> None:
    write(folder / "fragments", "letters", "[a, b]")
    write(folder / "fragments", "options", "{deep: true}")
    text = (
        "rules: [{id: mcp-one, list: [0, !fragment letters, 9], whole: !fragment letters, options: !fragment options}]"
    )
    write(folder, "one", text)
    [rule] = compile_rules.load_rules(folder / "one.yaml")
    assert rule == {"id": "mcp-one", "list": [0, "a", "b", 9], "whole": ["a", "b"], "options": {"deep": True}}


def test_the_expression_reaches_from_the_first_line_with_the_word_to_the_end(folder: Path) -> None:
    write(folder / "fragments", "word", "os|sys")
    write(folder, "one", "rules: [{id: mcp-one, a: !from-line-with 'os|sys', b: !from-line-with-fragment word}]")
    [rule] = compile_rules.load_rules(folder / "one.yaml")
    assert rule["a"] == rule["b"]
    match = re.search(rule["a"], "first\nimport os\nlast\n")
    assert match is not None
    assert match[0] == "import os\nlast\n"
    assert re.search(rule["a"], "first\nlast\n") is None


def test_the_gate_joins_its_alternatives(folder: Path) -> None:
    assert json.loads(compile_rules.compile_gate(folder)) == {"words": "one|two"}
