from __future__ import annotations

import uuid

import pytest

from pytest_mcpquality.health.check import Outcome
from pytest_mcpquality.health.checks.exposure.auth import NoAuth
from pytest_mcpquality.health.checks.exposure.cors import Cors
from pytest_mcpquality.health.checks.exposure.network import Network
from pytest_mcpquality.health.checks.exposure.plain import PlainHttp
from pytest_mcpquality.health.checks.exposure.rebinding import Rebinding
from pytest_mcpquality.health.checks.exposure.session_checks import SessionUnchecked
from pytest_mcpquality.health.checks.exposure.sessions import SessionIds
from pytest_mcpquality.health.probes.exposure import Exposure, HttpAnswer, Knock
from tests.support.observations import LET_IN, SESSIONS, exposed, observed, only, said

REMOTE = "https://notes.example/mcp"
PLAIN = "http://notes.example/mcp"


def test_a_foreign_page_that_is_let_in() -> None:
    both = exposed({Knock.ORIGIN: LET_IN, Knock.HOST: LET_IN})
    assert said(Rebinding().look(both)) == ("high", "let a request with a foreign Origin and a foreign Host in")
    assert said(Rebinding().look(exposed({Knock.ORIGIN: LET_IN})))[0] == "high"
    assert said(Rebinding().look(exposed({Knock.HOST: LET_IN})))[0] == "low"


def test_behind_a_certificate_a_foreign_host_does_no_harm() -> None:
    assert Rebinding().look(exposed({Knock.HOST: LET_IN}, url=REMOTE)).hits == ()
    guarded = exposed({Knock.ORIGIN: LET_IN}, url=REMOTE, credentials=True)
    assert said(Rebinding().look(guarded))[0] == "medium"


@pytest.mark.parametrize(
    "check", [Rebinding(), Cors(), NoAuth(), SessionUnchecked()], ids=lambda one: type(one).__name__
)
def test_where_no_answer_came_it_was_not_seen(check: Rebinding | Cors | NoAuth | SessionUnchecked) -> None:
    silent = dict.fromkeys(Knock, HttpAnswer(failure="there was no answer within 3 s"))
    [unseen, *_] = check.look(exposed(silent, url=REMOTE)).unseen
    assert unseen.reason == "there was no answer within 3 s"


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (HttpAnswer(401), "it answered 401 to a request of its own client outside of a session"),
        (HttpAnswer(failure="x"), "it did not answer to a request of its own client outside of a session"),
        (LET_IN, "there was no more time"),
    ],
)
def test_where_nothing_was_asked_it_was_not_seen(plain: HttpAnswer, why: str) -> None:
    exposure = Exposure(
        "http://127.0.0.1/mcp", loopback=True, encrypted=False, credentials=False, answers={Knock.PLAIN: plain}
    )
    [unseen] = Rebinding().look(observed(over_http=True, exposure=exposure)).unseen
    assert unseen.reason == why


def test_a_process_has_nothing_to_knock_at() -> None:
    assert Rebinding().look(observed()) == Outcome()


def test_without_credentials() -> None:
    assert said(NoAuth().look(exposed(url=REMOTE))) == ("high", "let a request without credentials in")
    ignored = exposed({Knock.NO_CREDENTIALS: LET_IN}, url=REMOTE, credentials=True)
    assert said(NoAuth().look(ignored))[1].endswith("although its configuration has some")
    assert NoAuth().look(exposed(url=REMOTE, credentials=True)).hits == ()


def test_at_loopback_credentials_count_only_where_there_are_some() -> None:
    assert NoAuth().look(exposed()).hits == ()
    assert said(NoAuth().look(exposed({Knock.NO_CREDENTIALS: LET_IN}, credentials=True)))[0] == "medium"


def test_plain_http_beyond_loopback() -> None:
    assert PLAIN in only(PlainHttp().look(exposed(url=PLAIN))).message
    assert PlainHttp().look(exposed(url=REMOTE)).hits == ()


def test_a_local_server_that_the_network_reaches() -> None:
    assert "at 192.0.2.7 too" in only(Network().look(exposed(network="192.0.2.7"))).message


@pytest.mark.parametrize(
    ("headers", "severity"),
    [
        ({"access-control-allow-origin": "*"}, "medium"),
        ({"access-control-allow-origin": "http://foreign.example"}, "medium"),
        (
            {"access-control-allow-origin": "http://foreign.example", "access-control-allow-credentials": "true"},
            "high",
        ),
    ],
)
@pytest.mark.parametrize("knock", [Knock.ORIGIN, Knock.PREFLIGHT])
def test_whom_browsers_hand_answers_to(headers: dict[str, str], severity: str, knock: Knock) -> None:
    assert said(Cors().look(exposed({knock: HttpAnswer(200, headers)})))[0] == severity


def test_a_page_of_ones_own_may_read() -> None:
    own = HttpAnswer(200, {"access-control-allow-origin": "https://app.example"})
    assert Cors().look(exposed({Knock.ORIGIN: own})).hits == ()


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (("1001", "1002", "1003"), "about 3 bits"),
        ((SESSIONS[0], SESSIONS[0]), "twice"),
        (("a b" * 20, SESSIONS[0]), "no visible ASCII"),
        (("abc123",), "bits are left"),
        (tuple(str(uuid.UUID(fields=(number, 2, 0x1003, 4, 5, 6))) for number in range(3)), "bits are left"),
    ],
)
def test_ids_that_can_be_guessed(ids: tuple[str, ...], words: str) -> None:
    assert words in only(SessionIds().look(exposed(sessions=ids))).message


def test_ids_that_cannot() -> None:
    assert SessionIds().look(exposed(sessions=tuple(str(uuid.uuid4()) for _ in range(4)))).hits == ()
    assert SessionIds().look(exposed(sessions=(str(uuid.uuid4()),))).hits == ()
    assert SessionIds().look(exposed(sessions=())).hits == ()


def test_a_made_up_session() -> None:
    assert only(SessionUnchecked().look(exposed({Knock.NO_SESSION: LET_IN}))).weight.value == "medium"
    assert SessionUnchecked().look(exposed({Knock.NO_SESSION: LET_IN}, sessions=())) == Outcome()
