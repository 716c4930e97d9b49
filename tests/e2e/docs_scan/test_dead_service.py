"""A service that is gone costs a scan little the first time, and next to nothing from then on; real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mcpquality_scanners.findings import Finding, Location, Region, Severity
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.remediation import RemediationSource
from mcpquality_scanners.results import Environment, FileSummary, Results, Verdict
from pytest_mcpquality.commands.docs_step import DocumentationStep
from pytest_mcpquality.commands.loaded import settings_for

pytestmark = pytest.mark.e2e

RULES = ("B501", "B602", "B506", "B108", "B324", "B311", "B104", "B202", "B307", "B608")


@contextmanager
def silent() -> Iterator[str]:
    """An address where connections are accepted and nothing is ever said."""
    kept: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in kept:
            connection.close()


@contextmanager
def refusing() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"http://127.0.0.1:{port}/api"


def results() -> Results:
    found = [
        Finding("bandit", rule, Severity.HIGH, "message", Location("app.py", Region(number + 1)))
        for number, rule in enumerate(RULES)
    ]
    return Results(
        verdict=Verdict.FAILED,
        headline="Failed",
        fail_on=Severity.HIGH,
        gates=(),
        scanners=(),
        findings=tuple(found),
        suppressed=(),
        files=FileSummary(1, "folder"),
        target="p",
        started="2026-11-21T00:00:00Z",
        seconds=1.0,
        environment=Environment("0", "3", "linux"),
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCPQUALITY_DOCS__CACHE", str(tmp_path / "docs.sqlite"))
    monkeypatch.setenv("MCPQUALITY_DOCS__ENABLED", "yes")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def documented(root: Path) -> tuple[Results, float]:
    """What the step makes of the results, and its seconds; each time as a new process would do it."""
    scanners = load_scanners()
    step = DocumentationStep(settings_for(root, scanners), scanners)
    began = time.monotonic()
    made = step.run(results(), lambda: None, quiet=False)
    return made, time.monotonic() - began


@pytest.mark.parametrize("dead", [refusing, silent])
def test_a_dead_service_changes_nothing_but_whose_advice_it_is(
    dead: object, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(dead)
    monkeypatch.setenv("MCPQUALITY_DOCS__TIMEOUT", "0.3")
    monkeypatch.setenv("MCPQUALITY_DOCS__DEADLINE", "5")
    with dead() as url:
        monkeypatch.setenv("CONTEXT7_API_URL", url)
        first, seconds = documented(root)
        assert seconds < 5 + 2
        second, later = documented(root)
    # The breaker is open, and the next process knows.
    assert later < 1.0
    for made in (first, second):
        assert made.verdict is Verdict.FAILED
        assert {one.source for one in made.remediation} == {RemediationSource.OWN_HELP}
        assert len(made.remediation) == len(RULES)
    assert "documentation for 0 of 10 rules" in capsys.readouterr().err


def test_a_service_that_never_answers_takes_no_longer_than_the_deadline(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MCPQUALITY_DOCS__TIMEOUT", "60")
    monkeypatch.setenv("MCPQUALITY_DOCS__DEADLINE", "1")
    with silent() as url:
        monkeypatch.setenv("CONTEXT7_API_URL", url)
        made, seconds = documented(root)
    assert 1.0 <= seconds < 3.0
    assert {one.source for one in made.remediation} == {RemediationSource.OWN_HELP}
    assert "not answered in time" in capsys.readouterr().err


def test_a_name_server_that_never_answers_does_not_hold_up_the_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def never(*_given: object, **_named: object) -> list[object]:
        answered.wait(60)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setenv("CONTEXT7_API_URL", "http://context7.invalid/api")
    monkeypatch.setenv("MCPQUALITY_DOCS__DEADLINE", "1")
    made, seconds = documented(root)
    answered.set()
    assert seconds < 3.0
    assert {one.source for one in made.remediation} == {RemediationSource.OWN_HELP}
