"""The notes of a merge request on GitLab (REST API, version 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from pytest_mcpquality.forges.answers import at, number_at, text_at
from pytest_mcpquality.forges.client import Api
from pytest_mcpquality.forges.errors import ForgeError
from pytest_mcpquality.forges.sticky import Comment
from pytest_mcpquality.forges.target import Target


def headers(token: str) -> Mapping[str, str]:
    """What GitLab wants to know with each request."""
    return {"PRIVATE-TOKEN": token}


class GitLab:
    """See `sticky.Forge`."""

    def __init__(self, api: Api, target: Target) -> None:
        self._api = api
        self._notes = f"/projects/{quote(target.repository, safe='')}/merge_requests/{target.number}/notes"

    def comments(self) -> Iterator[Comment]:
        """The notes that people and bots wrote."""
        own = self._user()
        for item in self._api.pages(self._notes):
            if at(item, "system") is not True:
                ours = number_at(item, "author", "id") == own
                yield Comment(number_at(item, "id"), text_at(item, "body"), ours)

    def create(self, body: str) -> str:
        """Write a new note; GitLab gives no address of it."""
        self._api.ask("POST", self._notes, {"body": body})
        return ""

    def update(self, number: int, body: str) -> str:
        """Replace a note's words; GitLab gives no address of it."""
        self._api.ask("PUT", f"{self._notes}/{number}", {"body": body})
        return ""

    def _user(self) -> int:
        """Our number."""
        number = number_at(self._api.ask("GET", "/user"), "id")
        if not number:
            raise ForgeError("the forge does not say who the token belongs to: is the address of the API right?")
        return number
