"""What the docs say about commands, options, rules and exit codes is what the code does."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from mcpquality_scanners.results import Verdict
from mcpquality_scanners.semgrep.rules import bundled_rules
from pytest_mcpquality.cli import parser
from pytest_mcpquality.config.keys import all_keys, scanner_options
from pytest_mcpquality.exit_codes import INTERRUPTED, USAGE

ROOT = Path(__file__).parents[2]
SECTIONS = (
    "What it sees",
    "What it does not see",
    "How it is run",
    "What makes it incomplete",
    "Severities",
    "Options",
    "Suppression",
    "Privacy",
    "Cost",
)

Read = Callable[[str], str]


def test_every_generated_page_is_current(generate: ModuleType) -> None:
    pages: dict[Path, str] = generate.pages()
    assert len(pages) >= 8
    for path, text in pages.items():
        written = path.read_text(encoding="utf-8")
        # Versions of Python break the lines of a help text at other places.
        folded = path.suffix == ".txt"
        same = written.split() == text.split() if folded else written == text
        assert same, f"{path.relative_to(ROOT)} is not current: run docs/generate.py"


def test_what_is_not_current_is_named_and_rewritten(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docs = Path(shutil.copytree(ROOT / "docs", tmp_path / "docs"))
    monkeypatch.setattr(generate, "DOCS", docs)
    assert generate.main([]) == 0
    capsys.readouterr()
    page = docs / "reference/scanners/bandit.md"
    current = page.read_text(encoding="utf-8")
    page.write_text(current.replace("| `skips` |", "| `skip` |"), encoding="utf-8")
    (docs / "reference/rules.md").unlink()
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "not current: reference/scanners/bandit.md" in said.splitlines()
    assert "not current: reference/rules.md" in said.splitlines()
    assert not (docs / "reference/rules.md").exists()
    assert generate.main([]) == 0
    assert page.read_text(encoding="utf-8") == current
    assert generate.main(["--check"]) == 0


def test_every_command_and_option_is_in_the_reference(generate: ModuleType, read: Read) -> None:
    text = read("docs/reference/command-line.txt")
    commands: list[argparse.ArgumentParser] = list(generate.parsers(parser()))
    assert len(commands) >= 10
    for command in commands:
        start = text.index(f"$ {command.prog} --help\n")
        part = text[start + 1 :].partition("\n$ ")[0]
        for action in command._actions:
            assert all(option in part for option in action.option_strings), command.prog


def test_every_scanner_has_a_page_with_everything_on_it(generate: ModuleType, read: Read) -> None:
    index = read("docs/index.md")
    for scanner in generate.own_scanners():
        page = read(f"docs/reference/scanners/{scanner.name}.md")
        assert f"reference/scanners/{scanner.name}\n" in index
        assert f"docs/reference/scanners/{scanner.name}.md" in read("README.md")
        headings = re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
        assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS), scanner.name
        for option in scanner_options(scanner):
            assert f"| `{option.name}` |" in page, f"{scanner.name}: {option.name}"


def test_every_setting_is_in_the_reference(generate: ModuleType, read: Read) -> None:
    page = read("docs/reference/configuration.md")
    keys = all_keys(generate.own_scanners(), tuple(generate.SPECS))
    assert all(f"`{key.variable}`" in page for key in keys.values())


def test_every_rule_of_ours_is_explained(read: Read) -> None:
    page = read("docs/reference/rules.md")
    for name, rule in bundled_rules().items():
        assert f"\n## {name}\n" in page
        assert " ".join(str(rule["message"]).split()) in page


def test_the_readme_has_the_exit_codes_of_the_help(read: Read) -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", read("README.md"), flags=re.MULTILINE))
    helped = re.findall(r"^  (\d+) +(.+)$", parser().format_help().partition("exit codes:")[2], flags=re.MULTILINE)
    assert {code: meaning.replace("`", "") for code, meaning in rows.items()} == dict(helped)
    real = {verdict.exit_code for verdict in Verdict} | {USAGE, INTERRUPTED}
    assert {int(code) for code in rows} == real
    reference = re.findall(r"^\| (\d+) \|", read("docs/reference/exit-codes.md"), flags=re.MULTILINE)
    assert {int(code) for code in reference} == real


def test_the_links_of_the_readme_lead_somewhere(read: Read) -> None:
    links = re.findall(r"\]\((?!https://)([^)#]+)", read("README.md"))
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []
