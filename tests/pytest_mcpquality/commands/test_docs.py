"""`mcpquality docs`, and the step of a scan, against a Context7 at a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from mcpquality_scanners.base import Scanner
from mcpquality_scanners.findings import Category, Finding, Location, Region, Severity
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.remediation import RemediationSource
from mcpquality_scanners.results import Results
from pytest_mcpquality.cli import main
from pytest_mcpquality.commands import docs_step
from pytest_mcpquality.commands.docs_step import DocumentationStep, explained_by
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.testing.fake_context7.fake import FakeContext7
from tests.reports import samples


@pytest.fixture
def service() -> Iterator[FakeContext7]:
    with FakeContext7(quota=50) as fake:
        yield fake


@pytest.fixture
def asking(project: Path, service: FakeContext7, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose documentation is asked of the service of the test; the working folder."""
    monkeypatch.setenv("MCPQUALITY_DOCS__ENABLED", "yes")
    monkeypatch.setenv("MCPQUALITY_DOCS__CACHE", str(project.parent / "docs.sqlite"))
    monkeypatch.setenv("CONTEXT7_API_URL", service.url)
    monkeypatch.chdir(project)
    return project


def docs(*arguments: str) -> int:
    return main(["docs", *arguments])


def words(capsys: pytest.CaptureFixture[str]) -> str:
    """What was printed, on one line."""
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("asking")
def test_get_prints_the_documentation_about_a_rule(capsys: pytest.CaptureFixture[str], service: FakeContext7) -> None:
    assert docs("get", "b602") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("B602: from Context7: /python/cpython, fetched 20")
    assert 'subprocess.run(["grep", "--", pattern, path], check=True)' in printed
    asked = len(service.requests)
    assert docs("get", "bandit:B602") == 0
    assert docs("get", "CWE-78") == 0
    assert len(service.requests) == asked


@pytest.mark.usefixtures("asking")
def test_get_prints_the_documentation_of_a_library(capsys: pytest.CaptureFixture[str], service: FakeContext7) -> None:
    assert docs("get", "requests", "verify certificates") == 0
    assert capsys.readouterr().out.startswith("From Context7: /psf/requests, fetched 20")
    assert service.asked("context")[-1].query["query"] == "verify certificates"
    assert docs("get", "/psf/requests") == 0


@pytest.mark.usefixtures("asking")
def test_without_documentation_get_says_so_and_shows_our_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs("get", "no-such-library") == 3
    printed = capsys.readouterr()
    assert "no documentation: Context7 knows no library 'no-such-library'" in printed.err
    assert printed.out == ""
    assert docs("get", "B506") == 3
    printed = capsys.readouterr()
    assert printed.out.startswith("B506: from mcpquality's own help for the rule")
    assert "knows no library 'pyyaml'" in printed.err
    assert docs("get", "B101") == 0
    assert "no question about this rule" in capsys.readouterr().err


@pytest.mark.usefixtures("asking")
def test_get_refuses_what_cannot_be_asked(capsys: pytest.CaptureFixture[str], service: FakeContext7) -> None:
    assert docs("get", "/not-an-id") == 2
    assert docs("get", "requests", "") == 2
    assert docs("get", "requests", "x" * 501) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert service.requests == []


