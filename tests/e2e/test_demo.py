"""The demonstration with the real tools: what the README opens with."""

from __future__ import annotations

import html
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_mcpquality.cli import main
from tests.support.command import mcpquality

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed")]


@dataclass(frozen=True)
class Demo:
    """A demonstration that has ended."""

    code: int
    said: str
    folder: Path
    page: str


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, installed: None) -> Demo:  # noqa: ARG001 - for its effect
    # In a folder of a repository that ignores everything, with settings about another project.
    here = tmp_path_factory.mktemp("demo")
    (here / ".git").mkdir()
    (here / ".gitignore").write_text("*\n", encoding="utf-8")
    settings = {"MCPQUALITY_SKIP": "semgrep", "MCPQUALITY_FAIL_ON": "critical", "MCPQUALITY_OFFLINE": "yes"}
    done = mcpquality("demo", cwd=here, env=settings)
    folder = here / "mcpquality-demo"
    page = folder / "report.html"
    return Demo(done.returncode, done.stdout + done.stderr, folder, page.read_text(encoding="utf-8"))


def test_it_ends_with_0_although_the_gates_failed(demo: Demo) -> None:
    assert demo.code == 0, demo.said
    assert "FAILED" in demo.said
    assert "because the flaws are planted" in demo.said
    assert "Traceback" not in demo.said


def test_it_says_where_the_report_is_and_what_to_do_next(demo: Demo) -> None:
    assert str(demo.folder / "report.html") in demo.said
    assert str(demo.folder / "README.md") in demo.said
    for command in ("mcpquality explain", "mcpquality scan PATH", "mcpquality init PATH"):
        assert command in demo.said


@pytest.fixture(scope="module")
def document(demo: Demo) -> dict[str, list[dict[str, object]]]:
    done = mcpquality("scan", demo.folder, "--format", "json", cwd=demo.folder.parent)
    assert done.returncode == 1
    read: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return read


def test_every_planted_flaw_is_found(demo: Demo, document: dict[str, list[dict[str, object]]]) -> None:
    planted = {
        "mcp-command-injection": "notes_server/server.py",
        "mcp-path-traversal": "notes_server/server.py",
        "mcp-ssrf": "notes_server/server.py",
        "mcp-unsafe-deserialization": "notes_server/server.py",
        "B113": "notes_server/server.py",
        "aws-access-key": "notes_server/backup.py",
        "PYSEC-2018-28": "requirements.txt",
        "PYSEC-2021-142": "requirements.txt",
    }
    found = {
        (str(finding["rule"]), finding["location"]["path"])  # type: ignore[index]
        for finding in document["findings"]
        if finding["location"]
    }
    assert set(planted.items()) <= found
    assert {finding["category"] for finding in document["findings"]} == {"code", "dependency", "secret", "coverage"}
    shown = html.unescape(demo.page)
    for rule in (*planted, "coverage-lines"):
        assert rule in shown, rule
        assert rule in demo.said, rule


def test_every_gate_of_the_demonstration_fails(document: dict[str, list[dict[str, object]]]) -> None:
    ours = {"semgrep", "bandit", "pip-audit", "detect-secrets", "coverage"}
    assert {gate["status"] for gate in document["gates"] if gate["scanner"] in ours} == {"failed"}
    # Other tools may be on this machine's PATH.
    assert {gate["scanner"] for gate in document["gates"] if gate["status"] == "failed"} >= ours


def test_every_rule_it_shows_can_be_explained(
    document: dict[str, list[dict[str, object]]], capsys: pytest.CaptureFixture[str]
) -> None:
    for rule in sorted({f"{finding['scanner']}:{finding['rule']}" for finding in document["findings"]}):
        assert main(["explain", rule]) == 0, rule
        assert len(capsys.readouterr().out.splitlines()) > 2, rule


def test_a_demonstration_without_its_tools_is_none(tmp_path: Path) -> None:
    # Nothing is installed, and the registry cannot be reached.
    env = {"MCPQUALITY_CACHE_DIR": str(tmp_path / "cache"), "UV_OFFLINE": "1", "UV_NO_CACHE": "1", "UV_FIND_LINKS": ""}
    done = mcpquality("demo", "shown", "-q", cwd=tmp_path, env=env)
    assert done.returncode == 3, done.stdout
    assert "Not all of the demonstration could be shown" in done.stdout
    assert "because the flaws are planted" not in done.stdout
    assert (tmp_path / "shown" / "report.html").exists()


def test_a_folder_that_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = mcpquality("demo", "mine", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is there already" in done.stderr
    assert os.listdir(tmp_path / "mine") == []  # noqa: PTH208 - the shortest way to say it
