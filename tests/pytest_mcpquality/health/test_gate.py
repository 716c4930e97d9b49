"""The gate with servers that are told what to do in place of being started."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import ScanResult, ScanStatus, Severity, Subject
from mcpquality_scanners.results import Environment, GateStatus, Results, Verdict
from pytest_mcpquality.health import gate
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.alive.start import Start
from pytest_mcpquality.health.checks.contract.drift import Drift
from pytest_mcpquality.health.checks.poisoning.shadowing import Shadowing
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.gate import HealthPlan, HealthRun, run_gate
from pytest_mcpquality.health.lock.document import locked
from pytest_mcpquality.health.locking import Lock
from pytest_mcpquality.health.looking import LookOptions
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.health.selecting import Candidate
from pytest_mcpquality.health.settings import HealthSettings, ServerSettings
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.server_entry import ServerEntry
from pytest_mcpquality.mcp.specs import ServerSpec, StdioServer
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK

RULE = Rule("mcp-speed-slow", Group.SPEED, Severity.HIGH, "Slow", "Help.", "Fix.")
SPEC = StdioServer("x")
Looker = Callable[[str, ServerSpec, LookOptions], Awaitable[Observation]]


class Slow:
    """Finds all servers slow that are called so."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        return Outcome((Hit(RULE, Subject(observed.server), "slow"),) if "slow" in observed.server else ())


@dataclass
class Watching:
    """Keeps what it is told."""

    said: list[str] = field(default_factory=list)

    def started(self, scanner: str) -> None:
        self.said.append(f"{scanner} started")

    def progress(self, scanner: str, text: str) -> None:
        self.said.append(f"{scanner} {text.partition(' in ')[0]}")

    def finished(self, result: ScanResult) -> None:
        self.said.append(f"{result.scanner} {result.status.value}")


def whole(name: str, *tools: str) -> Observation:
    seen = Look(Definitions(name, tools=tuple({"name": tool, "description": "x"} for tool in tools or ("add",))))
    return Observation(name, seen, seen)


async def healthy(name: str, _spec: ServerSpec, _options: LookOptions) -> Observation:
    if "dead" in name:
        return Observation(name, failure=Diagnosis(Cause.EXITED, "exited with 3"))
    return whole(name)


def plan_for(root: Path, *names: str, **settings: object) -> HealthPlan:
    return HealthPlan(
        root,
        ".",
        tuple(Candidate(name, SPEC) for name in names),
        replace(HealthSettings(), **settings),  # type: ignore[arg-type]
        (Start(), Slow(), Drift()),
        Lock(root / "mcp.lock.json"),
        Environment("1", "3", "x"),
    )


def run(plan: HealthPlan, look: Looker = healthy, watching: Watching | None = None) -> HealthRun:
    return asyncio.run(run_gate(plan, SYSTEM_CLOCK, watching or Watching(), look))


def gates(results: Results) -> Mapping[str, GateStatus]:
    return {one.name: one.status for one in results.gates}


def test_servers_that_are_fine_are_green(tmp_path: Path) -> None:
    watching = Watching()
    results = run(plan_for(tmp_path, "one"), watching=watching).results
    assert (results.verdict, results.headline) == (Verdict.PASSED, "Passed: 1 of 1 gates passed.")
    assert watching.said == ["mcp:one started", "mcp:one looked at", "mcp:one complete"]
    assert results.started.endswith("Z")
    assert results.seconds > 0


def test_no_server_is_never_green(tmp_path: Path) -> None:
    results = run(plan_for(tmp_path)).results
    assert results.verdict is Verdict.INCOMPLETE
    assert results.scanners[0].problems[0].startswith("there is no server to check: list it in .mcp.json")


