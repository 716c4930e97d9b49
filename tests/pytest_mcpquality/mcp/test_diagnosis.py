from __future__ import annotations

import pytest

from pytest_mcpquality.mcp import diagnosis
from pytest_mcpquality.mcp.diagnosis import KEPT, Cause, Diagnosis, Odd, Oddities, Oddity


@pytest.mark.parametrize(
    ("code", "stderr", "says"),
    [
        (3, ("Traceback (most recent call last):", "KeyError: foo"), "exited with 3: KeyError: foo"),
        (1, ("Error: Cannot find module 'x'", "    at somewhere", "Node.js v20"), "exited with 1: Error: Cannot find"),
        (1, ("usage: server [-h]", "server: no such option"), "exited with 1: server: no such option"),
        (0, (), "exited with 0"),
        (-9, (), "was killed by SIGKILL"),
        (-11, ("out of memory",), "was killed by SIGSEGV: out of memory"),
        (-63, (), "was killed by signal 63"),
    ],
)  # fmt: skip
def test_a_process_that_is_gone_says_why(code: int, stderr: tuple[str, ...], says: str) -> None:
    found = diagnosis.exited(code, stderr)
    assert found.text.startswith(says)
    assert found.exit_code == code
    assert found.cause is (Cause.EXITED if code >= 0 else Cause.KILLED)


def test_standard_error_is_said_once() -> None:
    assert str(diagnosis.exited(3, ("KeyError: 'x'",))) == "exited with 3: KeyError: 'x'"
    both = str(diagnosis.exited(3, ("first", "KeyError: 'x'"), ("a note",)))
    assert both == "exited with 3: KeyError: 'x'; a note; stderr ends: first | KeyError: 'x'"


def test_hanging_names_the_method_and_the_seconds() -> None:
    assert diagnosis.hung("initialize", 2) == "hung in initialize for 2.0 s"


def test_a_line_that_is_no_message_is_shown_without_its_control_characters() -> None:
    oddity = diagnosis.not_json_rpc(
        "stdout line 2", "is not JSON", b"\x1b[31mStarting\x1b[0m\xe2\x80\xae up" + b"!" * 999
    )
    assert oddity.text.startswith("stdout line 2 is not JSON-RPC: 'Starting up!!!")
    assert len(oddity.text) < 200
    detail = diagnosis.not_json_rpc("stdout line 2", "is not UTF-8", b"\xff")
    assert str(detail) == "stdout line 2 is not JSON-RPC (is not UTF-8): '\ufffd'"


def test_oddities_are_counted_and_the_first_ones_kept() -> None:
    oddities = Oddities()
    assert oddities.notes() == ()
    for number in range(1000):
        oddities.add(Oddity(Odd.UNKNOWN_ID, f"answered id {number}, nobody asked"))
    assert len(oddities.first) == KEPT
    assert oddities.counts[Odd.UNKNOWN_ID] == 1000
    assert oddities.notes(2) == (
        "answered id 0, nobody asked",
        "answered id 1, nobody asked",
        "and 998 more of the kind",
    )


def test_a_diagnosis_without_standard_error_ends_with_its_notes() -> None:
    assert str(Diagnosis(Cause.HUNG, "hung", ("one", "two"))) == "hung; one; two"
