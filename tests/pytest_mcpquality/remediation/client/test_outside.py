"""What is seen of the client from outside: figures, Prometheus text, health."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pytest_mcpquality.remediation.health import HealthState, assess
from pytest_mcpquality.remediation.prometheus import CONTENT_TYPE, exposition
from pytest_mcpquality.remediation.statistics import DocsStatistics, Quota
from pytest_mcpquality.resilience.breaker_values import BreakerState, BreakerStatistics
from pytest_mcpquality.resilience.cache.values import TierStatistics
from pytest_mcpquality.resilience.pool import Pool
from pytest_mcpquality.resilience.pool_values import PoolSettings

BREAKER = BreakerStatistics(BreakerState.CLOSED, 10, 9, 1, 2, 1, 0, 0, 3, 0.1, 4, None, None)
FINE = DocsStatistics(
    requests=10,
    answered=9,
    errors={"not found": 1},
    retries=2,
    seconds=5.0,
    slowest=1.25,
    fetches=20,
    kept={"memory": 8, "disk": 2, "stale": 1},
    tiers={"memory": TierStatistics(5, 8, 12, 1), "disk": TierStatistics(7, 2, 10, 0)},
    breaker=BREAKER,
    quota=Quota(200, 150, datetime(2026, 6, 1, tzinfo=UTC)),
)
SAMPLE = re.compile(r'[a-z_]+(\{[a-z_]+="(?:[^"\\\n]|\\.)*"\})? [0-9.e+-]+')


def test_figures_in_short() -> None:
    assert (FINE.latency, FINE.error_rate, FINE.failure_rate, FINE.hit_rate) == (0.5, 0.1, 0.0, 0.5)


def test_figures_of_nothing() -> None:
    nothing = replace(FINE, requests=0, fetches=0, errors={}, kept={})
    assert (nothing.latency, nothing.error_rate, nothing.failure_rate, nothing.hit_rate) == (0, 0, 0, 0)


def test_prometheus_reads_them() -> None:
    text = exposition(FINE)
    lines = text.splitlines()
    assert text.endswith("\n")
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
    assert all(SAMPLE.fullmatch(line) for line in lines if not line.startswith("#"))
    # Every metric is announced once, before its samples.
    announced = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(announced) == len(set(announced)) == text.count("# HELP ")
    assert {re.split(r"[ {]", line)[0] for line in lines if not line.startswith("#")} <= set(announced)
    for sample in (
        "mcpquality_docs_requests_total 10",
        'mcpquality_docs_errors_total{kind="not found"} 1',
        "mcpquality_docs_request_seconds_max 1.25",
        'mcpquality_docs_cache_hits_total{tier="disk"} 2',
        "mcpquality_docs_cache_stale_total 1",
        'mcpquality_docs_breaker_state{state="closed"} 1',
        'mcpquality_docs_breaker_state{state="open"} 0',
        "mcpquality_docs_breaker_changes_total 4",
        "mcpquality_docs_quota_remaining 150",
        "mcpquality_docs_quota_reset_timestamp_seconds 1780272000",
    ):
        assert sample in lines
    assert "pool" not in text


def test_what_is_not_known_is_left_out() -> None:
    text = exposition(replace(FINE, quota=Quota(), errors={'odd "kind"\\\n': 1}))
    assert "quota" not in text
    assert 'kind="odd \\"kind\\"\\\\\\n"' in text


def test_the_pool_is_shown_where_there_is_one() -> None:
    @asynccontextmanager
    async def never() -> AsyncGenerator[None]:
        raise AssertionError
        yield

    pool: Pool[None] = Pool(never, name="x", settings=PoolSettings(min_size=0))
    text = exposition(replace(FINE, pool=pool.statistics))
    assert 'mcpquality_docs_pool_connections{state="idle"} 0' in text.splitlines()


def test_healthy() -> None:
    health = assess(FINE)
    assert (health.state, health.reasons) == (HealthState.HEALTHY, ())
    assert (health.response_time, health.error_rate, health.hit_rate) == (0.5, 0.1, 0.5)


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"requests": 0, "errors": {}}, HealthState.DEGRADED, "nothing has been asked yet"),
        ({"errors": {"unreachable": 2}}, HealthState.DEGRADED, "20% of the requests failed"),
        ({"seconds": 30.0}, HealthState.DEGRADED, "a request takes 3.0 s"),
        ({"quota": Quota(200, 19)}, HealthState.DEGRADED, "19 of 200 requests are left of the quota"),
        ({"troubles": {"disk": "disk full"}}, HealthState.DEGRADED, "the disk cache is done without: disk full"),
        ({"breaker": replace(BREAKER, state=BreakerState.HALF_OPEN)}, HealthState.DEGRADED, "tried again"),
        ({"breaker": replace(BREAKER, state=BreakerState.OPEN)}, HealthState.UNHEALTHY, "left alone"),
        ({"quota": Quota(200, 0)}, HealthState.UNHEALTHY, "no requests are left"),
        ({"errors": {"unreachable": 6}}, HealthState.UNHEALTHY, "60% of the requests failed"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], state: HealthState, reason: str) -> None:
    health = assess(replace(FINE, **changes))  # type: ignore[arg-type]
    assert health.state is state
    assert [one for one in health.reasons if reason in one]
