from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.base import Completed, Tool
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.pip_audit.output import Answer, Query
from mcpquality_scanners.pip_audit.services import PYPI, Runner, Service, batches, local, osv


@dataclass
class Audit:
    """A pip-audit that reports its canaries, skips what it is told to, and fails in given folders."""

    skip: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    runs: list[tuple[str, ...]] = field(default_factory=list)
    env: Mapping[str, str] | None = None
    at_once: int = 0
    most: int = 0

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        del stdin
        assert timeout == 7.0
        self.runs.append(argv)
        self.env = env
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if cwd.name in self.broken:
            raise ToolError("pip-audit could not be started")
        pins = [line.split("==") for line in (cwd / "pins.txt").read_text(encoding="utf-8").splitlines()]
        found = {"fix_versions": [], "description": "bad"}
        ids = {"requests": "PYSEC-2018-28", "jinja2": "CVE-2019-10906"}
        rows = [
            {"name": name, "skip_reason": "not found"}
            if name in self.skip
            else {
                "name": name,
                "version": version,
                "vulns": [{"id": "X", "aliases": [ids[name]], **found}] if name in ids else [],
            }
            for name, version in pins
        ]
        return Completed(argv, 1, json.dumps({"dependencies": rows}).encode(), b"", 0.1)


def runner(audit: Audit, folder: Path, jobs: int = 2) -> Runner:
    return Runner(Tool("pip-audit", "1", Path("/bin/pip-audit")), audit, folder, jobs, lambda: 7.0)


def queries(count: int) -> list[Query]:
    return [Query(f"p{number:04}", "1") for number in range(count)]


def test_everything_is_asked_in_batches_side_by_side(tmp_path: Path) -> None:
    audit = Audit()
    outcome = asyncio.run(runner(audit, tmp_path).ask(osv("http://x"), queries(450)))
    assert set(outcome.audited) == set(queries(450))
    assert (outcome.failed, len(outcome.commands), audit.most) == ({}, 5, 2)
    assert audit.runs[0][audit.runs[0].index("--osv-url") + 1] == "http://x"
    assert {"--no-deps", "--disable-pip"} <= set(audit.runs[0])


def test_a_service_that_is_not_there_is_asked_once(tmp_path: Path) -> None:
    audit = Audit(broken=frozenset({"pypi-0"}))
    outcome = asyncio.run(runner(audit, tmp_path).ask(PYPI, queries(450)))
    assert set(outcome.failed.values()) == {"PyPI: pip-audit could not be started"}
    assert (outcome.audited, len(outcome.failed), len(audit.runs)) == ({}, 450, 1)


def test_a_batch_that_fails_later_fails_alone(tmp_path: Path) -> None:
    outcome = asyncio.run(runner(Audit(broken=frozenset({"osv-1"})), tmp_path).ask(osv(), queries(250)))
    assert (len(outcome.audited), len(outcome.failed)) == (150, 100)


def test_what_is_skipped_has_failed(tmp_path: Path) -> None:
    outcome = asyncio.run(runner(Audit(skip=frozenset({"p0001"})), tmp_path).ask(PYPI, queries(2)))
    assert outcome.failed == {Query("p0001", "1"): "PyPI: not found"}
    assert set(outcome.audited) == {Query("p0000", "1")}


def test_a_skipped_canary_spoils_the_answer(tmp_path: Path) -> None:
    outcome = asyncio.run(runner(Audit(skip=frozenset({"requests"})), tmp_path).ask(PYPI, queries(2)))
    assert (outcome.audited, len(outcome.failed)) == ({}, 2)


def test_the_check_of_a_service_counts(tmp_path: Path) -> None:
    def refuse(_answer: Answer) -> None:
        raise ToolOutputError("no")

    service = Service("S", ("-s", "osv"), check=refuse)
    outcome = asyncio.run(runner(Audit(), tmp_path).ask(service, queries(1)))
    assert outcome.failed == {Query("p0000", "1"): "S: no"}


def test_a_canary_that_is_a_dependency_too_is_kept(tmp_path: Path) -> None:
    outcome = asyncio.run(runner(Audit(), tmp_path).ask(osv(), [Query("requests", "2.19.1")]))
    assert len(outcome.audited[Query("requests", "2.19.1")]) == 1


def test_nothing_asked_is_nothing_run(tmp_path: Path) -> None:
    audit = Audit()
    outcome = asyncio.run(runner(audit, tmp_path).ask(osv(), []))
    assert (outcome.audited, outcome.failed, audit.runs) == ({}, {}, [])


def test_no_proxy_stands_before_the_local_endpoint() -> None:
    service = local("http://127.0.0.1:1/x", "here", lambda _answer: None)
    assert service.env == {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


names = st.sampled_from(["a", "b", "requests", "jinja2", "mcpquality-canary", "mcpquality-second-canary"])
versions = st.sampled_from(["1.0", "2.10", "2.19.1", "3"])


@given(
    st.sets(st.builds(Query, names, versions), max_size=24),
    st.sampled_from([osv(), local("x", "here", lambda _: None)]),
)
def test_batches_hold_everything_once_with_a_canary_and_no_package_twice(asked: set[Query], service: Service) -> None:
    planned = batches(asked, service)
    assert sorted(query for batch in planned for query in batch.queries) == sorted(asked)
    for batch in planned:
        lines = batch.text.splitlines()
        assert f"{batch.canary.query.name}=={batch.canary.query.version}" in lines
        assert len({line.split("==")[0] for line in lines}) == len(lines)
