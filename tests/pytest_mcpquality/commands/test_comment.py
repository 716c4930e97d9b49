from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcpquality_reports import json_report
from mcpquality_reports.base import no_sources
from mcpquality_reports.markdown import COMMENT
from pytest_mcpquality.cli import main
from tests.reports import hostile, samples
from tests.support.forge import TOKEN, Answer, FakeForge, serving

_OURS = ("GITHUB_", "GITLAB_", "CI_", "GH_")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - the environment of this test alone

    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.json").write_text(json_report.REPORT.render(samples.failing(), no_sources), encoding="utf-8")


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeForge]:
    with serving("github") as made:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_API_URL", made.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
        monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        yield made


def test_the_results_are_posted_and_it_ends_with_0(forge: FakeForge, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "r.json"]) == 0
    assert forge.bodies == [COMMENT.render(samples.failing(), no_sources)]
    said = capsys.readouterr().out
    assert said == f"created the comment on pull request 7 of o/r ({forge.url}): https://example.org/c/1\n"
    assert main(["comment", "r.json"]) == 0
    assert capsys.readouterr().out.startswith("unchanged the comment")


def test_several_comments_on_one_change_by_name(forge: FakeForge) -> None:
    for name in ("a", "b", "a"):
        assert main(["comment", "r.json", "--name", name]) == 0
    assert main(["comment", "r.json"]) == 0
    assert len(forge.comments) == 3


def test_gitlab_by_options(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("gitlab") as forge:
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        options = ["--forge=gitlab", "--repository=o/r", "--number=7", f"--api-url={forge.url}"]
        assert main(["comment", "r.json", *options]) == 0
        assert len(forge.comments) == 1


def test_a_refusal_is_not_green_and_shows_no_token(forge: FakeForge, capsys: pytest.CaptureFixture[str]) -> None:
    forge.refuse("POST", Answer(403, body={"message": f"Resource not accessible {TOKEN}"}))
    assert main(["comment", "r.json"]) == 3
    captured = capsys.readouterr()
    assert "pull-requests: write" in captured.err
    assert TOKEN not in captured.out + captured.err


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "GITHUB_REF"])
@pytest.mark.usefixtures("forge")
def test_what_is_missing_is_wrong_usage(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(variable)
    assert main(["comment", "r.json"]) == 2
    assert "set the variable" in (said := capsys.readouterr().err) or "--number" in said


def test_a_dry_run_prints_the_comment_and_posts_nothing(
    forge: FakeForge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert main(["comment", "r.json", "--dry-run"]) == 0
    captured = capsys.readouterr()
    assert captured.out == COMMENT.render(samples.failing(), no_sources)
    assert captured.err == f"mcpquality: would be posted on pull request 7 of o/r ({forge.url})\n"
    assert not forge.asked


def test_a_dry_run_needs_no_forge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["comment", "r.json", "--dry-run"]) == 0
    assert "would be posted on nowhere yet: neither" in capsys.readouterr().err


def test_the_planted_corpus_is_posted_within_the_limit(forge: FakeForge, tmp_path: Path) -> None:
    path = tmp_path / "planted.json"
    path.write_text(json_report.REPORT.render(hostile.results(), no_sources), encoding="utf-8")
    assert main(["comment", str(path)]) == 0
    assert len(forge.bodies[0]) <= 65_536


def test_a_secret_in_the_results_is_not_posted(forge: FakeForge, tmp_path: Path) -> None:
    text = (tmp_path / "r.json").read_text(encoding="utf-8").replace("After a redirect", f"Key {samples.KEY}: after")
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    assert main(["comment", "r.json"]) == 0
    assert "Key [hidden]" in forge.bodies[0] or "Key <code>&#91;hidden&#93;</code>" in forge.bodies[0]
    assert samples.KEY not in forge.bodies[0]
