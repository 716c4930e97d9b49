"""Which change a comment belongs to: from the variables of the CI, or as the user says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.forges.answers import number_at

GITHUB = "github"
GITLAB = "gitlab"
FORGES = (GITHUB, GITLAB)

_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)
_TOKENS = {GITHUB: ("GITHUB_TOKEN", "GH_TOKEN"), GITLAB: ("GITLAB_TOKEN",)}
_APIS = {GITHUB: ("GITHUB_API_URL", "https://api.github.com"), GITLAB: ("CI_API_V4_URL", "https://gitlab.com/api/v4")}
_REPOSITORIES = {GITHUB: ("GITHUB_REPOSITORY",), GITLAB: ("CI_MERGE_REQUEST_PROJECT_ID", "CI_PROJECT_ID")}
_CHANGES = {GITHUB: "pull request", GITLAB: "merge request"}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LARGEST_EVENT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """A pull request or merge request; `api` is the address of the forge's API without a slash at its end."""

    forge: str
    api: str
    repository: str
    number: int

    def __str__(self) -> str:
        return f"{_CHANGES[self.forge]} {self.number} of {self.repository} ({self.api})"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user says instead of the CI's variables; empty and 0 where nothing was said."""

    forge: str = ""
    repository: str = ""
    number: int = 0
    api: str = ""


def find_target(choice: Choice, environ: Mapping[str, str]) -> Target:
    """The change to comment on.

    Raises:
        UsageError: Something is missing or malformed; the message says which variable or option gives it.
    """
    forge = choice.forge or _forge(environ)
    repository = choice.repository or _first(_REPOSITORIES[forge], environ)
    if not repository:
        raise UsageError(f"no repository to comment on: set {_REPOSITORIES[forge][0]}, or give --repository")
    if not _REPOSITORY.fullmatch(repository) or (forge == GITHUB and repository.count("/") != 1):
        raise UsageError(f"{repository!r} is no repository: give it as OWNER/NAME, or on GitLab as its number")
    number = choice.number or _number(forge, environ)
    if number <= 0:
        what = _CHANGES[forge]
        raise UsageError(f"this is no run for a {what}, or its number cannot be told: give --number")
    variable, default = _APIS[forge]
    api = (choice.api or environ.get(variable, "") or default).rstrip("/")
    _check_address(api)
    return Target(forge, api, repository, number)


def find_token(forge: str, environ: Mapping[str, str]) -> str:
    """The token from the environment; it is never shown.

    Raises:
        UsageError: There is none, or it cannot be one.
    """
    names = _TOKENS[forge]
    name = next((name for name in names if environ.get(name, "").strip()), None)
    if name is None:
        raise UsageError(f"no token to comment with: set the variable {' or '.join(names)}")
    token = environ[name].strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise UsageError(f"the variable {name} holds no token: there are spaces or characters in it that none has")
    return token


def _forge(environ: Mapping[str, str]) -> str:
    if environ.get("GITLAB_CI"):
        return GITLAB
    if environ.get("GITHUB_ACTIONS"):
        return GITHUB
    raise UsageError("neither GitHub Actions nor GitLab CI runs this: give --forge, --repository and --number")


def _first(names: tuple[str, ...], environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in names if environ.get(name)), "")


def _number(forge: str, environ: Mapping[str, str]) -> int:
    if forge == GITLAB:
        return _digits(environ.get("CI_MERGE_REQUEST_IID", ""))
    match = re.fullmatch(r"refs/pull/(\d{1,18})/(merge|head)", environ.get("GITHUB_REF", ""), re.ASCII)
    return int(match[1]) if match else _number_of_event(environ.get("GITHUB_EVENT_PATH", ""))


def _digits(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def _number_of_event(path: str) -> int:
    """The number in the event that started the workflow; 0 when there is none in it.

    `pull_request_target` and `issue_comment` name it directly, `workflow_run` in the list of its pull requests.
    """
    try:
        if not path or Path(path).stat().st_size > _LARGEST_EVENT:
            return 0
        event: object = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return 0
    numbers = (
        number_at(event, "pull_request", "number"),
        number_at(event, "issue", "number"),
        number_at(event, "workflow_run", "pull_requests", 0, "number"),
    )
    return next((number for number in numbers if number > 0), 0)


def _check_address(api: str) -> None:
    """The token must not go out in clear, nor be sent where an address only seems to lead."""
    try:
        parts = urlsplit(api)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"the address of the API cannot be read: {error}; give --api-url") from error
    if not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError("the address of the API is none: give --api-url as https://HOST/PATH, without a user's name")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise UsageError(f"{api} is not https: the token would be sent in clear")
