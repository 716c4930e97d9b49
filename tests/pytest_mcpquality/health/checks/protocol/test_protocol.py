from __future__ import annotations

from typing import Any

import pytest

from pytest_mcpquality.health.checks.protocol.answers import Answers
from pytest_mcpquality.health.checks.protocol.claimed import Claimed
from pytest_mcpquality.health.checks.protocol.http_version import HttpVersion
from pytest_mcpquality.health.checks.protocol.methods import UnknownMethod
from pytest_mcpquality.health.checks.protocol.ping import Ping
from pytest_mcpquality.health.checks.protocol.results import Results
from pytest_mcpquality.health.checks.protocol.stdout import Stdout
from pytest_mcpquality.health.checks.protocol.unclaimed import Unclaimed
from pytest_mcpquality.health.checks.protocol.version import Version
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.probes.answers import Answer, ErrorAnswer, Question
from pytest_mcpquality.health.probes.exposure import HttpAnswer, Knock
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis, Odd, Oddity
from tests.support.observations import (
    GONE,
    HUNG,
    LET_IN,
    QUESTIONS,
    call,
    exposed,
    looked,
    observed,
    only,
    probed,
    refusal,
    result,
    said,
)


@pytest.mark.parametrize(
    ("check", "kind"), [(Stdout(), Odd.NOT_JSON_RPC), (Answers(), Odd.DUPLICATE_ID)], ids=["stdout", "answers"]
)
def test_what_is_odd_in_the_second_start_counts_too(check: Any, kind: Odd) -> None:  # noqa: ANN401 - either check
    odd = looked(oddities=(Oddity(kind, "something odd"),))
    assert only(check.look(observed(first=odd, second=odd))).message == "something odd"
    assert only(check.look(observed(second=odd))).message == "something odd"


@pytest.mark.parametrize(
    ("instead", "words"),
    [(refusal(code=-32601, text="who?"), "answered a ping with error -32601: who?"), (Answer(failure=HUNG), str(HUNG))],
)
def test_a_ping_without_a_pong(instead: Answer, words: str) -> None:
    assert said(Ping().look(observed(second=looked(no_ping=instead)))) == ("high", words)


@pytest.mark.parametrize(
    ("answer", "severity", "words"),
    [
        (refusal(code=-32602), "low", "answered an unknown method with error -32602"),
        (result(), "medium", "answered an unknown method with a result"),
        (Answer(failure=HUNG), "medium", "asked for an unknown method, it hung"),
    ],
)
def test_an_unknown_method_that_is_not_refused_rightly(answer: Answer, severity: str, words: str) -> None:
    hit = only(UnknownMethod().look(probed(questions=QUESTIONS | {Question.UNKNOWN_METHOD: answer})))
    assert hit.weight.value == severity
    assert hit.message.startswith(words)


def test_that_a_server_is_gone_is_said_elsewhere() -> None:
    lost = {Question.UNKNOWN_METHOD: Answer(failure=GONE)}
    seen = probed(questions=lost, lost_at=Question.UNKNOWN_METHOD.value, loss=GONE, stopped="it was lost")
    assert UnknownMethod().look(seen).hits == ()


def test_what_was_not_asked_any_more_is_named_once() -> None:
    seen = probed(questions={}, stopped="it was lost at a call of x", loss=GONE)
    [unseen] = UnknownMethod().look(seen).unseen
    assert unseen in Results().look(seen).unseen
    assert unseen.reason == "it was lost at a call of x"


def test_what_is_claimed_and_not_served() -> None:
    unknown = ErrorAnswer(-32601, "Method not found")
    assert said(Claimed().look(observed(first=looked(unserved={"prompts/list": unknown})))) == (
        "medium",
        "claims the capability 'prompts' and does not know the method prompts/list",
    )
    completion = probed(methods={"completion/complete": refusal(code=-32601)})
    assert "'completions'" in only(Claimed().look(completion)).message
    assert Claimed().look(probed(methods={"completion/complete": refusal(code=-32602)})).hits == ()


def test_what_was_not_claimed_and_is_not_served_is_fine() -> None:
    assert Claimed().look(probed(methods={"prompts/list": refusal(code=-32601)})).hits == ()
    assert Unclaimed().look(probed(methods={"prompts/list": refusal(code=-32601)})).hits == ()


def test_what_is_served_and_not_claimed() -> None:
    listed = Answer(result={"prompts": [{"name": "a"}, {"name": "b"}]})
    assert said(Unclaimed().look(probed(methods={"prompts/list": listed}))) == (
        "medium",
        "does not claim prompts, and lists 2 of them",
    )
    assert Unclaimed().look(probed(methods={"prompts/list": Answer(result={"prompts": []})})).hits == ()


ECHO = Answer(result={"protocolVersion": "1999-01-01"})


def test_agreeing_to_a_version_that_never_was() -> None:
    assert only(Version().look(probed(questions=QUESTIONS | {Question.UNKNOWN_VERSION: ECHO}))).rule.id == (
        "mcp-protocol-version"
    )
    over_http = exposed({Knock.OTHER_INITIALIZE: HttpAnswer(200, version="1999-01-01")})
    assert "1999-01-01" in only(Version().look(over_http)).message
    assert Version().look(exposed(old=True)).hits == ()


def test_in_a_version_without_initialize_nothing_is_negotiated() -> None:
    modern = looked(definitions=Definitions("notes", "2026-07-28"))
    assert Version().look(observed(first=modern, probes=None)).unseen == ()


def test_a_version_in_a_header_that_is_let_through() -> None:
    assert said(HttpVersion().look(exposed({Knock.OTHER_VERSION: LET_IN})))[0] == "low"
    assert HttpVersion().look(exposed({Knock.OTHER_VERSION: LET_IN}, old=True)).hits == ()


def test_results_without_their_form() -> None:
    violation = Answer(failure=Diagnosis(Cause.VIOLATION, "broke the protocol: the result of tools/call is no object"))
    assert only(Results().look(probed(call(violation)))).subject.name == "search"
    assert only(Results().look(probed(call(Answer(result={"text": "x"}))))).message == (
        "answered a call without a list 'content'"
    )
    seen = probed(questions=QUESTIONS | {Question.UNKNOWN_METHOD: violation})
    assert only(Results().look(seen)).message.startswith("asked for an unknown method, it broke the protocol")
