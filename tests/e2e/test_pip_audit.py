"""The real pip-audit (and uv), with advisories that the tests write themselves."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
from uv import find_uv_bin

from mcpquality_scanners.advisories import Index, parse_record, serving
from mcpquality_scanners.advisories.records import pack
from mcpquality_scanners.base import Tool
from mcpquality_scanners.findings import Package, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.pip_audit import PipAuditScanner
from mcpquality_scanners.toolchain import Toolchain

pytestmark = pytest.mark.e2e

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
RATING = [{"type": "CVSS_V3", "score": CRITICAL}]
WORD = {"severity": "LOW"}


class RunScanner(Protocol):
    def __call__(self, scanner: PipAuditScanner, root: Path, **settings: Any) -> ScanResult: ...  # noqa: ANN401


@pytest.fixture
def run(run_scanner: RunScanner) -> RunScanner:
    return run_scanner


def record(identifier: str, package: str, fixed: str, **more: object) -> dict[str, object]:
    return {
        "schema_version": "1.6.0",
        "id": identifier,
        "modified": "2024-01-01T00:00:00Z",
        "summary": f"something is wrong with {package}",
        "affected": [
            {
                "package": {"name": package, "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
        **more,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def advisories(tmp_path: Path) -> Path:
    """Advisories about two small packages, in subfolders."""
    folder = tmp_path / "advisories"
    (folder / "deep").mkdir(parents=True)
    severe = record("PYSEC-2099-1", "idna", "3.7", aliases=["CVE-2099-0001"], severity=RATING)
    (folder / "PYSEC-2099-1.json").write_text(json.dumps(severe), encoding="utf-8")
    twin = record("GHSA-cccc-cccc-cccc", "IDNA", "3.7", aliases=["CVE-2099-0001"], database_specific=WORD)
    (folder / "deep" / "twin.json").write_text(json.dumps(twin), encoding="utf-8")
    mild = record("PYSEC-2099-2", "sniffio", "1.3.1", database_specific={"severity": "MODERATE"})
    (folder / "deep" / "mild.json").write_text(json.dumps(mild), encoding="utf-8")
    return folder


def scanner(osv_url: str = "") -> PipAuditScanner:
    """The scanner on a machine without a store of advisories."""
    return PipAuditScanner(osv_url=osv_url, store=Path(os.devnull) / "nothing")


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def scan(run: RunScanner, root: Path, advisories: Path, files: Mapping[str, str], **options: object) -> ScanResult:
    write(root, files)
    return run(scanner(), root, options={"advisories": str(advisories), "max-age": None, **options}, offline=True)


def packages(result: ScanResult) -> set[tuple[str, str]]:
    return {(f.package.name, f.package.installed) for f in result.findings if f.package}


def test_a_vulnerable_pin_is_found_with_severity_and_fix(run: RunScanner, root: Path, advisories: Path) -> None:
    result = scan(run, root, advisories, {"requirements.txt": "# pinned\nIdna==3.4\ncolorama==0.4\n"})
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    (finding,) = result.findings
    assert finding.rule == "PYSEC-2099-1"
    assert finding.aliases == ("CVE-2099-0001", "GHSA-cccc-cccc-cccc")
    assert (finding.severity, finding.native_severity) == (Severity.CRITICAL, CRITICAL)
    assert finding.package == Package("idna", "3.4", ("3.7",), upgrade="3.7", dependency_path=("idna",))
    assert finding.location is not None
    assert (finding.location.path, finding.location.region) == ("requirements.txt", Region(2))
    assert finding.fix == "Upgrade idna to 3.7 or later in requirements.txt (line 2)."
    assert finding.message == "idna 3.4: something is wrong with IDNA"
    assert result.seen == ("requirements.txt",)
    assert result.version
    assert result.commands[0].exit_code == 1


def test_records_under_several_names_are_one_finding(run: RunScanner, root: Path, advisories: Path) -> None:
    for name in ("ODD-1", "ODD-2"):
        text = json.dumps(record(name, "rich", "14.0", aliases=["ODD-3"]))
        (advisories / f"{name}.json").write_text(text, encoding="utf-8")
    result = scan(run, root, advisories, {"requirements.txt": "rich==13.0\n"})
    assert result.status is ScanStatus.COMPLETE, result.problems
    assert [(item.rule, item.aliases) for item in result.findings] == [("ODD-1", ("ODD-2", "ODD-3"))]


def test_nothing_known_is_green_and_says_what_was_used(run: RunScanner, root: Path, advisories: Path) -> None:
    result = scan(run, root, advisories, {"requirements.txt": "idna==3.7\n"})
    assert (result.status, result.findings) == (ScanStatus.COMPLETE, ())
    assert any("3 records" in note for note in result.notes)


def test_a_package_in_two_versions_is_audited_in_both(run: RunScanner, root: Path, advisories: Path) -> None:
    files = {"a/requirements.txt": "idna==3.4\n", "b/requirements.txt": "idna==3.5\nsniffio==1.3.0\n"}
    result = scan(run, root, advisories, files)
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4"), ("idna", "3.5"), ("sniffio", "1.3.0")}


def test_markers_of_other_platforms_are_audited(run: RunScanner, root: Path, advisories: Path) -> None:
    text = 'idna==3.4 ; sys_platform == "win32"\nsniffio==1.3.0 ; python_version < "3.0"\n'
    result = scan(run, root, advisories, {"requirements.txt": text})
    assert packages(result) == {("idna", "3.4"), ("sniffio", "1.3.0")}


def test_hashes_continuations_and_local_versions(run: RunScanner, root: Path, advisories: Path) -> None:
    text = f"idna==3.4+local.1 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
    result = scan(run, root, advisories, {"requirements.txt": text})
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4+local.1")}


def test_a_proxy_in_the_environment_does_not_stand_between(
    run: RunScanner, root: Path, advisories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    result = scan(run, root, advisories, {"requirements.txt": "idna==3.4\n"})
    assert (result.status, len(result.findings)) == (ScanStatus.COMPLETE, 1), result.problems


# Manifests of every kind


def test_a_real_uv_lock_with_a_project_and_a_workspace(run: RunScanner, root: Path, advisories: Path) -> None:
    project = '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.11"\n'
    project += 'dependencies = ["idna==3.4", "m"]\n'
    workspace = '[tool.uv.sources]\nm = { workspace = true }\n[tool.uv.workspace]\nmembers = ["m"]\n'
    groups = '[dependency-groups]\ndev = ["sniffio==1.3.0"]\n'
    member = '[project]\nname = "m"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["idna"]\n'
    write(root, {"pyproject.toml": project + groups + workspace, "m/pyproject.toml": member})
    subprocess.run([find_uv_bin(), "lock", "--quiet", "--python", sys.executable], cwd=root, check=True)
    result = scan(run, root, advisories, {})
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4"), ("sniffio", "1.3.0")}
    assert result.seen == ("m/pyproject.toml", "pyproject.toml", "uv.lock")
    (finding,) = (f for f in result.findings if f.package and f.package.name == "idna")
    assert finding.location is not None
    assert finding.location.region is not None
    line = (root / "uv.lock").read_text(encoding="utf-8").splitlines()[finding.location.region.start_line - 1]
    assert line == 'name = "idna"'
    said = "Upgrade idna to 3.7 or later: `uv lock --upgrade-package idna`. "
    assert finding.fix == said + "First change `idna==3.4` (pyproject.toml, line 5), which does not allow it."


def test_a_real_pylock(run: RunScanner, root: Path, advisories: Path) -> None:
    write(root, {"in.txt": "idna==3.4\n"})
    command = [find_uv_bin(), "pip", "compile", "--quiet", "--python", sys.executable]
    command += ["--format", "pylock.toml", "in.txt", "-o", "pylock.dev.toml"]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    result = scan(run, root, advisories, {})
    assert (result.status, packages(result)) == (ScanStatus.COMPLETE, {("idna", "3.4")}), result.unseen
    assert result.seen == ("pylock.dev.toml",)


POETRY = """\
# This file is automatically @generated by Poetry 2.1.1 and should not be changed by hand.

