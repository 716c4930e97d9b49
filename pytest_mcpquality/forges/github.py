"""The comments of a pull request on GitHub (REST API, issue comments)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_mcpquality.forges.answers import number_at, text_at
from pytest_mcpquality.forges.client import Api
from pytest_mcpquality.forges.errors import ForgeError
from pytest_mcpquality.forges.sticky import Comment
from pytest_mcpquality.forges.target import Target

_NO_USER = frozenset({403, 404})


def headers(token: str) -> Mapping[str, str]:
    """What GitHub wants to know with each request."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


class GitHub:
    """See `sticky.Forge`."""

    def __init__(self, api: Api, target: Target) -> None:
        self._api = api
        self._comments = f"/repos/{target.repository}/issues/{target.number}/comments"
        self._comment = f"/repos/{target.repository}/issues/comments"

    def comments(self) -> Iterator[Comment]:
        """The comments in the order they were made."""
        login = self._login()
        for item in self._api.pages(self._comments):
            yield Comment(number_at(item, "id"), text_at(item, "body"), _is_ours(item, login))

    def create(self, body: str) -> str:
        """Write a new comment; its address."""
        return text_at(self._api.ask("POST", self._comments, {"body": body}), "html_url")

    def update(self, number: int, body: str) -> str:
        """Replace a comment's words; its address."""
        return text_at(self._api.ask("PATCH", f"{self._comment}/{number}", {"body": body}), "html_url")

    def _login(self) -> str:
        """Our name; empty when the token is one of an app, such as the job's own, which has no user."""
        try:
            user = self._api.ask("GET", "/user")
        except ForgeError as error:
            if error.status in _NO_USER:
                return ""
            raise
        return text_at(user, "login")


def _is_ours(comment: object, login: str) -> bool:
    if login:
        return text_at(comment, "user", "login") == login
    # Only an app that was installed in the repository can comment as a bot.
    return text_at(comment, "user", "type") == "Bot"
