from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from typing import Any

import pytest

from mcpquality_reports import sarif_github
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import Finding, ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Results
from tests.reports import samples


def log(results: Results) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(sarif_github.REPORT.render(results, no_sources))
    return made


def run(results: Results, scanner: str) -> dict[str, Any]:
    return next(one for one in log(results)["runs"] if one["tool"]["driver"]["name"] == scanner)


def told(one: dict[str, Any]) -> list[str]:
    return [item["message"]["text"] for item in one["invocations"][0]["toolExecutionNotifications"]]


def many(number: int, message: str = "m") -> tuple[Finding, ...]:
    """Findings of one scanner, of which the last ones given are the worst."""
    made = [
        replace(samples.SECRET, message=f"{message} {index}", severity=list(Severity)[-1 - index * 6 // number])
        for index in range(number)
    ]
    return tuple(sorted(made, key=lambda one: one.sort_key))


def test_suppressed_findings_stay_out() -> None:
    for one in log(samples.failing())["runs"]:
        assert all("suppressions" not in result for result in one["results"])
    assert len(run(samples.failing(), "bandit")["results"]) == 12


def test_a_run_keeps_the_worst_of_too_many_results_and_says_so() -> None:
    results = replace(samples.failing(), findings=many(sarif_github.MOST_RESULTS + 1_000))
    one = run(results, "detect-secrets")
    assert len(one["results"]) == sarif_github.MOST_RESULTS
    assert "1,000 findings more, none of them worse: see another report." in told(one)
    kept = {result["properties"]["severity"] for result in one["results"]}
    assert kept >= {"critical", "high", "unknown", "medium", "low"}
    assert [r["properties"]["severity"] for r in one["results"]].count("info") == 0


def test_a_file_that_would_be_too_large_keeps_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif_github, "MOST_BYTES", 30_000)
    noise = random.Random(0)
    found = tuple(replace(one, message=f"{noise.getrandbits(400):x}") for one in many(1_000))
    text = sarif_github.REPORT.render(replace(samples.failing(), findings=found), no_sources)
    assert len(gzip.compress(text.encode(), mtime=0)) <= 30_000
    assert "more, none of them worse" in text


def test_of_too_many_runs_those_with_something_to_say_stay() -> None:
    idle = tuple(ScanResult(f"idle-{n}", ScanStatus.COMPLETE, seen=("a",)) for n in range(25))
    blind = ScanResult("blind", ScanStatus.INCOMPLETE, unseen=(Unseen("a.py", "too large"),))
    results = replace(samples.failing(), scanners=(*idle, blind), findings=(samples.SECRET,), gates=())
    document = log(results)
    names = [one["tool"]["driver"]["name"] for one in document["runs"]]
    assert len(names) == sarif_github.MOST_RUNS
    assert {"blind", "detect-secrets"} <= set(names)
    assert "not in this file: idle-18, idle-19" in " ".join(told(document["runs"][0]))


def test_thousands_of_sentences_are_cut() -> None:
    blind = ScanResult(
        "blind", ScanStatus.INCOMPLETE, unseen=tuple(Unseen(f"{n}.py", "too large") for n in range(2_000))
    )
    one = run(replace(samples.failing(), scanners=(blind,), gates=()), "blind")
    assert len(told(one)) == sarif_github.MOST_NOTIFICATIONS + 1
    assert told(one)[-1] == "1,501 more such sentences: see another report."
    assert one["invocations"][0]["executionSuccessful"] is False
