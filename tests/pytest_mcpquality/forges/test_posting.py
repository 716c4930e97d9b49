from __future__ import annotations

from collections.abc import Iterator

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.forges import github, gitlab
from pytest_mcpquality.forges.client import Api
from pytest_mcpquality.forges.errors import ForgeError
from pytest_mcpquality.forges.sticky import Posted, marker, post
from pytest_mcpquality.forges.target import Target
from tests.support.forge import TOKEN, Answer, FakeForge, serving

MARK = marker()
BODY = f"{MARK}\n## failed\n"
BUSY = Answer(503, body={"message": "try later"})
LOST = Answer(after=True)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[FakeForge]:
    with serving(request.param) as made:
        yield made


def posted(forge: FakeForge, body: str = BODY, token: str = TOKEN, waits: list[float] | None = None) -> Posted:
    target = Target(forge.kind, forge.url, "o/r", 7)
    waited = [] if waits is None else waits
    headers = github.headers(token) if forge.kind == "github" else gitlab.headers(token)
    with Api(forge.url, headers, token, waited.append) as api:
        return post(github.GitHub(api, target) if forge.kind == "github" else gitlab.GitLab(api, target), body, MARK)


def test_the_first_comment_is_made_and_the_next_updates_it(forge: FakeForge) -> None:
    forge.add("a person's words")
    assert posted(forge).action == "created"
    assert posted(forge, f"{MARK}\npassed\n").action == "updated"
    assert posted(forge, f"{MARK}\npassed\n").action == "unchanged"
    assert forge.bodies == ["a person's words", f"{MARK}\npassed\n"]


def test_a_forge_that_changes_line_ends_does_not_cost_an_update(forge: FakeForge) -> None:
    forge.add(BODY.replace("\n", "\r\n").rstrip())
    assert posted(forge).action == "unchanged"


def test_it_is_found_on_a_later_page(forge: FakeForge) -> None:
    for number in range(250):
        forge.add(f"comment {number}")
    forge.add(f"{MARK}\nold")
    assert posted(forge).action == "updated"
    assert len(forge.comments) == 251
    assert forge.asked.count(f"GET {forge.list_path}") == 3


def test_a_comment_with_the_marker_that_somebody_else_wrote_is_left_alone(forge: FakeForge) -> None:
    forge.add(f"{MARK}\n## passed, honestly", "mallory")
    forge.add(f"quoting {MARK}", "us")
    assert posted(forge).action == "created"
    assert forge.bodies[0] == f"{MARK}\n## passed, honestly"
    assert len(forge.comments) == 3


def test_an_apps_token_has_no_user_and_finds_the_comment_of_a_bot() -> None:
    with serving("github") as forge:
        forge.app = True
        forge.add(f"{MARK}\n## passed, honestly", "mallory")
        assert posted(forge) == Posted("created", "https://example.org/c/2")
        assert posted(forge, f"{MARK}\nnew").action == "updated"
        assert len(forge.comments) == 2


def test_notes_that_gitlab_wrote_are_skipped() -> None:
    with serving("gitlab") as forge:
        forge.add(f"{MARK}\n", "us", system=True)
        assert posted(forge).action == "created"


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "wrong or has expired"),
        (403, "pull-requests: write"),
        (404, "no such repository or change"),
        (413, "too long"),
        (422, "may be locked"),
        (418, "see what the forge says"),
    ],
)
def test_a_refusal_says_what_to_do_and_never_the_token(forge: FakeForge, status: int, hint: str) -> None:
    forge.refuse("POST", Answer(status, body={"message": f"no, {TOKEN}\n::error::x \x1b[31m"}))
    with pytest.raises(ForgeError, match=hint) as caught:
        posted(forge)
    assert caught.value.status == status
    assert TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert not forge.comments


def test_a_wrong_token_is_said_and_not_shown(forge: FakeForge) -> None:
    with pytest.raises(ForgeError, match="401: Bad credentials") as caught:
        posted(forge, token="wrong-" + TOKEN)
    assert TOKEN not in str(caught.value)


def test_bad_days_are_waited_for(forge: FakeForge) -> None:
    waits: list[float] = []
    forge.refuse("GET", BUSY, Answer(429, {"Retry-After": "7"}), BUSY)
    assert posted(forge, waits=waits).action == "created"
    assert waits == [1.0, 7.0, 4.0]


def test_nobody_waits_for_ever(forge: FakeForge) -> None:
    waits: list[float] = []
    forge.refuse("GET", BUSY, BUSY, BUSY, BUSY)
    with pytest.raises(ForgeError, match="503: try later; try again later"):
        posted(forge, waits=waits)
    assert waits == [1.0, 2.0, 4.0]
    forge.refuse("GET", Answer(429, {"Retry-After": "3600"}))
    with pytest.raises(ForgeError, match="429"):
        posted(forge, waits=waits)
    assert len(waits) == 3


def test_a_limit_that_is_told_with_403_is_waited_for(forge: FakeForge) -> None:
    forge.refuse("POST", Answer(403, {"Retry-After": "2"}, {"message": "secondary rate limit"}))
    waits: list[float] = []
    assert posted(forge, waits=waits).action == "created"
    assert waits == [2.0]


def test_a_comment_that_was_made_without_an_answer_is_not_made_twice(forge: FakeForge) -> None:
    forge.refuse("POST", LOST)
    assert posted(forge).action == "created"
    assert forge.bodies == [BODY]


def test_a_comment_that_was_not_made_is_asked_for_again(forge: FakeForge) -> None:
    forge.refuse("POST", Answer(502, body="<html>bad gateway</html>"))
    assert posted(forge).action == "created"
    assert forge.bodies == [BODY]


def test_a_redirect_is_not_followed_with_the_token(forge: FakeForge) -> None:
    forge.refuse("GET", Answer(301, {"Location": "http://127.0.0.1:9/"}))
    with pytest.raises(ForgeError, match=r"redirect.*may have moved"):
        posted(forge)


@pytest.mark.parametrize("body", ["no JSON", "<html>"])
def test_what_is_no_api_is_said(forge: FakeForge, body: str) -> None:
    forge.refuse("GET", Answer(200, body=body))
    with pytest.raises(ForgeError, match="no JSON: is the address of the API right"):
        posted(forge)


def test_a_list_that_is_none(forge: FakeForge) -> None:
    ok = {"login": "us", "id": 1}
    forge.refuse("GET", Answer(200, body=ok), Answer(200, body={"a": 1}))
    with pytest.raises(ForgeError, match="no list"):
        posted(forge)


def test_gitlab_must_say_whose_token_it_is() -> None:
    with serving("gitlab") as forge:
        forge.refuse("GET", Answer(200, body={"id": "x"}))
        with pytest.raises(ForgeError, match="does not say who"):
            posted(forge)


def test_nobody_there() -> None:
    target = Target("github", "http://127.0.0.1:9", "o/r", 7)
    waits: list[float] = []
    with (
        Api(target.api, github.headers(TOKEN), TOKEN, waits.append) as api,
        pytest.raises(ForgeError, match=r"got no answer: .*--api-url") as caught,
    ):
        post(github.GitHub(api, target), BODY, MARK)
    assert TOKEN not in str(caught.value)
    assert len(waits) == 3


def test_markers_of_several_comments() -> None:
    assert marker("docs") == "<!-- mcpquality docs: this comment is updated in place -->"
    assert not marker("docs").startswith(marker()[:-4])
    for bad in ("a b", "-->", "a--b", "x" * 100, "-a"):
        with pytest.raises(UsageError, match="no name for a comment"):
            marker(bad)
