from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.advisories.loading import Export, load
from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.findings import ScanResult, ScanStatus, Severity
from mcpquality_scanners.options import Value
from mcpquality_scanners.pip_audit import PipAuditScanner
from tests.support.clock import FakeClock

RECORD = {
    "id": "PYSEC-2099-1",
    "summary": "bad",
    "affected": [{"package": {"name": "idna", "ecosystem": "PyPI"}, "versions": ["3.4"]}],
    "database_specific": {"severity": "HIGH"},
}


class Tools:
    async def tool(self, name: str) -> Tool:
        return Tool(name, "2.0", Path("/bin/pip-audit"))


class NoTools:
    async def tool(self, name: str) -> Tool:
        raise ToolNotInstalledError(f"{name} cannot be installed")


@dataclass
class World:
    """uv and pip-audit in one: resolves as it is told, and asks the endpoint it is pointed to."""

    resolved: str = ""
    forget: str = ""
    online: str = ""
    runs: list[tuple[str, ...]] = field(default_factory=list)

    async def run(self, argv: tuple[str, ...], *, cwd: Path, **_: Any) -> Completed:  # noqa: ANN401
        self.runs.append(argv)
        if "compile" in argv:
            return Completed(argv, 0 if self.resolved else 1, self.resolved.encode(), b"error: offline\n", 0.1)
        url = argv[argv.index("--osv-url") + 1] if "--osv-url" in argv else ""
        if not url and not (self.online and self.online in argv):
            return Completed(argv, 1, b"", b"ConnectionError: no network\n", 0.1)
        rows = [
            await asyncio.to_thread(self._row, url, line)
            for line in (cwd / "pins.txt").read_text(encoding="utf-8").split()
        ]
        return Completed(argv, 1, json.dumps({"dependencies": rows}).encode(), b"", 0.1)

    def _row(self, url: str, line: str) -> Mapping[str, Any]:
        name, _, version = line.partition("==")
        found = (
            [{"id": "PYSEC-2018-28", "fix_versions": [], "aliases": [], "description": ""}]
            if name == "requests"
            else []
        )
        if url:
            query = {"package": {"name": name, "ecosystem": "PyPI"}, "version": version}
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(url, json.dumps(query).encode()) as reply:
                found = [
                    {"id": item["id"], "fix_versions": [], "aliases": [], "description": item["summary"]}
                    for item in json.load(reply)["vulns"]
                    if item["id"] != self.forget
                ]
        return {"name": name, "version": version, "vulns": found}


@pytest.fixture
def context(tmp_path: Path) -> ScanContext:
    root, scratch, advisories = (tmp_path / name for name in ("root", "scratch", "advisories"))
    for folder in (root, scratch, advisories):
        folder.mkdir()
    (advisories / "1.json").write_text(json.dumps(RECORD), encoding="utf-8")
    options: dict[str, Value] = {option.name: option.default for option in PipAuditScanner.options}
    options["advisories"] = str(advisories)
    options["max-age"] = None
    return ScanContext(root, (), options, Tools(), World(), scratch)


def scan(
    context: ScanContext,
    files: Mapping[str, str],
    clock: Clock | None = None,
    store: Path | None = None,
    **options: Value,
) -> ScanResult:
    for name, text in files.items():
        (context.root / name).parent.mkdir(parents=True, exist_ok=True)
        (context.root / name).write_text(text, encoding="utf-8")
    chosen = {**context.options, **{name.replace("_", "-"): value for name, value in options.items()}}
    scanner = PipAuditScanner(clock=clock, store=store or context.scratch / "no-store")
    return asyncio.run(scanner.scan(replace(context, files=tuple(sorted(files)), options=chosen)))


def unseen(result: ScanResult) -> list[str]:
    return [item.name for item in result.unseen]


def test_a_finding_comes_all_the_way(context: ScanContext) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n", "a/requirements.txt": "idna==3.7\n"})
    assert (result.status, result.unseen, result.problems) == (ScanStatus.COMPLETE, (), ())
    assert [(f.rule, f.package and f.package.installed) for f in result.findings] == [("PYSEC-2099-1", "3.4")]
    assert (result.seen, result.version) == (("a/requirements.txt", "requirements.txt"), "2.0")
    assert "mcpquality" not in "".join(finding.message for finding in result.findings)


