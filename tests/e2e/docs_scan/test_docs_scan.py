"""`mcpquality scan` as its users run it, with a Context7 at a loopback port: in order, gone, and gone for long."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_mcpquality.testing.fake_context7.fake import FakeContext7
from tests.support.command import COMMAND, Run, environment, mcpquality, scan, write

pytestmark = pytest.mark.e2e

APP = (
    "import subprocess\nimport requests\n\n\ndef run(command):\n"
    "    assert command\n"
    "    requests.get('https://example.org', verify=False, timeout=1)\n"
    "    subprocess.run(command, shell=True)\n"
)


@pytest.fixture(scope="module")
def service() -> Iterator[FakeContext7]:
    with FakeContext7() as fake:
        yield fake


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("docs") / "secret-project-name", {"secret_module.py": APP})


@pytest.fixture(scope="module")
def variables(service: FakeContext7, project: Path) -> Mapping[str, str]:
    return {
        "MCPQUALITY_DOCS__ENABLED": "yes",
        "MCPQUALITY_DOCS__CACHE": str(project.parent / "docs.sqlite"),
        "CONTEXT7_API_URL": service.url,
        "CONTEXT7_API_KEY": "ctx7sk-the-key-of-the-test",
        "NO_PROXY": "127.0.0.1",
    }


@pytest.fixture(scope="module")
def first(project: Path, variables: Mapping[str, str], service: FakeContext7) -> tuple[Run, int]:
    """The first scan, and how many requests it took."""
    run = bandit(project, variables)
    return run, len(service.requests)


def bandit(project: Path, variables: Mapping[str, str], *options: str) -> Run:
    return scan(project, "--scanner=bandit", "-v", *options, env=variables)


def said(run: Run) -> dict[str, dict[str, Any]]:
    return {one["rule"]: one for one in run.document["remediation"]}


def test_every_rule_says_how_to_put_it_right_who_says_so_and_as_of_when(first: tuple[Run, int]) -> None:
    run, requests = first
    assert run.code == 1
    found = said(run)
    assert {rule: one["source"] for rule, one in found.items()} == {
        "B404": "context7",
        "B501": "context7",
        "B602": "context7",
        "B101": "own help",
    }
    assert found["B602"]["library"] == "/python/cpython"
    assert found["B602"]["retrieved"].startswith("20")
    assert found["B101"]["retrieved"] == ""
    assert requests <= 3 * 3
    run.says("Run a program without a shell")
    assert "Documentation from Context7: /python/cpython, fetched 20" in run.terminal
    assert "Documentation from Context7: /psf/requests, fetched 20" in run.html
    assert "mcpquality: documentation for" not in run.progress


def test_a_second_scan_asks_nobody(
    first: tuple[Run, int], project: Path, variables: Mapping[str, str], service: FakeContext7
) -> None:
    before = len(service.requests)
    again = bandit(project, variables)
    assert len(service.requests) == before
    assert said(again) == said(first[0])


@pytest.mark.usefixtures("first")
def test_what_is_sent_is_the_question_and_nothing_of_the_project(service: FakeContext7) -> None:
    for request in service.requests:
        sent = json.dumps([request.path, dict(request.query), sorted(request.headers)])
        assert request.headers["authorization"] == "Bearer ctx7sk-the-key-of-the-test"
        for private in ("secret", "example.org", "assert", "/tmp", "ctx7sk"):
            assert private not in sent


@pytest.mark.usefixtures("first")
def test_the_key_is_in_no_report_and_no_cache(first: tuple[Run, int], project: Path) -> None:
    run = first[0]
    assert "ctx7sk" not in run.terminal + run.progress + run.json + run.sarif + run.html
    assert all(b"ctx7sk" not in path.read_bytes() for path in project.parent.glob("docs.sqlite*"))


@pytest.mark.parametrize("options", [("--no-docs",), ("--offline",)])
def test_switched_off_or_offline_nobody_is_asked(
    project: Path, variables: Mapping[str, str], service: FakeContext7, tmp_path: Path, options: tuple[str, ...]
) -> None:
    before = len(service.requests)
    run = bandit(project, {**variables, "MCPQUALITY_DOCS__CACHE": str(tmp_path / "empty.sqlite")}, *options)
    assert len(service.requests) == before
    assert run.code == 1
    assert {one["source"] for one in said(run).values()} == {"own help"}


@pytest.mark.usefixtures("first")
def test_offline_what_is_kept_is_shown(project: Path, variables: Mapping[str, str]) -> None:
    assert said(bandit(project, variables, "--offline"))["B602"]["source"] == "context7"


def test_with_the_service_gone_the_verdict_is_the_same(
    first: tuple[Run, int], project: Path, variables: Mapping[str, str], tmp_path: Path
) -> None:
    gone = {
        **variables,
        "CONTEXT7_API_URL": "http://127.0.0.1:9/api",
        "MCPQUALITY_DOCS__CACHE": str(tmp_path / "other.sqlite"),
    }
    run = bandit(project, gone)
    assert (run.code, run.document["headline"]) == (1, first[0].document["headline"])
    assert {one["source"] for one in said(run).values()} == {"own help"}
    assert "documentation for 0 of 4 rules, our own help for the others: " in run.progress
    assert "Traceback" not in run.progress


def test_an_interruption_while_documentation_is_on_its_way_costs_no_report(project: Path, tmp_path: Path) -> None:
    with FakeContext7() as slow:
        slow.play("slow-60")
        own = {
            "MCPQUALITY_DOCS__ENABLED": "yes",
            "MCPQUALITY_DOCS__CACHE": "memory",
            "MCPQUALITY_DOCS__TIMEOUT": "60",
            "MCPQUALITY_DOCS__DEADLINE": "60",
            "CONTEXT7_API_URL": slow.url,
            "NO_PROXY": "127.0.0.1",
        }
        command = [*COMMAND, "scan", str(project), "--scanner", "bandit", "--format", "json"]
        running = subprocess.Popen(command, cwd=tmp_path, env=environment(own), stdout=subprocess.PIPE)
        try:
            patience = time.monotonic() + 60
            while not slow.requests and time.monotonic() < patience:
                time.sleep(0.05)
            assert slow.requests
            running.send_signal(signal.SIGINT)
            printed, _ = running.communicate(timeout=20)
        finally:
            running.kill()
            running.wait()
    assert running.returncode == 1
    assert {one["source"] for one in json.loads(printed)["remediation"]} == {"own help"}


def test_a_wrong_setting_is_told_before_anything_is_scanned(project: Path, variables: Mapping[str, str]) -> None:
    done = mcpquality("scan", project, cwd=project, env={**variables, "CONTEXT7_API_URL": "ftp://host"})
    assert done.returncode == 2
    assert "docs: api-url must be a URL" in done.stderr
    assert "started" not in done.stderr


def test_the_tests_of_this_project_ask_nobody() -> None:
    assert environment()["MCPQUALITY_DOCS__ENABLED"] == "no"
    assert environment()["CONTEXT7_API_URL"] == "http://127.0.0.1:9/api"
