"""What is read of an HTTP server's answers, and where a server was found."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from mcpquality_scanners.hosts import is_loopback
from pytest_mcpquality.health.probes.door import Door
from pytest_mcpquality.health.probes.exposure import HttpAnswer, Knock
from pytest_mcpquality.health.probes.knocking import knock, own_address
from pytest_mcpquality.mcp.specs import HttpServer
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (HttpAnswer(200), True),
        (HttpAnswer(202), True),
        (HttpAnswer(200, error=True), False),
        (HttpAnswer(403), False),
        (HttpAnswer(307), False),
        (HttpAnswer(failure="no answer"), False),
    ],
)
def test_what_counts_as_let_in(answer: HttpAnswer, accepted: bool) -> None:
    assert answer.accepted is accepted


def test_where_nobody_listens_nothing_more_is_asked() -> None:
    exposure = asyncio.run(knock(HttpServer("http://127.0.0.1:9/mcp"), [], SYSTEM_CLOCK))
    assert list(exposure.answers) == [Knock.PLAIN]
    assert exposure.answers[Knock.PLAIN].failure


def test_without_time_nothing_is_asked() -> None:
    exposure = asyncio.run(knock(HttpServer("http://127.0.0.1:9/mcp"), [], SYSTEM_CLOCK, 0.0))
    assert Knock.ORIGIN not in exposure.answers


@pytest.mark.parametrize(("header", "credentials"), [("Authorization", True), ("X-API-Key", True), ("X-Trace", False)])
def test_which_headers_say_who_asks(header: str, credentials: bool) -> None:
    spec = HttpServer("http://127.0.0.1:9/mcp", {header: "x"})
    door = Door(str(httpx2.URL(spec.url)), "abc")
    exposure = asyncio.run(knock(spec, [door], SYSTEM_CLOCK))
    assert exposure.credentials is credentials
    assert exposure.sessions == ("abc",)


def test_an_address_of_this_machine_is_none_of_loopback() -> None:
    assert not own_address() or not is_loopback(own_address())