def test_a_tool_that_loses_an_advisory_is_not_believed(context: ScanContext) -> None:
    result = scan(replace(context, processes=World(forget="PYSEC-2099-1")), {"requirements.txt": "idna==3.4\n"})
    assert (result.status, result.findings) == (ScanStatus.INCOMPLETE, ())
    assert "does not pass on PYSEC-2099-1" in result.unseen[0].reason


def test_a_tool_that_loses_the_canary_is_not_believed(context: ScanContext) -> None:
    result = scan(replace(context, processes=World(forget="MCPQUALITY-CANARY-1")), {"requirements.txt": "x==1\n"})
    assert (result.status, unseen(result)) == (ScanStatus.INCOMPLETE, ["requirements.txt: x 1"])
    assert result.seen == ()


def test_even_a_package_named_like_the_canary_is_audited(context: ScanContext) -> None:
    text = "mcpquality-canary==2.0\nmcpquality-second-canary==2.0\n"
    result = scan(context, {"requirements.txt": text})
    assert (result.status, result.findings) == (ScanStatus.COMPLETE, ())


def test_nothing_to_look_at(context: ScanContext) -> None:
    assert scan(context, {"main.py": ""}).status is ScanStatus.NOT_APPLICABLE
    asked = scan(replace(context, asked=True), {"main.py": ""})
    assert (asked.status, len(asked.problems)) == (ScanStatus.INCOMPLETE, 1)


def test_globs_that_name_nothing_are_a_problem(context: ScanContext) -> None:
    assert scan(context, {"main.py": ""}, manifests=("*.lock",)).status is ScanStatus.INCOMPLETE
    result = scan(context, {"requirements.txt": ""}, manifests=("*.txt", "*.lock"))
    assert result.status is ScanStatus.INCOMPLETE
    assert result.problems == ("the option `manifests` names '*.lock', which no file matches: correct it.",)


@pytest.mark.parametrize("folder", ["gone", "~nobody-of-that-name/x", "\0"])
def test_advisories_that_are_no_folder(context: ScanContext, folder: str) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n"}, advisories=folder)
    assert (result.status, unseen(result)) == (ScanStatus.INCOMPLETE, ["requirements.txt: idna 3.4"])
    assert "is neither a folder of records nor a store" in result.unseen[0].reason


def test_advisories_in_the_tree_are_found_from_its_root(context: ScanContext) -> None:
    files = {"requirements.txt": "idna==3.4\n", "osv/1.json": json.dumps(RECORD)}
    assert len(scan(context, files, advisories="osv").findings) == 1


def test_a_folder_of_other_things_names_them(context: ScanContext, tmp_path: Path) -> None:
    (tmp_path / "advisories" / "1.json").write_text("{", encoding="utf-8")
    result = scan(context, {"requirements.txt": "idna==3.4\n"})
    assert result.status is ScanStatus.INCOMPLETE
    assert len(result.unseen) == 2


def test_flaws_of_other_packages_do_not_matter(context: ScanContext, tmp_path: Path) -> None:
    flaw = {"id": "A", "affected": [{"package": {"name": "rich", "ecosystem": "PyPI"}}]}
    (tmp_path / "advisories" / "2.json").write_text(json.dumps(flaw), encoding="utf-8")
    assert scan(context, {"requirements.txt": "idna==3.7\n"}).status is ScanStatus.COMPLETE
    context = replace(context, scratch=tmp_path / "again")
    context.scratch.mkdir()
    assert scan(context, {"requirements.txt": "rich==1\n"}).status is ScanStatus.INCOMPLETE


def test_offline_without_advisories_no_tool_is_needed(context: ScanContext) -> None:
    text = "".join(f"p{number}==1\n" for number in range(12))
    offline = replace(context, offline=True, tools=NoTools())
    result = scan(offline, {"requirements.txt": text}, advisories="")
    assert (result.status, len(result.unseen), result.commands) == (ScanStatus.INCOMPLETE, 12, ())
    assert result.problems[0].startswith("12 dependencies were not audited (p0 1, p1 1")
    assert "and 2 more" in result.problems[0]
    assert result.unseen[0].reason not in result.problems[0]