def test_neither_are_servers_of_which_none_is_looked_at(tmp_path: Path) -> None:
    plan = plan_for(tmp_path, "one")
    off = tuple(replace(one, off="switched off by .mcp.json:1") for one in plan.candidates)
    results = run(replace(plan, candidates=off)).results
    assert results.verdict is Verdict.INCOMPLETE
    assert gates(results) == {"mcp:one": GateStatus.OFF}
    assert results.weakened == ("one is switched off by .mcp.json:1",)


def test_ten_servers_of_which_three_are_dead(tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(6)] + ["slow", "dead1", "dead2", "dead3"]
    results = run(plan_for(tmp_path, *names, jobs=3)).results
    assert results.verdict is Verdict.FAILED
    assert "4 of 10 gates failed: mcp:slow (1 at or over high), mcp:dead1" in results.headline
    assert [finding.rule for finding in results.findings].count("mcp-alive-start") == 3
    assert [scan.scanner for scan in results.scanners] == [f"mcp:{name}" for name in names]
    assert len({finding.fingerprint for finding in results.findings}) == 4


def test_a_dead_server_is_not_green_where_its_finding_does_not_fail(tmp_path: Path) -> None:
    results = run(plan_for(tmp_path, "dead", fail_on=Severity.CRITICAL)).results
    assert results.verdict is Verdict.INCOMPLETE
    skipped = run(plan_for(tmp_path, "dead", skip=("mcp-alive-*",))).results
    assert skipped.verdict is not Verdict.PASSED


def test_one_may_be_accepted_by_name(tmp_path: Path) -> None:
    results = run(plan_for(tmp_path, "dead", "one", fail_on=Severity.CRITICAL, accepted=("dead",))).results
    assert results.verdict is Verdict.PASSED
    assert gates(results)["mcp:dead"] is GateStatus.ACCEPTED


def test_no_more_are_looked_at_side_by_side_than_said(tmp_path: Path) -> None:
    running: list[str] = []
    most: list[int] = []

    async def counted(name: str, _spec: ServerSpec, _options: LookOptions) -> Observation:
        running.append(name)
        most.append(len(running))
        await asyncio.sleep(0)
        running.remove(name)
        return whole(name)

    run(plan_for(tmp_path, *"abcdefgh", jobs=3), counted)
    assert max(most) == 3


def test_each_server_is_looked_at_with_its_own_settings(tmp_path: Path) -> None:
    told: dict[str, LookOptions] = {}

    async def noting(name: str, _spec: ServerSpec, options: LookOptions) -> Observation:
        told[name] = options
        return whole(name)

    own = ServerSettings(timeout=5, safe_tools=("x",))
    run(plan_for(tmp_path, "a", "b", servers={"b": own}), noting)
    assert (told["a"].timeout, told["a"].start_timeout) == (60, 10)
    assert (told["b"].timeout, told["b"].settings) == (5, own)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (UsageError("a server object is needed"), "a server object is needed"),
        (ValueError("odd\nthing"), "looking broke off with ValueError: odd thing. Please report this bug."),
    ],
)
def test_what_breaks_on_our_side_costs_no_other_server(tmp_path: Path, error: Exception, says: str) -> None:
    async def breaking(name: str, _spec: ServerSpec, _options: LookOptions) -> Observation:
        if name == "a":
            raise error
        return whole(name)

    results = run(plan_for(tmp_path, "a", "b"), breaking).results
    assert results.verdict is Verdict.INCOMPLETE
    assert results.scanners[0].problems == (says,)
    assert gates(results)["mcp:b"] is GateStatus.PASSED


def test_one_that_does_not_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "OVERTIME", 0.01)

    async def stuck(name: str, _spec: ServerSpec, _options: LookOptions) -> Observation:
        await asyncio.sleep(60)
        return whole(name)

    results = run(plan_for(tmp_path, "a", general=ServerSettings(timeout=0.01)), stuck).results
    assert results.scanners[0].problems[0].startswith("was not done after 0.01 s and could not be ended in time")
    assert results.verdict is Verdict.INCOMPLETE


