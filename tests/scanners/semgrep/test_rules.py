"""Where Semgrep's rules come from, and that their ids survive it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.semgrep import rules as semgrep_rules
from mcpquality_scanners.semgrep.rules import bundled_rules, configs, rule_id


class Unused:
    async def tool(self, name: str) -> Tool:
        raise AssertionError(name)

    async def run(self, argv: tuple[str, ...], **_rest: object) -> Completed:
        raise AssertionError(argv)


def context(tmp_path: Path, *values: str, offline: bool = False) -> ScanContext:
    root, scratch = tmp_path / "root", tmp_path / "scratch"
    root.mkdir(exist_ok=True)
    scratch.mkdir()
    options = {"config": values}
    return ScanContext(root, (), options, Unused(), Unused(), scratch, offline=offline)


def write(tmp_path: Path, *names: str) -> None:
    for name in names:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"rules: []  # {name}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("......tmp.x.mcpquality-config.0.f0.mcp-sql-injection", "mcp-sql-injection"),
        ("mcpquality-config.12.f3.my.eval", "my.eval"),
        ("python.lang.security.audit.eval", "python.lang.security.audit.eval"),
    ],
)
def test_the_rules_own_id(reported: str, expected: str) -> None:
    assert rule_id(reported) == expected


def test_our_own_rules_have_all_that_is_shown() -> None:
    rules = bundled_rules()
    assert "mcp-command-injection" in rules
    for rule in rules.values():
        assert rule["message"]
        assert rule["severity"]
        assert rule["metadata"]["fix"]
        assert rule["metadata"]["cwe"]
        assert rule["languages"] == ["python"]


def test_damaged_rules_of_ours_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "rules.json"
    broken.write_text("{", encoding="utf-8")
    monkeypatch.setattr(semgrep_rules, "BUNDLED_FILE", broken)
    with pytest.raises(ToolError, match="reinstall"):
        bundled_rules()


def test_files_and_folders_are_staged_under_names_of_our_own(tmp_path: Path) -> None:
    write(tmp_path, "one.yml", "more/b.yaml", "more/a.yml", "more/a.test.yaml", "more/data.json")
    usable, unseen = configs(context(tmp_path, "mcpquality", "one.yml", "more/"))
    assert unseen == ()
    assert [config.bundled for config in usable] == [True, False, False]
    assert [file.name for config in usable for file in config.files] == [
        "mcpquality",
        "one.yml",
        "more/a.yml",
        "more/b.yaml",
    ]
    texts = [(tmp_path / "root" / file.argument).read_text("utf-8") for file in usable[2].files]
    assert texts == ["rules: []  # more/a.yml\n", "rules: []  # more/b.yaml\n"]


@pytest.mark.parametrize(
    ("value", "reason"), [("nosuch.yml", "no such file"), ("empty", "no rule files"), ("p/python", "offline")]
)
def test_what_cannot_be_used_is_named(tmp_path: Path, value: str, reason: str) -> None:
    (tmp_path / "root" / "empty").mkdir(parents=True)
    # A folder in the tree cannot pass itself off as the registry's rules.
    write(tmp_path, "p/python/rules.yml")
    usable, (unseen,) = configs(context(tmp_path, "mcpquality", value, offline=True))
    assert [config.value for config in usable] == ["mcpquality"]
    assert unseen.name == value
    assert reason in unseen.reason


def test_the_registry_is_asked_when_online(tmp_path: Path) -> None:
    (config,), unseen = configs(context(tmp_path, "p/python", "p/python"))
    assert unseen == ()
    assert [(file.argument, file.local) for file in config.files] == [("p/python", False)]


def test_a_folder_named_like_the_registry_is_reached_by_a_dot(tmp_path: Path) -> None:
    write(tmp_path, "p/python/rules.yml")
    (config,), _unseen = configs(context(tmp_path, "./p/python", offline=True))
    assert [file.name for file in config.files] == ["./p/python/rules.yml"]