def test_without_the_tool_there_is_an_error(context: ScanContext) -> None:
    with pytest.raises(ToolNotInstalledError):
        scan(replace(context, tools=NoTools()), {"requirements.txt": "a==1\n"})
    with pytest.raises(ToolNotInstalledError):
        scan(replace(context, tools=NoTools()), {"requirements.txt": "a==1\n"}, advisories="")


def test_no_service_answers(context: ScanContext) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n"}, advisories="")
    assert result.status is ScanStatus.INCOMPLETE
    assert "OSV: pip-audit gave no result" in result.unseen[0].reason
    assert "PyPI: pip-audit gave no result" in result.unseen[0].reason


@pytest.mark.parametrize(("service", "runs"), [("auto", 2), ("pypi", 1)])
def test_pypi_answers_where_osv_does_not(context: ScanContext, service: str, runs: int) -> None:
    world = World(online="pypi")
    result = scan(replace(context, processes=world), {"requirements.txt": "a==1\n"}, advisories="", service=service)
    assert (result.status, len(world.runs)) == (ScanStatus.COMPLETE, runs)


def test_pypi_is_left_alone_where_osv_answers(context: ScanContext) -> None:
    world = World(online="osv")
    result = scan(replace(context, processes=world), {"requirements.txt": "a==1\n"}, advisories="")
    assert (result.status, len(world.runs)) == (ScanStatus.COMPLETE, 1)


def test_only_the_chosen_service_is_asked(context: ScanContext) -> None:
    world = World(online="pypi")
    result = scan(replace(context, processes=world), {"requirements.txt": "a==1\n"}, advisories="", service="osv")
    assert (result.status, len(world.runs)) == (ScanStatus.INCOMPLETE, 1)


def test_open_requirements_go_through_the_resolver(context: ScanContext) -> None:
    result = scan(replace(context, processes=World(resolved="idna==3.4\n")), {"requirements.txt": "idna\n"})
    assert (result.status, len(result.findings)) == (ScanStatus.COMPLETE, 1)


def test_a_pinned_project_is_resolved_and_a_pinned_requirements_file_on_request(context: ScanContext) -> None:
    world = World(resolved="a==1\nidna==3.4\n")
    context = replace(context, processes=world)
    assert len(scan(context, {"pyproject.toml": '[project]\ndependencies = ["a==1"]'}).findings) == 1


@pytest.mark.parametrize(("text", "resolved"), [("a==1\n", True), ("a==1 --hash=sha256:00\n", False)])
def test_always_resolving_spares_what_has_hashes(context: ScanContext, text: str, resolved: bool) -> None:
    world = World(resolved="a==1\nidna==3.4\n")
    result = scan(replace(context, processes=world), {"requirements.txt": text}, resolve="always")
    assert (len(result.findings) == 1) is resolved


def test_a_manifest_that_is_not_resolved_is_not_seen(context: ScanContext) -> None:
    result = scan(context, {"requirements.txt": "idna\n"})
    assert (result.status, unseen(result), result.seen) == (ScanStatus.INCOMPLETE, ["requirements.txt"], ())


def test_an_environment_that_is_not_there(context: ScanContext) -> None:
    result = scan(context, {}, environment="venv")
    assert (result.status, unseen(result)) == (ScanStatus.INCOMPLETE, ["venv"])


def test_dependencies_of_an_environment_are_named_by_it(context: ScanContext) -> None:
    class Python(World):
        async def run(self, argv: tuple[str, ...], *, cwd: Path, **more: Any) -> Completed:  # noqa: ANN401
            if argv[0].endswith("python"):
                return Completed(argv, 0, b'{"distributions": [["idna", "3.4", null, [], []]]}', b"", 0.1)
            return await super().run(argv, cwd=cwd, **more)

    (context.root / "python").touch()
    result = scan(replace(context, processes=Python()), {}, environment="python", advisories="")
    assert unseen(result) == ["python: idna 3.4"]


class Still:
    """A clock that stands at the end of the scan's time after its first look."""

    def __init__(self) -> None:
        self.looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return 0.0 if self.looks == 1 else 1e9

    def now(self) -> datetime:
        return datetime(2026, 5, 1, tzinfo=UTC)


