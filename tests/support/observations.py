"""What tests of health checks look at: a server that was seen and is as it should be, and what may differ from that."""

from __future__ import annotations

from typing import Any

from pytest_mcpquality.health.check import Hit, Outcome
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.health.probes.answers import Answer, Arguments, ErrorAnswer, Probes, Question, ToolCall
from pytest_mcpquality.health.probes.exposure import Exposure, HttpAnswer, Knock
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.stdio import Ended, Ending

TOOL: dict[str, Any] = {"name": "search", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
HUNG = Diagnosis(Cause.HUNG, "hung in tools/call for 5.0 s")
GONE = Diagnosis(Cause.EXITED, "exited with 3: KeyError: 'q'")

FAILED = Observation("notes", failure=GONE, over_http=True)
"""One that was never reached."""


def result(text: str = "fine", **more: Any) -> Answer:  # noqa: ANN401 - any field of a result
    return Answer(0.01, result={"content": [{"type": "text", "text": text}], **more})


def refusal(text: str = "no such thing", code: int = -32602) -> Answer:
    return Answer(0.01, error=ErrorAnswer(code, text))


def call(answer: Answer, how: Arguments = Arguments.FITTING, **more: Any) -> ToolCall:  # noqa: ANN401 - as above
    return ToolCall("search", how, answer, **{"seconds": (answer.seconds,), **more})


QUESTIONS = {
    Question.UNKNOWN_METHOD: refusal(code=-32601),
    Question.UNKNOWN_TOOL: refusal(),
    Question.UNKNOWN_VERSION: Answer(result={"protocolVersion": "2025-11-25"}),
    Question.PING_AFTER: Answer(result={}),
}


def probed(*calls: ToolCall, **more: Any) -> Observation:  # noqa: ANN401 - any field of the probes
    given = {"questions": QUESTIONS, "calls": calls or (call(result(), ping=0.01),), **more}
    return observed(probes=Probes(**given))


def looked(**more: Any) -> Look:  # noqa: ANN401 - any field of a look
    given: dict[str, Any] = {
        "definitions": Definitions("notes", "2025-11-25", tools=(TOOL,), capabilities={"tools": {}}),
        "started": 0.2, "listed": 0.01, "pings": (0.01, 0.01), "pages": {"tools/list": (0.01,)},
        "ended": Ended(Ending.EOF, 0.1, 0),
    }  # fmt: skip
    return Look(**{**given, **more})


def observed(**more: Any) -> Observation:  # noqa: ANN401 - any field of an observation
    probes = Probes(questions=QUESTIONS, calls=(call(result(), ping=0.01),))
    return Observation("notes", **{"first": looked(), "second": looked(), "others": {}, "probes": probes, **more})


LET_IN = HttpAnswer(200, {"content-type": "application/json"}, "2025-11-25")
REFUSED = HttpAnswer(403)
SESSIONS = ("4254a3f03a334dbcbc088fc4985880e6", "5d77e1e396e04d4a9e063a9de8a50fc4", "aaa6474b76194e41904d1e534d19e647")


def exposed(
    answers: dict[Knock, HttpAnswer] | None = None,
    *,
    url: str = "http://127.0.0.1:8000/mcp",
    **more: Any,  # noqa: ANN401 - any field of an exposure
) -> Observation:
    refused = dict.fromkeys(Knock, REFUSED) | {Knock.PLAIN: LET_IN, Knock.OTHER_INITIALIZE: LET_IN}
    given: dict[str, Any] = {
        "url": url, "loopback": "127.0.0.1" in url, "encrypted": url.startswith("https"), "credentials": False,
        "sessions": SESSIONS,
    }  # fmt: skip
    exposure = Exposure(**{**given, **more}, answers=refused | (answers or {}))
    return observed(first=looked(ended=None), over_http=True, exposure=exposure)


def only(outcome: Outcome) -> Hit:
    [hit] = outcome.hits
    return hit


def said(outcome: Outcome) -> tuple[str, str]:
    """Severity and message of the one finding."""
    hit = only(outcome)
    return hit.weight.value, hit.message
