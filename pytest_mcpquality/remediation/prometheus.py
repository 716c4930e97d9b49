"""The statistics in the text format of Prometheus (version 0.0.4), for a text collector or a scrape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pytest_mcpquality.remediation.statistics import DocsStatistics
from pytest_mcpquality.resilience.breaker_values import BreakerState
from pytest_mcpquality.resilience.pool_values import PoolStatistics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "mcpquality_docs_"

Samples = Iterable[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    kind: str
    help: str
    samples: Samples = field(default_factory=list[tuple[Mapping[str, str], float]])


def exposition(statistics: DocsStatistics) -> str:
    """All figures of a client, one metric after the other."""
    metrics = [*_service(statistics), *_caches(statistics), *_breaker(statistics), *_quota(statistics)]
    if statistics.pool is not None:
        metrics += _pool(statistics.pool)
    return "".join(_lines(metric) for metric in metrics)


def _lines(metric: _Metric) -> str:
    name = _PREFIX + metric.name
    samples = [f"{name}{_labels(labels)} {_value(value)}\n" for labels, value in metric.samples]
    return f"# HELP {name} {metric.help}\n# TYPE {name} {metric.kind}\n{''.join(samples)}"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _value(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _one(value: float) -> Samples:
    return [({}, value)]


def _service(of: DocsStatistics) -> list[_Metric]:
    errors = [({"kind": kind}, float(count)) for kind, count in sorted(of.errors.items())]
    return [
        _Metric("requests_total", "counter", "Requests sent to the service, retries included.", _one(of.requests)),
        _Metric("answered_total", "counter", "Requests that brought what was asked for.", _one(of.answered)),
        _Metric("errors_total", "counter", "Requests that brought nothing, by kind.", errors),
        _Metric("retries_total", "counter", "Requests that were sent again.", _one(of.retries)),
        _Metric("request_seconds_total", "counter", "Seconds that all requests took.", _one(of.seconds)),
        _Metric("request_seconds_max", "gauge", "Seconds that the slowest request took.", _one(of.slowest)),
        _Metric("fetches_total", "counter", "Questions to the client.", _one(of.fetches)),
    ]


def _caches(of: DocsStatistics) -> list[_Metric]:
    def by_tier(name: str) -> Samples:
        return [({"tier": tier}, float(getattr(held, name))) for tier, held in of.tiers.items()]

    broken = [({"tier": tier}, float(tier in of.troubles)) for tier in of.tiers]
    stale = _one(of.kept.get("stale", 0))
    return [
        _Metric("cache_entries", "gauge", "Entries in a tier of the cache.", by_tier("size")),
        _Metric("cache_hits_total", "counter", "Questions that a tier had a fresh answer to.", by_tier("hits")),
        _Metric("cache_misses_total", "counter", "Questions that a tier had none to.", by_tier("misses")),
        _Metric("cache_evictions_total", "counter", "Entries that a tier gave up.", by_tier("evictions")),
        _Metric("cache_broken", "gauge", "1 when a tier is done without.", broken),
        _Metric("cache_stale_total", "counter", "Questions that got an answer past its time.", stale),
    ]


def _breaker(of: DocsStatistics) -> list[_Metric]:
    breaker = of.breaker
    state = [({"state": state.value}, float(breaker.state is state)) for state in BreakerState]
    rejected, changes = _one(breaker.rejected), _one(breaker.state_changes)
    return [
        _Metric("breaker_state", "gauge", "1 for the state that the breaker is in.", state),
        _Metric("breaker_rejected_total", "counter", "Requests that the breaker let not through.", rejected),
        _Metric("breaker_changes_total", "counter", "How often the breaker changed its state.", changes),
    ]


def _quota(of: DocsStatistics) -> list[_Metric]:
    left, limit = of.quota.remaining, of.quota.limit
    reset = None if of.quota.reset_at is None else of.quota.reset_at.timestamp()
    known = [
        ("quota_remaining", "Requests that the service still grants.", left),
        ("quota_limit", "Requests that the service grants in all.", limit),
        ("quota_reset_timestamp_seconds", "When they are granted anew.", reset),
    ]
    return [_Metric(name, "gauge", text, _one(value)) for name, text, value in known if value is not None]


def _pool(pool: PoolStatistics) -> list[_Metric]:
    states = [({"state": name}, float(getattr(pool, name))) for name in ("active", "idle", "opening", "closing")]
    opened, failed = _one(pool.opened), _one(pool.failed)
    return [
        _Metric("pool_connections", "gauge", "Connections to the MCP server, by what they do.", states),
        _Metric("pool_waiting", "gauge", "Borrowers that wait for a connection.", _one(pool.waiting)),
        _Metric("pool_opened_total", "counter", "Connections opened.", opened),
        _Metric("pool_failed_total", "counter", "Connections that could not be opened.", failed),
        _Metric("pool_timeouts_total", "counter", "Borrowers that waited in vain.", _one(pool.timeouts)),
    ]