[[package]]
name = "idna"
version = "3.4"
description = "Internationalized Domain Names in Applications (IDNA)"
optional = false
python-versions = ">=3.5"
groups = ["main"]
markers = "sys_platform == \\"win32\\""
files = [
    {file = "idna-3.4-py3-none-any.whl", hash = "sha256:90b77e79eaa3eba6de819a0c442c0b4ceefc341a7a2ab77"},
]

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "35d80c1d0cfc4e5ea1e0a2f4c1d2a3b1b7c3d6d6a5b3a0f7d8f8a4a4a8a5f0cd"
"""

PDM = """\
# This file is @generated by PDM.
# It is not intended for manual editing.

[metadata]
groups = ["default", "dev"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:6a2c1d2a3b1b7c3d6d6a5b3a0f7d8f8a4a4a8a5f0cd35d80c1d0cfc4e5ea1e0a"

[[metadata.targets]]
requires_python = ">=3.11"

[[package]]
name = "idna"
version = "3.4"
requires_python = ">=3.5"
summary = "Internationalized Domain Names in Applications (IDNA)"
groups = ["default"]
files = [
    {file = "idna-3.4-py3-none-any.whl", hash = "sha256:90b77e79eaa3eba6de819a0c442c0b4ceefc341a7a2ab77"},
]
"""

PIPFILE = json.dumps(
    {
        "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": []},
        "default": {"idna": {"hashes": [], "index": "pypi", "version": "==3.4"}},
        "develop": {},
    },
    indent=4,
)


@pytest.mark.parametrize(("name", "text"), [("poetry.lock", POETRY), ("pdm.lock", PDM), ("Pipfile.lock", PIPFILE)])
def test_other_lock_files(run: RunScanner, root: Path, advisories: Path, name: str, text: str) -> None:
    result = scan(run, root, advisories, {name: text})
    assert (result.status, packages(result), result.seen) == (ScanStatus.COMPLETE, {("idna", "3.4")}, (name,))


def test_an_environment_is_audited(run: RunScanner, root: Path, advisories: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(place), "idna==3.4"], check=True)
    result = scan(run, root, advisories, {}, environment=str(place))
    assert (result.status, packages(result)) == (ScanStatus.COMPLETE, {("idna", "3.4")}), result.unseen
    assert result.findings[0].location is None


# What is not pinned goes through the package registry


def online(run: RunScanner, root: Path, advisories: Path, files: Mapping[str, str], **options: object) -> ScanResult:
    write(root, files)
    return run(scanner(), root, options={"advisories": str(advisories), "max-age": None, **options})


def test_open_requirements_are_resolved_for_every_platform(run: RunScanner, root: Path, advisories: Path) -> None:
    text = 'idna<3.5\nsniffio<1.3.1 ; sys_platform == "win32"\ncolorama ; python_version < "3.0"\n'
    result = online(run, root, advisories, {"requirements.txt": text})
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4"), ("sniffio", "1.3.0")}
    assert any("does not pin everything" in note for note in result.notes)
    assert {f.location.region for f in result.findings if f.location} == {Region(1), Region(2)}


def test_a_project_without_a_lock_file_is_resolved(run: RunScanner, root: Path, advisories: Path) -> None:
    project = (
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.9"\n'
        'dependencies = [\n  "idna==3.4",\n]\n'
        '[project.optional-dependencies]\nx = ["p[y]"]\ny = ["sniffio<1.3.1"]\n'
    )
    result = online(run, root, advisories, {"pyproject.toml": project})
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4"), ("sniffio", "1.3.0")}


def test_what_pinned_packages_need_in_turn_on_request(run: RunScanner, root: Path, advisories: Path) -> None:
    files = {"requirements.txt": "anyio==4.0.0\n-c limits.txt\n", "limits.txt": "idna==3.4\nsniffio==1.3.0\n"}
    assert online(run, root, advisories, files).findings == ()
    result = online(run, root, advisories, files, resolve="always")
    assert result.status is ScanStatus.COMPLETE, (result.problems, result.unseen)
    assert packages(result) == {("idna", "3.4"), ("sniffio", "1.3.0")}
    said = "First change `idna==3.4` (requirements.txt), which does not allow it. It is needed by anyio."
    assert result.findings[0].fix.endswith(f"requirements.txt asks for it indirectly. {said}")


def test_what_cannot_be_resolved_is_named_and_the_pins_are_audited(
    run: RunScanner, root: Path, advisories: Path
) -> None:
    text = "idna==3.4\nno-such-package-of-mcpquality>=1\n"
    result = online(run, root, advisories, {"requirements.txt": text})
    assert (result.status, packages(result)) == (ScanStatus.INCOMPLETE, {("idna", "3.4")})
    assert [item.name for item in result.unseen] == ["requirements.txt"]
    assert "no-such-package-of-mcpquality" in result.unseen[0].reason
    assert result.seen == ()


def test_offline_what_is_open_is_named(run: RunScanner, root: Path, advisories: Path) -> None:
    text = "no-such-package-of-mcpquality>=1\n"
    result = scan(run, root, advisories, {"requirements.txt": text})
    assert result.status is ScanStatus.INCOMPLETE
    assert [item.name for item in result.unseen] == ["requirements.txt"]


# How failure looks like success


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("idna==3.7\n-r missing.txt\n", "requirements.txt:2: missing.txt"),
        ("idna==3.7\n-r ../outside.txt\n", "requirements.txt:2: ../outside.txt"),
        ("idna==3.7\nthis is not a requirement\n", "requirements.txt:2: this is not a requirement"),
        (
            "idna==3.7\ngit+https://me:secret@host.test/x.git\n",
            "requirements.txt:2: git+https://host.test/x.git",
        ),
        ("idna==3.7\nx @ https://host.test/x-1.whl\n", "requirements.txt:2: x @ https://host.test/x-1.whl"),
        ("idna==3.7\n-e ../elsewhere\n", "requirements.txt:2: ../elsewhere"),
        ("idna==3.7\n--strange option\n", "requirements.txt:2: --strange option"),
        ("idna===3.7-nonsense\n", "requirements.txt:1: idna===3.7-nonsense"),
    ],
)
def test_what_a_requirements_file_hides_is_named(
    run: RunScanner, root: Path, advisories: Path, text: str, named: str
) -> None:
    result = scan(run, root, advisories, {"requirements.txt": text})
    assert (result.status, [item.name for item in result.unseen]) == (ScanStatus.INCOMPLETE, [named])


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_manifest_is_seen_and_said_to_be_empty(
    run: RunScanner, root: Path, advisories: Path, text: str
) -> None:
    result = scan(run, root, advisories, {"requirements.txt": text})
    assert (result.status, result.seen) == (ScanStatus.COMPLETE, ("requirements.txt",))
    assert result.notes == ("requirements.txt asks for nothing.",)


def test_an_empty_folder_of_advisories_is_not_green(run: RunScanner, root: Path, tmp_path: Path) -> None:
    (tmp_path / "advisories").mkdir()
    result = scan(run, root, tmp_path / "advisories", {"requirements.txt": "idna==3.4\n"})
    assert result.status is ScanStatus.INCOMPLETE
    assert [item.name for item in result.unseen] == ["requirements.txt: idna 3.4"]
    assert "holds no advisory" in result.unseen[0].reason
    assert result.seen == ()


def test_a_broken_record_is_named(run: RunScanner, root: Path, advisories: Path) -> None:
    (advisories / "broken.json").write_text("{", encoding="utf-8")
    result = scan(run, root, advisories, {"requirements.txt": "idna==3.4\n"})
    assert (result.status, len(result.findings)) == (ScanStatus.INCOMPLETE, 1)
    assert [Path(item.name).name for item in result.unseen] == ["broken.json"]


@dataclass(frozen=True)
class Fixed:
    """A tool provider that gives one executable."""

    executable: Path

    async def tool(self, name: str) -> Tool:
        return Tool(name, "0", self.executable)


def stand_in(folder: Path, script: str) -> Fixed:
    path = folder / "pip-audit"
    path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return Fixed(path)


OTHER_SHAPE = '{"dependencies": [{"name": "idna", "version": "3.4"}]}'
ANOTHER = '{"dependencies": [{"name": "other", "version": "1", "vulns": []}], "fixes": []}'
SKIPPED = json.dumps({"dependencies": [{"name": name, "skip_reason": "no"} for name in ("idna", "mcpquality-canary")]})


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL"),
        ("print('garbage')", "something else than its report"),
        ("print('{}')", "something else than its report"),
        (f"print({OTHER_SHAPE!r})", "something else than its report"),
        (f"print({ANOTHER!r})", "exactly what it was asked about"),
        (f"print({SKIPPED!r})", "does not report mcpquality-canary 1.0"),
        ("import sys; sys.exit('\\x1b[31mno\\x1b[0m good')", "gave no result: no good"),
        ("import sys; sys.exit(0)", "gave no result"),
        ("import time; time.sleep(60)", "did not finish in time"),
    ],
)
def test_a_tool_that_did_not_look_is_not_green(
    run: RunScanner, root: Path, advisories: Path, tmp_path: Path, script: str, reason: str
) -> None:
    write(root, {"requirements.txt": "idna==3.4\n"})
    tools = stand_in(tmp_path, script)
    options = {"advisories": str(advisories), "max-age": None}
    result = run(scanner(), root, options=options, tools=tools, offline=True, timeout=3)
    assert result.status is ScanStatus.INCOMPLETE
    assert reason in result.unseen[0].reason
    assert [item.name for item in result.unseen] == ["requirements.txt: idna 3.4"]


@contextmanager
def endpoint(status: int, body: bytes) -> Iterator[str]:
    """A server that answers every query in the same way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body"), [(405, b"{}"), (200, b"{}"), (200, b"<html>"), (500, b""), (200, b'{"vulns": []}')]
)
def test_a_feed_that_answers_nothing_is_not_green(
    run: RunScanner, root: Path, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    write(root, {"requirements.txt": "idna==3.4\nrequests==2.32.0\n"})
    with endpoint(status, body) as url:
        result = run(scanner(osv_url=url), root, options={"service": "osv"})
    assert result.status is ScanStatus.INCOMPLETE
    names = [item.name for item in result.unseen]
    assert names == ["requirements.txt: idna 3.4", "requirements.txt: requests 2.32.0"]
    assert "advisories" in result.problems[0]


def test_a_feed_that_is_not_there_fails_fast(run: RunScanner, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    write(root, {"requirements.txt": "".join(f"package-{number}==1\n" for number in range(300))})
    url = "http://127.0.0.1:9/v1/query"
    result = run(scanner(osv_url=url), root, options={"service": "osv"}, timeout=60)
    assert result.status is ScanStatus.INCOMPLETE
    assert len(result.unseen) == 300
    assert len(result.commands) == 1
    assert "and 290 more" in result.problems[0]


def test_the_real_services_are_asked_or_named_as_not_reached(run: RunScanner, root: Path) -> None:
    """Whether or not the network is there, a version known to be vulnerable never passes."""
    write(root, {"requirements.txt": "requests==2.19.1\n"})
    result = run(scanner(), root, timeout=120)
    rules = {finding.rule for finding in result.findings}
    assert "PYSEC-2018-28" in rules or result.status is ScanStatus.INCOMPLETE


def test_offline_without_advisories_names_everything(run: RunScanner, root: Path) -> None:
    write(root, {"requirements.txt": "idna==3.4\n"})
    result = run(scanner(), root, offline=True)
    assert (result.status, result.commands) == (ScanStatus.INCOMPLETE, ())
    assert "`mcpquality advisories update`" in result.unseen[0].reason


def test_the_pinned_tool_is_what_runs(toolchain: Toolchain) -> None:
    tool = asyncio.run(toolchain.tool("pip-audit"))
    assert os.access(tool.executable, os.X_OK)


def test_a_service_is_asked_for_what_it_found_so_that_severities_are_known(
    run: RunScanner, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint stands for OSV: pip-audit asks it, and we for the records of what that says."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    canary = record("PYSEC-2018-28", "requests", "2.20.0")
    severe = record("PYSEC-2099-1", "idna", "3.7", severity=RATING)
    index = Index([replace(parse_record(each), raw=pack(each)) for each in (canary, severe)])
    write(root, {"requirements.txt": "idna==3.4\n"})
    started, stop, addresses = threading.Event(), threading.Event(), list[str]()

    async def serve() -> None:
        async with serving(index) as address:
            addresses.append(address)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(10)
        result = run(scanner(osv_url=f"{addresses[0]}/v1/query"), root, options={"service": "osv"})
    finally:
        stop.set()
        thread.join()
    assert result.status is ScanStatus.COMPLETE, result.problems
    assert [(found.rule, found.severity) for found in result.findings] == [("PYSEC-2099-1", Severity.CRITICAL)]