def test_switched_off_only_what_is_kept_is_shown(
    asking: Path, service: FakeContext7, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking.is_dir()
    assert docs("get", "B602") == 0
    asked = len(service.requests)
    monkeypatch.setenv("MCPQUALITY_DOCS__ENABLED", "no")
    assert docs("get", "B602") == 0
    assert docs("get", "B501") == 3
    assert docs("status", "--ask") == 3
    assert len(service.requests) == asked
    assert "switched off by MCPQUALITY_DOCS__ENABLED: only what is kept is used" in words(capsys)


def test_warm_fetches_what_a_scan_could_ask_and_clear_forgets_it(
    asking: Path, service: FakeContext7, capsys: pytest.CaptureFixture[str]
) -> None:
    (asking / "client.py").write_text("import requests\n", encoding="utf-8")
    assert docs("warm") == 0
    first = capsys.readouterr().out
    assert "questions answered, with " in first
    assert "x Context7 knows no library 'pyyaml'" in first
    assert " of 50 requests are left of the quota" in first
    asked = len(service.requests)
    assert docs("warm", str(asking)) == 0
    assert "with 0 requests" in capsys.readouterr().out
    assert len(service.requests) == asked
    assert docs("clear") == 0
    assert "Nothing is kept any more in " in capsys.readouterr().out
    assert docs("get", "B602") == 0
    assert len(service.requests) > asked


@pytest.mark.usefixtures("asking")
def test_status_tells_who_is_asked_and_how_well_that_works(
    capsys: pytest.CaptureFixture[str], service: FakeContext7, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTEXT7_API_KEY", "ctx7sk-hunter2")
    assert docs("status") == 0
    assert "degraded; nothing has been asked yet" in capsys.readouterr().out
    assert service.requests == []
    assert docs("status", "--ask") == 0
    printed = words(capsys)
    for said in (
        "state healthy",
        f"service {service.url} (REST)",
        "key 1 key in CONTEXT7_API_KEY",
        "breaker closed, 0 changes",
        "1 sent, 1 answered, 0 retries",
        "49 of 50 requests are left of the quota, granted anew 20",
    ):
        assert said in printed
    assert "hunter2" not in printed


@pytest.mark.usefixtures("asking")
def test_status_of_a_service_that_is_gone_is_not_fine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTEXT7_API_URL", "http://127.0.0.1:9/api")
    assert docs("status", "--ask") == 3
    printed = capsys.readouterr().out
    assert "unhealthy" in printed
    assert "no answer " in printed


def test_status_asks_although_an_answer_is_kept(
    asking: Path, service: FakeContext7, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking.is_dir()
    for number in (1, 2):
        assert docs("status", "--ask") == 0
        assert len(service.requests) == number
    monkeypatch.setenv("CONTEXT7_API_KEY", "not-a-key")
    assert docs("status", "--ask") == 3
    assert "no answer Context7 answered 401: invalid_api_key" in words(capsys)


@pytest.mark.usefixtures("asking")
@pytest.mark.parametrize(
    "given", [("../etc/passwd", "x"), ("requests", "password='hunter2-Xq9-Zt4'"), ("", "x")]
)  # pragma: allowlist secret
def test_what_looks_like_a_path_or_holds_a_secret_is_not_sent(
    given: tuple[str, str], service: FakeContext7, capsys: pytest.CaptureFixture[str]
) -> None:
    assert docs("get", *given) == 2
    assert service.requests == []
    assert "docs get" in capsys.readouterr().err


@pytest.mark.usefixtures("asking")
def test_status_in_the_format_of_prometheus(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs("status", "--ask", "--prometheus") == 0
    printed = capsys.readouterr().out
    assert "\nmcpquality_docs_requests_total 1\n" in printed
    assert "state" not in printed.splitlines()[0]


def test_status_names_other_ways(
    asking: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CONTEXT7_API_URL")
    monkeypatch.setenv("CONTEXT7_API_KEY", "ctx7sk-one")
    monkeypatch.setenv("MCPQUALITY_OFFLINE", "yes")
    monkeypatch.setenv("MCPQUALITY_DOCS__CACHE", "memory")
    text = '[docs]\ntransport = "mcp"\nmcp-command = ["node", "server.js"]\n'
    (asking / "mcpquality.toml").write_text(text, encoding="utf-8")
    assert docs("status") == 0
    printed = words(capsys)
    assert "service node server.js (MCP)" in printed
    assert "key kept back: a file in the scanned folder chooses the address" in printed
    assert "offline only what is kept is used" in printed
    assert "cache in memory only" in printed
    keys = asking / "keys"
    keys.write_text("ctx7sk-a\n", encoding="utf-8")
    monkeypatch.setenv("MCPQUALITY_DOCS__TRANSPORT", "rest")
    monkeypatch.setenv("MCPQUALITY_DOCS__API_KEY_FILE", str(keys))
    monkeypatch.setenv("MCPQUALITY_DOCS__API_KEY_COMMAND", "echo,ctx7sk-b")
    assert docs("status") == 0
    assert f"1 key in CONTEXT7_API_KEY, the file {keys}, a command" in capsys.readouterr().out


# The step -------------------------------------------------------------------------------------------------------


def found(*rules: str) -> Results:
    findings = tuple(
        Finding("bandit", rule, Severity.HIGH, "message", Location("app.py", Region(1)), fix=f"fix of {rule}")
        for rule in rules
    )
    return replace(samples.passing(), findings=findings)


def step(root: Path, scanners: tuple[Scanner, ...] | None = None) -> DocumentationStep:
    known = load_scanners()
    return DocumentationStep(settings_for(root, known), known if scanners is None else scanners)


def test_the_step_adds_remediation_and_changes_nothing_else(asking: Path, service: FakeContext7) -> None:
    before, prepared = found("B602", "B101"), list[str]()
    after = step(asking).run(before, lambda: prepared.append("reports"), quiet=False)
    assert {one.rule: one.source for one in after.remediation} == {
        "B602": RemediationSource.CONTEXT7,
        "B101": RemediationSource.OWN_HELP,
    }
    assert prepared == ["reports"]
    assert service.requests
    for name in {field.name for field in fields(Results)} - {"remediation"}:
        assert getattr(after, name) == getattr(before, name)


def test_without_findings_or_after_an_interruption_nobody_is_asked(asking: Path, service: FakeContext7) -> None:
    assert step(asking).run(found(), lambda: None, quiet=False).remediation == ()
    interrupted = replace(found("B602"), interrupted=True)
    after = step(asking).run(interrupted, lambda: None, quiet=False)
    assert [one.source for one in after.remediation] == [RemediationSource.OWN_HELP]
    assert service.requests == []


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt()])
def test_whatever_breaks_off_costs_advice_and_no_result(
    asking: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    async def broken(*_given: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(docs_step, "remediate", broken)
    after = step(asking).run(found("B602"), lambda: None, quiet=False)
    assert [one.source for one in after.remediation] == [RemediationSource.OWN_HELP]
    assert ("a bug" in capsys.readouterr().err) is isinstance(error, RuntimeError)


def test_preparing_that_fails_is_told_by_the_report_that_fails(asking: Path) -> None:
    def prepare() -> None:
        raise ValueError("in a report")

    after = step(asking).run(found("B602"), prepare, quiet=False)
    assert [one.source for one in after.remediation] == [RemediationSource.CONTEXT7]


def test_why_a_service_is_left_alone_is_said_once(
    asking: Path, service: FakeContext7, capsys: pytest.CaptureFixture[str]
) -> None:
    service.play("quota")
    step(asking).run(found("B602", "B501", "B506", "B301", "B324"), lambda: None, quiet=False)
    said = capsys.readouterr().err
    assert "is left alone until" in said
    assert said.count("Quota Exceeded") == 1


def test_quiet_says_nothing_of_what_is_missing(
    asking: Path, service: FakeContext7, capsys: pytest.CaptureFixture[str]
) -> None:
    service.play("status-403")
    step(asking).run(found("B602"), lambda: None, quiet=True)
    assert capsys.readouterr().err == ""


def test_it_is_told_when_little_of_the_quota_is_left(
    project: Path, asking: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asking == project
    with FakeContext7(quota=30) as service:
        monkeypatch.setenv("CONTEXT7_API_URL", service.url)
        step(asking).run(found("B602"), lambda: None, quiet=False)
        assert capsys.readouterr().err == ""
        assert docs("warm") == 0
        monkeypatch.setenv("MCPQUALITY_DOCS__CACHE", "memory")
        capsys.readouterr()
    with FakeContext7(quota=1) as service:
        monkeypatch.setenv("CONTEXT7_API_URL", service.url)
        step(asking).run(found("B602"), lambda: None, quiet=False)
        assert "Context7: 0 of 1 requests are left of the quota" in capsys.readouterr().err


class Silly:
    """A scanner that cannot explain itself."""

    name, title, category, options, weight = "silly", "", Category.CODE, (), 1

    def explain(self, rule: str) -> str | None:
        raise RuntimeError(rule)


def test_a_scanner_that_breaks_off_explaining_has_nothing_to_say() -> None:
    explain = explained_by([Silly()])
    assert explain("silly", "rule") is None
    assert explain("unknown", "rule") is None
