from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mcpquality_scanners.advisories import Index, parse_record
from mcpquality_scanners.advisories.exploitation import Exploitation
from mcpquality_scanners.dependencies import Graph, Imports, Origin, Pin, Reading, Wanted
from mcpquality_scanners.findings import Reach
from mcpquality_scanners.pip_audit.exposure import Exposure, lowest_upgrade, read_exploitation

IDNA = Pin("idna", "3.4", Origin("uv.lock", 3))
LOCK = Reading(
    "uv.lock",
    pins=(IDNA,),
    members=("",),
    roots=frozenset({"requests"}),
    edges={"requests": frozenset({"idna"})},
)
PROJECT = Reading("pyproject.toml", declared=(Wanted(Requirement("idna<3.7"), Origin("pyproject.toml", 4)),))


def advisory(*events: tuple[str, str]) -> Index:
    ranges = [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in events]}]
    return Index(
        [parse_record({"id": "A", "affected": [{"package": {"name": "idna", "ecosystem": "PyPI"}, "ranges": ranges}]})]
    )


def exposure(*readings: Reading, modules: tuple[str, ...] = (), complete: bool = True) -> Exposure:
    imports = Imports(frozenset(modules), frozenset(), complete)
    return Exposure(Graph(readings), imports, Exploitation({"CVE-1": 0.5}, frozenset({"CVE-2"})), Index(()))


@pytest.mark.parametrize(
    ("modules", "complete", "reach"),
    [
        (("idna",), True, Reach.IMPORTED),
        (("requests.adapters",), True, Reach.INDIRECT),
        (("os",), True, Reach.NOT_IMPORTED),
        (("os",), False, Reach.UNKNOWN),
        ((), False, Reach.UNKNOWN),
    ],
)
def test_reach(modules: tuple[str, ...], complete: bool, reach: Reach) -> None:
    found = exposure(LOCK, modules=modules, complete=complete).package(IDNA, ("3.7",), "3.7", frozenset())
    assert found.reach is reach


def test_what_nobody_is_known_to_ask_for_is_not_said_to_be_out_of_reach() -> None:
    lock = Reading("uv.lock", pins=(IDNA,))
    assert exposure(lock, modules=("os",)).package(IDNA, (), "", frozenset()).reach is Reach.UNKNOWN


def test_the_way_the_limits_and_the_lists() -> None:
    around = exposure(LOCK, PROJECT)
    found = around.package(IDNA, ("3.7",), "3.7", frozenset({"CVE-1", "CVE-2"}))
    assert (found.dependency_path, found.upgrade_allowed) == (("idna",), False)
    assert (found.epss, found.known_exploited) == (0.5, True)
    assert [str(limit.requirement) for limit in around.obstacles(IDNA, "3.7")] == ["idna<3.7"]
    assert around.obstacles(IDNA, "3.6") == around.obstacles(IDNA, "") == ()
    other = exposure(LOCK).package(IDNA, (), "", frozenset({"X"}))
    assert (other.dependency_path, other.upgrade_allowed) == (("requests", "idna"), None)
    assert (other.epss, other.known_exploited) == (None, False)


@pytest.mark.parametrize(
    ("fixes", "index", "expected"),
    [
        ([("3.7", "3.9"), ("3.8",)], Index(()), "3.8"),
        ([("3.7",), ()], Index(()), ""),
        ([("3.7",)], advisory(("introduced", "3.6"), ("fixed", "4.0")), "4.0"),
        ([("3.7",)], advisory(("introduced", "3.6"), ("last_affected", "9")), ""),
        ([("3.10",)], advisory(("introduced", "1"), ("fixed", "2")), "3.10"),
    ],
)
def test_the_lowest_upgrade_is_free_of_everything(fixes: list[tuple[str, ...]], index: Index, expected: str) -> None:
    assert lowest_upgrade("idna", fixes, index) == expected


def test_lists_of_exploits(tmp_path: Path) -> None:
    (tmp_path / "epss.csv.gz").write_bytes(gzip.compress(b"cve,epss\nCVE-2020-1,0.5\n"))
    (tmp_path / "kev.json").write_text(json.dumps({"vulnerabilities": [{"cveID": "CVE-2020-1234"}]}), encoding="utf-8")
    found, problems = read_exploitation("epss.csv.gz", "kev.json", tmp_path, ["CVE-2020-1"], offline=True)
    assert found == Exploitation({"CVE-2020-1": 0.5}, frozenset({"CVE-2020-1234"}))
    assert problems == ()


def test_lists_that_are_set_and_not_there_are_problems(tmp_path: Path) -> None:
    found, problems = read_exploitation("https://host.test/x", "gone.json", tmp_path, [], offline=True)
    assert (found, len(problems)) == (Exploitation(), 2)
    assert read_exploitation("", "", tmp_path, [], offline=True) == (Exploitation(), ())
