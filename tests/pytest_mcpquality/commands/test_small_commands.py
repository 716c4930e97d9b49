"""`init`, `config` and `explain` as their users call them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pytest_mcpquality.cli import main

pytestmark = pytest.mark.usefixtures("plugin")


def test_init_writes_what_config_then_reads(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(project)]) == 0
    assert "mcpquality.toml" in capsys.readouterr().out
    assert "fail-on" in (project / "mcpquality.toml").read_text(encoding="utf-8")
    assert main(["config", str(project)]) == 0
    assert "mcpquality.toml" in capsys.readouterr().out


def test_init_twice_touches_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(project)])
    before = (project / "mcpquality.toml").read_bytes()
    assert main(["init", str(project)]) == 2
    assert "holds a configuration already" in capsys.readouterr().err
    assert (project / "mcpquality.toml").read_bytes() == before


def test_init_of_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "nowhere"]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_config_says_who_set_what(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "mcpquality.toml").write_text('fail-on = "low"\n', encoding="utf-8")
    monkeypatch.setenv("MCPQUALITY_JOBS", "7")
    assert main(["config", str(project)]) == 0
    text = capsys.readouterr().out
    lines = {line.partition(" ")[0]: line for line in text.splitlines() if not line.startswith("#")}
    assert lines["fail-on"].endswith("# mcpquality.toml:1")
    assert lines["jobs"].endswith("# MCPQUALITY_JOBS")
    assert lines["offline"].endswith("# default")
    assert "scanners.fake.behave" in lines
    assert tomllib.loads(text)["jobs"] == 7


def test_config_of_another_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mcpquality.toml").write_text('fail-on = "critical"\n', encoding="utf-8")
    outside = project.parent / "strict.toml"
    outside.write_text('fail-on = "info"\n', encoding="utf-8")
    assert main(["config", str(project), "--config", str(outside)]) == 0
    text = capsys.readouterr().out
    assert 'fail-on = "info"' in text
    assert "critical" not in text


@pytest.mark.parametrize("rule", ["FAKE1", "fake:FAKE1"])
def test_explain_asks_the_scanner_that_knows(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 0
    assert capsys.readouterr().out == "# FAKE1\n\nIt is fake.\n"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("B602", "B602"),
        ("bandit:B602", "B602"),
        ("mcp-command-injection", "mcp-command-injection"),
        ("coverage-lines", "[tool.mcpquality.coverage]"),
        ("aws-access-key", "AWS"),
        ("mcp-alive-start", "The server does not work. Group: alive, severity: high."),
        ("mcp:time:mcp-poisoning-instructions", "CWE-1427"),
    ],
)
def test_explain_knows_the_built_in_rules(rule: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("rule", ["B000", "bandit:FAKE1", "nobody:FAKE1", "", "x\ny"])
def test_explain_does_not_guess(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 2
    captured = capsys.readouterr()
    assert "no scanner knows" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("rule", "nearest"),
    [
        ("mcp-path-travers", "mcp-path-traversal"),
        ("semgrep:mcp-sql-injecton", "mcp-sql-injection"),
        ("b-602", "B602"),
        ("aws-acces-key", "aws-access-key"),
        ("coverage-line", "coverage-lines"),
        ("mcp-alive-strat", "mcp-alive-start"),
    ],
)
def test_explain_names_the_nearest_rule(rule: str, nearest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", rule]) == 2
    assert capsys.readouterr().err.endswith(f"; did you mean {nearest}?\n")


def test_explain_names_no_rule_that_is_not_near(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "quite-something-else-0"]) == 2
    assert capsys.readouterr().err.endswith("Give its id as a report shows it, such as B602.\n")
