from __future__ import annotations

import json
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.forges.target import Choice, Target, find_target, find_token

GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/pull/12/merge"}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PROJECT_ID": "99",
    "CI_MERGE_REQUEST_IID": "3",
    "CI_API_V4_URL": "https://git.example.org/api/v4/",
}


def test_a_pull_request_by_the_variables_of_github_actions() -> None:
    assert find_target(Choice(), GITHUB) == Target("github", "https://api.github.com", "o/r", 12)
    own = {**GITHUB, "GITHUB_API_URL": "https://ghe.example.org/api/v3"}
    assert find_target(Choice(), own).api == "https://ghe.example.org/api/v3"


def test_a_merge_request_by_the_variables_of_gitlab() -> None:
    assert find_target(Choice(), GITLAB) == Target("gitlab", "https://git.example.org/api/v4", "99", 3)
    fork = {**GITLAB, "CI_MERGE_REQUEST_PROJECT_ID": "7"}
    assert find_target(Choice(), fork).repository == "7"


def test_what_the_user_says_wins() -> None:
    choice = Choice("gitlab", "group/sub/project", 5, "https://git.example.org/api/v4")
    assert find_target(choice, GITHUB) == Target("gitlab", "https://git.example.org/api/v4", "group/sub/project", 5)


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({"pull_request": {"number": 4}}, 4),
        ({"issue": {"number": 5}}, 5),
        ({"workflow_run": {"pull_requests": [{"number": 6}]}}, 6),
    ],
)
def test_a_pull_request_by_the_event(tmp_path: Path, event: object, number: int) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    environ = {**GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(file)}
    assert find_target(Choice(), environ).number == number


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"pull_request": {"number": true}}', '{"issue": {"number": -1}}'])
def test_an_event_without_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "event.json"
    file.write_text(text, encoding="utf-8")
    environ = {**GITHUB, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(file)}
    with pytest.raises(UsageError, match=r"no run for a pull request.*--number"):
        find_target(Choice(), environ)


@pytest.mark.parametrize(
    ("choice", "environ", "message"),
    [
        (Choice(), {}, "neither GitHub Actions nor GitLab CI"),
        (Choice("github"), {}, "set GITHUB_REPOSITORY, or give --repository"),
        (Choice(repository="o/r/../../user"), GITHUB, "is no repository"),
        (Choice(repository="o r"), GITHUB, "is no repository"),
        (Choice(), {**GITHUB, "GITHUB_REF": "refs/heads/main"}, "no run for a pull request"),
        (Choice(), {**GITHUB, "GITHUB_REF": "", "GITHUB_EVENT_PATH": "/no/such"}, "no run for a pull request"),
        (Choice(), {**GITLAB, "CI_MERGE_REQUEST_IID": "x"}, "no run for a merge request"),
        (Choice(api="http://git.example.org/api/v4"), GITLAB, "not https: the token would be sent in clear"),
        (Choice(api="https://user@git.example.org"), GITLAB, "the address of the API is none"),
        (Choice(api="https://[x"), GITLAB, "cannot be read"),
        (Choice(api="file:///etc"), GITLAB, "the address of the API is none"),
    ],
)
def test_what_is_missing_or_wrong_is_said(choice: Choice, environ: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_target(choice, environ)


def test_the_token_comes_from_the_environment_alone() -> None:
    assert find_token("github", {"GITHUB_TOKEN": " abc\n"}) == "abc"
    assert find_token("github", {"GITHUB_TOKEN": "", "GH_TOKEN": "def"}) == "def"
    assert find_token("gitlab", {"GITLAB_TOKEN": "glpat"}) == "glpat"
    with pytest.raises(UsageError, match="set the variable GITHUB_TOKEN or GH_TOKEN"):
        find_token("github", {"GITLAB_TOKEN": "x"})


def test_what_is_no_token_is_not_shown() -> None:
    with pytest.raises(UsageError, match="GITLAB_TOKEN holds no token") as caught:
        find_token("gitlab", {"GITLAB_TOKEN": "hush\r\nX-Other: 1"})
    assert "hush" not in str(caught.value)