def test_time_that_is_up_still_leaves_a_second(context: ScanContext) -> None:
    class Impatient(World):
        async def run(self, argv: tuple[str, ...], **more: Any) -> Completed:  # noqa: ANN401
            assert more["timeout"] == 1.0
            return Completed(argv, None, b"", b"", 1.0, timed_out=True)

    result = scan(replace(context, processes=Impatient()), {"requirements.txt": "a==1\n"}, clock=Still())
    assert "did not finish in time" in result.unseen[0].reason


# Which advisories


DATED = {**RECORD, "modified": "2026-04-30T00:00:00Z"}
FAMOUS = {
    "id": "PYSEC-2018-28",
    "summary": "redirects",
    "affected": [{"package": {"name": "requests", "ecosystem": "PyPI"}, "versions": ["2.19.1"]}],
}
"""What every whole export holds."""

NOW = FakeClock()
"""Noon of the first of May 2026."""


def stored(tmp_path: Path, *records: Mapping[str, object], whole: bool = True) -> Path:
    """A store of these records; with `whole`, one that could be the official export."""
    folder = tmp_path / "for-the-store"
    folder.mkdir()
    for number, record in enumerate((*records, FAMOUS) if whole else records):
        (folder / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")
    load(tmp_path / "store", Export(folder, "x"), NOW.now())
    return tmp_path / "store"


def test_the_store_is_the_fallback_where_no_service_answers(context: ScanContext, tmp_path: Path) -> None:
    world = World()
    result = scan(
        replace(context, processes=world),
        {"requirements.txt": "idna==3.4\n"},
        clock=NOW,
        store=stored(tmp_path, DATED),
        advisories="",
        max_age=7,
    )
    assert (result.status, len(result.findings), len(world.runs)) == (ScanStatus.COMPLETE, 1, 3)
    assert any("the store of advisories (1 records" in note for note in result.notes)


@pytest.mark.parametrize("service", ["osv", "pypi"])
def test_a_service_that_is_chosen_has_no_fallback(context: ScanContext, tmp_path: Path, service: str) -> None:
    files = {"requirements.txt": "idna==3.4\n"}
    result = scan(context, files, clock=NOW, store=stored(tmp_path, DATED), advisories="", service=service)
    assert (result.status, result.findings) == (ScanStatus.INCOMPLETE, ())


@pytest.mark.parametrize("offline", [True, False])
def test_only_the_store_is_asked_offline_or_on_request(context: ScanContext, tmp_path: Path, offline: bool) -> None:
    world = World(online="osv")
    around = replace(context, processes=world, offline=offline)
    store, service = stored(tmp_path, DATED), "auto" if offline else "local"
    files = {"requirements.txt": "idna==3.4\n"}
    result = scan(around, files, clock=NOW, store=store, advisories="", service=service)
    assert (result.status, len(result.findings), len(world.runs)) == (ScanStatus.COMPLETE, 1, 1)


@pytest.mark.parametrize("named", [True, False])
def test_a_store_of_own_records_alone_makes_nothing_green(context: ScanContext, tmp_path: Path, named: bool) -> None:
    store = stored(tmp_path, DATED, whole=False)
    around = replace(context, offline=True)
    files = {"requirements.txt": "idna==3.7\n"}
    result = scan(around, files, clock=NOW, store=store, advisories=str(store) if named else "")
    assert (result.status, result.findings, result.seen) == (ScanStatus.INCOMPLETE, (), ())
    assert unseen(result) == ["requirements.txt: idna 3.7"]
    assert "does not know that requests 2.19.1 is vulnerable" in result.unseen[0].reason
    assert "beside it with `--name`" in result.unseen[0].reason


def test_a_store_may_be_named(context: ScanContext, tmp_path: Path) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n"}, clock=NOW, advisories=str(stored(tmp_path, DATED)))
    assert (result.status, len(result.findings)) == (ScanStatus.COMPLETE, 1)


@pytest.mark.parametrize(
    ("modified", "limit", "status"),
    [
        ("2026-04-25T00:00:00Z", 7, ScanStatus.COMPLETE),
        ("2026-04-23T00:00:00Z", 7, ScanStatus.INCOMPLETE),
        ("2026-04-23T00:00:00Z", 30, ScanStatus.COMPLETE),
        ("2020-01-01T00:00:00Z", None, ScanStatus.COMPLETE),
        ("", 7, ScanStatus.INCOMPLETE),
    ],
)
def test_old_advisories_are_not_relied_on(
    context: ScanContext, tmp_path: Path, modified: str, limit: int | None, status: ScanStatus
) -> None:
    old = {**RECORD, "modified": modified}
    around, store = replace(context, offline=True), stored(tmp_path, old)
    files = {"requirements.txt": "idna==3.7\n"}
    result = scan(around, files, clock=NOW, store=store, advisories="", max_age=limit)
    assert (result.status, result.findings) == (status, ())
    assert ("mcpquality advisories update" in "".join(result.problems)) is (status is ScanStatus.INCOMPLETE)


def test_the_age_of_a_folder_counts_too(context: ScanContext) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n"}, clock=NOW, max_age=7)
    assert (result.status, len(result.findings)) == (ScanStatus.INCOMPLETE, 1)
    assert "none of its records is dated; bring it up to date" in result.problems[0]


def test_what_a_service_names_is_rated_by_the_store(context: ScanContext, tmp_path: Path) -> None:
    class Service(World):
        def _row(self, url: str, line: str) -> Mapping[str, Any]:
            row = super()._row(url, line)
            vulnerability = {"id": "PYSEC-2099-1", "fix_versions": ["3.7"], "aliases": [], "description": "bad"}
            return {**row, "vulns": [vulnerability]} if row["name"] == "idna" else row

    store = stored(tmp_path, {**DATED, "aliases": ["CVE-2099-0001"]})
    around = replace(context, processes=Service(online="pypi"))
    files = {"requirements.txt": "idna==3.4\n"}
    (finding,) = scan(around, files, clock=NOW, store=store, advisories="", service="pypi").findings
    assert (finding.severity, finding.aliases) == (Severity.HIGH, ("CVE-2099-0001",))
    again = replace(around, scratch=tmp_path / "again")
    again.scratch.mkdir()
    (finding,) = scan(again, files, clock=NOW, advisories="", service="pypi").findings
    assert finding.severity is Severity.UNKNOWN


def test_exploitation_is_shown_and_lists_that_are_not_there_are_problems(context: ScanContext) -> None:
    (context.root / "kev.json").write_text('{"vulnerabilities": [{"cveID": "CVE-2099-0001"}]}', encoding="utf-8")
    (context.root / "epss.csv").write_text("cve,epss\nCVE-2099-0001,0.934\n", encoding="utf-8")
    known = {**RECORD, "aliases": ["CVE-2099-0001"]}
    (context.root.parent / "advisories" / "1.json").write_text(json.dumps(known), encoding="utf-8")
    files = {"requirements.txt": "idna==3.4\n", "a.py": "import os\n"}
    result = scan(context, files, epss="epss.csv", kev="kev.json")
    assert result.status is ScanStatus.COMPLETE, result.problems
    (finding,) = result.findings
    assert finding.message == "idna 3.4: bad (known to be exploited; EPSS 93.4%; no import of idna was found)"
    again = replace(context, scratch=context.root.parent / "again")
    again.scratch.mkdir()
    result = scan(again, files, epss="gone.csv", kev="epss.csv")
    assert (result.status, len(result.problems), len(result.findings)) == (ScanStatus.INCOMPLETE, 2, 1)


@pytest.mark.parametrize("option", ["", "advisories"])
def test_nobody_is_told_to_do_what_is_done_already(context: ScanContext, option: str) -> None:
    offline = replace(context, offline=True)
    result = scan(offline, {"requirements.txt": "idna==3.4\n"}, advisories=option and str(context.root.parent / "gone"))
    said = result.problems[0] + result.unseen[0].reason
    assert said.count("mcpquality advisories update") == (not option)
    assert ("Correct the option `advisories`." in said) is bool(option)


def test_scripts_are_looked_at(context: ScanContext) -> None:
    script = "# /// " + 'script\n# dependencies = ["idna==3.4"]\n# /' + "//\n"
    around = replace(context, processes=World(resolved="idna==3.4\n"))
    result = scan(around, {"tool.py": script, "a.py": ""})
    assert [(finding.location and finding.location.path) for finding in result.findings] == ["tool.py"]


def test_explain() -> None:
    assert PipAuditScanner().explain("PYSEC-2018-28")
    assert PipAuditScanner().explain("B602") is None
