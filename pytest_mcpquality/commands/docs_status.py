"""`mcpquality docs status`: who is asked, with what, and how well that works."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mcpquality_reports import text
from pytest_mcpquality.commands.docs_quota import quota_left
from pytest_mcpquality.commands.docs_settings import enabled, keeps_key_back
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.exit_codes import INCOMPLETE
from pytest_mcpquality.remediation.client import DocsClient
from pytest_mcpquality.remediation.health import HealthState, assess
from pytest_mcpquality.remediation.prometheus import exposition
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.statistics import DocsStatistics
from pytest_mcpquality.remediation.values import Miss, TransportKind

_ASKED = ("python", "what is new")
_WIDTH = 14


async def show(client: DocsClient, how: DocsSettings, settings: Settings, *, send: bool, prometheus: bool) -> int:
    """Print it; 3 when documentation cannot be had.

    Args:
        client: Whose figures.
        how: How it is set up.
        settings: Where that comes from.
        send: Whether one request is sent to see; it counts against the quota.
        prometheus: The figures alone, in Prometheus' text format.
    """
    answer = await client.libraries(*_ASKED, anew=True) if send else None
    statistics = client.statistics
    if prometheus:
        print(exposition(statistics), end="")  # noqa: T201 - the command's output
    else:
        for name, words in _rows(client, how, settings, statistics):
            print(f"{name:<{_WIDTH}}{text.one_line(words)}")  # noqa: T201 - as above
        if isinstance(answer, Miss):
            print(f"{'no answer':<{_WIDTH}}{text.one_line(answer.text)}")  # noqa: T201 - as above
    failed = isinstance(answer, Miss) or assess(statistics).state is HealthState.UNHEALTHY
    return INCOMPLETE if failed else 0


def _rows(
    client: DocsClient, how: DocsSettings, settings: Settings, statistics: DocsStatistics
) -> Iterator[tuple[str, str]]:
    health = assess(statistics)
    yield "state", "; ".join([health.state.value, *health.reasons])
    switch = settings.setting("docs.enabled")
    if not enabled(settings):
        yield "switched off", f"by {switch.origin}: only what is kept is used"
    elif how.offline:
        yield "offline", "only what is kept is used"
    yield "service", _service(how)
    yield "key", _key(how, settings)
    yield "cache", client.place or "in memory only"
    for tier, held in statistics.tiers.items():
        yield f"  {tier}", f"{held.size:,} entries, {held.hits:,} hits, {held.misses:,} misses"
    yield "breaker", f"{statistics.breaker.state.value}, {statistics.breaker.state_changes} changes"
    yield (
        "requests",
        (
            f"{statistics.requests} sent, {statistics.answered} answered, {statistics.retries} retries, "
            f"{health.response_time:.2f} s each, {health.error_rate:.0%} without an answer"
        ),
    )
    yield "quota", quota_left(statistics.quota) or "not known before the service has answered"


def _service(how: DocsSettings) -> str:
    if how.transport is TransportKind.REST:
        return f"{how.api_url} (REST)"
    return f"{' '.join(how.mcp_command) or how.mcp_url} (MCP)"


def _key(how: DocsSettings, settings: Settings) -> str:
    """Where keys come from; never one of them."""
    if keeps_key_back(settings, os.environ):
        return "kept back: a file in the scanned folder chooses the address; name it with a variable or with --config"
    sources = [f"{text.count(len(how.api_keys), 'key')} in CONTEXT7_API_KEY"] if how.api_keys else []
    sources += [f"the file {how.api_key_file}"] if how.api_key_file else []
    sources += ["a command"] if how.api_key_command else []
    return ", ".join(sources) or "none: the service allows a few requests without one"
