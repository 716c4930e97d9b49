from __future__ import annotations

import json
from typing import Any

import pytest

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.pip_audit.output import Answer, Canary, Query, Vulnerability, read_answer

CANARY = Canary(Query("canary", "1.0"), frozenset({"C-1", "C-2"}))
ASKED = [Query("idna", "3.4"), Query("rich", "1.0")]


def vulnerability(name: str = "C-2", **more: object) -> dict[str, Any]:
    return {"id": name, "fix_versions": [], "aliases": [], "description": "bad", **more}


def row(name: str, version: str, *vulnerabilities: object) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": list(vulnerabilities)}


GOOD = [row("canary", "1.0", vulnerability()), row("IDNA", "3.4"), row("rich", "1.0")]


def completed(stdout: object, code: int | None = 1, stderr: bytes = b"", **more: bool) -> Completed:
    text = stdout if isinstance(stdout, bytes) else json.dumps(stdout).encode()
    return Completed(("pip-audit",), code, text, stderr, 0.1, **more)


def read(rows: object, code: int = 1) -> Answer:
    return read_answer(completed({"dependencies": rows, "fixes": []}, code), ASKED, CANARY)


def test_an_answer_about_everything_with_the_canary() -> None:
    found = vulnerability("A", aliases=["z", "b", "A"], fix_versions=["2"])
    answer = read([GOOD[0], row("IDNA", "3.4", found), GOOD[2]])
    assert answer.audited[Query("idna", "3.4")] == (Vulnerability(("A", "b", "z"), ("2",), "bad"),)
    assert answer.audited[Query("rich", "1.0")] == ()
    assert answer.skipped == {}


def test_what_was_skipped_is_told_with_the_reason() -> None:
    answer = read([*GOOD[:2], {"name": "Rich", "skip_reason": "not found"}])
    assert answer.skipped == {"rich": "not found"}
    assert Query("rich", "1.0") not in answer.audited


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "canary 1.0, idna 3.4, rich 1.0"),
        (GOOD[:2], "rich 1.0"),
        ([*GOOD, row("more", "1")], "more 1"),
        ([*GOOD[:2], row("rich", "1.1")], "rich 1.0, rich 1.1"),
        ([*GOOD, {"name": "more", "skip_reason": "x"}], "more"),
        ([*GOOD, GOOD[1]], "twice"),
        ([row("canary", "1.0"), *GOOD[1:]], "does not report canary 1.0"),
        ([row("canary", "1.0", vulnerability("Z")), *GOOD[1:]], "does not report canary 1.0"),
        (
            [{"name": name, "skip_reason": "x"} for name in ("canary", "idna", "rich")],
            "does not report canary",
        ),
    ],
)
def test_an_answer_about_something_else_is_none(rows: list[object], message: str) -> None:
    with pytest.raises(ToolOutputError, match=message):
        read(rows)


@pytest.mark.parametrize(
    "stdout",
    [
        b"garbage",
        b"\xff",
        b"[" * 100_000,
        [],
        {},
        {"dependencies": 1},
        {"dependencies": [1]},
        {"dependencies": [{}]},
        {"dependencies": [row("canary", "1.0", 1)]},
        {"dependencies": [{"name": 1, "version": "1", "vulns": []}]},
        {"dependencies": [{"name": "a", "version": 1, "vulns": []}]},
        {"dependencies": [row("a", "1", {"id": "x"})]},
        {"dependencies": [row("a", "1", vulnerability(aliases=None))]},
        {"dependencies": [row("a", "1", vulnerability(description=None))]},
    ],
)
def test_another_shape_is_an_error(stdout: object) -> None:
    with pytest.raises(ToolOutputError, match="something else than its report"):
        read_answer(completed(stdout), ASKED, CANARY)


def test_the_exit_code_must_agree() -> None:
    with pytest.raises(ToolOutputError, match="in spite of findings"):
        read(GOOD, code=0)


UNREACHABLE = (
    b"requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.osv.dev', port=443): Max retries "
    b"(Caused by NameResolutionError(\"HTTPSConnection(host='api.osv.dev', port=443): Failed\"))\n"
)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (completed(b"", 1, b"a traceback\n\x1b[1mlast\x1b[0m words\n\n"), "gave no result: last words$"),
        (completed(b"", 1, UNREACHABLE), r"api\.osv\.dev cannot be reached \(NameResolutionError\)"),
        (completed(b" \n", 0), "gave no result: it said nothing"),
        (completed(b"{}", -9), "was ended by SIGKILL"),
        (completed(b"{}", 2, b"usage\n"), "ended with 2: usage"),
        (completed(b"", None, timed_out=True), "did not finish in time"),
        (completed(b"", None, overflowed=True), "more than it ever should"),
    ],
)
def test_a_run_that_failed(run: Completed, message: str) -> None:
    with pytest.raises(ToolOutputError, match=message):
        read_answer(run, ASKED, CANARY)
