from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.options import Value
from mcpquality_scanners.pip_audit import PipAuditScanner

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
    return ScanContext(root, (), options, Tools(), World(), scratch)


def scan(context: ScanContext, files: Mapping[str, str], clock: Clock | None = None, **options: Value) -> ScanResult:
    for name, text in files.items():
        (context.root / name).parent.mkdir(parents=True, exist_ok=True)
        (context.root / name).write_text(text, encoding="utf-8")
    chosen = {**context.options, **options}
    return asyncio.run(PipAuditScanner(clock=clock).scan(replace(context, files=tuple(sorted(files)), options=chosen)))


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
    assert "does not pass on PYSEC-2099-1" in result.problems[0]


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
    assert "is no folder" in result.problems[0]


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


def test_without_the_tool_there_is_an_error(context: ScanContext) -> None:
    with pytest.raises(ToolNotInstalledError):
        scan(replace(context, tools=NoTools()), {"requirements.txt": "a==1\n"})
    with pytest.raises(ToolNotInstalledError):
        scan(replace(context, tools=NoTools()), {"requirements.txt": "a==1\n"}, advisories="")


def test_no_service_answers(context: ScanContext) -> None:
    result = scan(context, {"requirements.txt": "idna==3.4\n"}, advisories="")
    assert result.status is ScanStatus.INCOMPLETE
    assert "OSV: pip-audit gave no result" in result.problems[0]
    assert "PyPI: pip-audit gave no result" in result.problems[0]


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
                return Completed(argv, 0, b'{"distributions": [["idna", "3.4", null]]}', b"", 0.1)
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

    def now(self) -> Any:  # noqa: ANN401
        raise NotImplementedError


def test_time_that_is_up_still_leaves_a_second(context: ScanContext) -> None:
    class Impatient(World):
        async def run(self, argv: tuple[str, ...], **more: Any) -> Completed:  # noqa: ANN401
            assert more["timeout"] == 1.0
            return Completed(argv, None, b"", b"", 1.0, timed_out=True)

    result = scan(replace(context, processes=Impatient()), {"requirements.txt": "a==1\n"}, clock=Still())
    assert "did not finish in time" in result.problems[0]


def test_explain() -> None:
    assert PipAuditScanner().explain("PYSEC-2018-28")
    assert PipAuditScanner().explain("B602") is None