def test_a_variable_without_a_value_keeps_a_server_from_being_started(tmp_path: Path) -> None:
    plan = plan_for(tmp_path)
    missing = ("${T} has no value: set the variable T",)
    plan = replace(plan, candidates=(Candidate("a", SPEC, missing=missing),))
    watching = Watching()
    results = run(plan, watching=watching).results
    assert results.scanners[0].problems == missing
    assert results.verdict is Verdict.INCOMPLETE
    assert watching.said == ["mcp:a incomplete"]


def test_checks_see_the_entry_the_lock_and_the_other_servers(tmp_path: Path) -> None:
    seen: dict[str, Observation] = {}

    class Keeping(Slow):
        def look(self, observed: Observation) -> Outcome:
            seen[observed.server] = observed
            return Outcome()

    entry = ServerEntry("a", ".mcp.json", {}, SPEC)
    plan = replace(
        plan_for(tmp_path),
        candidates=(Candidate("a", SPEC, entry), Candidate("b", SPEC), Candidate("dead", SPEC)),
        checks=(Keeping(), Shadowing()),
        lock=Lock(tmp_path / "x", "mcp.lock.json", {"a": locked(Definitions("a"))}),
    )
    results = run(plan).results
    assert (seen["a"].entry, seen["a"].lock_file) == (entry, "mcp.lock.json")
    assert seen["a"].locked == locked(Definitions("a"))
    assert seen["b"].locked is None
    assert list(seen["a"].others or ()) == ["b"]
    assert {finding.rule for finding in results.findings} == {"mcp-poisoning-same-name"}


def test_the_lock_file_is_renewed_and_compared_with_what_it_now_holds(tmp_path: Path) -> None:
    old = {"one": locked(Definitions("one")), "gone": locked(Definitions("gone"))}
    lock = Lock(tmp_path / "x", "mcp.lock.json", old)
    plan = replace(plan_for(tmp_path, "one"), lock=lock)
    drifted = run(plan)
    assert drifted.relocked is None
    assert [finding.severity for finding in drifted.results.findings] == [Severity.INFO]
    renewed = run(replace(plan, lock=replace(lock, update=True)))
    assert list(renewed.relocked or ()) == ["one"]
    assert renewed.results.findings == ()


@dataclass
class Interrupted:
    """Looks that are interrupted once the second server hangs."""

    gone: list[str] = field(default_factory=list)

    def results(self, plan: HealthPlan) -> HealthRun:
        async def main() -> HealthRun:
            hanging = asyncio.Event()

            async def look(name: str, spec: ServerSpec, options: LookOptions) -> Observation:
                if name != "hangs":
                    return await healthy(name, spec, options)
                try:
                    hanging.set()
                    await asyncio.sleep(60)
                finally:
                    self.gone.append(name)
                return whole(name)

            task = asyncio.create_task(run_gate(plan, SYSTEM_CLOCK, Watching(), look))
            await hanging.wait()
            task.cancel()
            return await task

        return asyncio.run(main())


@pytest.mark.parametrize(
    ("names", "verdict"), [(("slow", "hangs"), Verdict.FAILED), (("a", "hangs"), Verdict.INCOMPLETE)]
)
def test_interrupted_it_keeps_what_was_seen(tmp_path: Path, names: Sequence[str], verdict: Verdict) -> None:
    interrupted = Interrupted()
    plan = replace(plan_for(tmp_path, *names, "waits", jobs=2), lock=Lock(tmp_path / "x", "x", update=True))
    done = interrupted.results(plan)
    assert interrupted.gone == ["hangs"], "it was ended before the results were given"
    assert done.relocked is None, "half of what was seen is not to be locked"
    results = done.results
    assert (results.interrupted, results.verdict) == (True, verdict)
    statuses = {scan.scanner: scan.status for scan in results.scanners}
    assert statuses["mcp:hangs"] is ScanStatus.ERROR
    assert results.scanners[-2].problems == ("interrupted before it was done",)
