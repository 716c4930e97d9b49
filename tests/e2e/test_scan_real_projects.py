"""Real projects from the package registry, pinned: what is known to be wrong with them is found, where it is."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.support.command import Run, scan

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed")]

PROJECTS = {"mcp-server-git": "0.6.2", "mcp-server-sqlite": "2025.4.25", "requests": "2.31.0"}

# Written by hand from the public facts about the advisory: what the locked h11 of both servers is known for.
H11 = {
    "schema_version": "1.6.0",
    "id": "GHSA-vqfr-h8mv-ghfj",
    "aliases": ["CVE-2025-43859"],
    "modified": "2025-04-24T00:00:00Z",
    "summary": "h11 takes malformed chunked bodies for well-formed ones",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}],
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "h11"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.16.0"}]}],
        }
    ],
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked sdists of all projects, as the registry has them."""
    folder = tmp_path_factory.mktemp("sdists")
    pinned = [f"{name}=={version}" for name, version in PROJECTS.items()]
    # uv has no `download`, and the environment of these tests has no pip: pip runs in one of its own.
    pip = [find_uv_bin(), "tool", "run", "--quiet", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run(
        [*pip, "--no-binary", ",".join(PROJECTS), *pinned],
        capture_output=True,
        encoding="utf-8",
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("advisories")
    (folder / "h11.json").write_text(json.dumps(H11), encoding="utf-8")
    return {
        "MCPQUALITY_SCANNERS__PIP_AUDIT__ADVISORIES": str(folder),
        "MCPQUALITY_SCANNERS__PIP_AUDIT__MAX_AGE": "false",
    }


@pytest.fixture(scope="module")
def sqlite(sources: Path, advisories: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan(sources / "mcp_server_sqlite-2025.4.25", env=advisories, reports=tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def git(sources: Path, advisories: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan(sources / "mcp_server_git-0.6.2", env=advisories, reports=tmp_path_factory.mktemp("git"))


@pytest.fixture(scope="module")
def requests(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return scan(sources / "requests-2.31.0", "--skip", "pip-audit", reports=tmp_path_factory.mktemp("requests"))


SERVER = "src/mcp_server_sqlite/server.py"


def test_the_sql_injection_of_the_sqlite_server(sqlite: Run) -> None:
    assert sqlite.code == 1
    # describe_table puts its argument into a PRAGMA; read_query and write_query are SQL by design.
    assert ("mcp-sql-injection", SERVER, 326) in sqlite.places("semgrep")
    assert ("mcp-raw-sql", SERVER, 147) in sqlite.places("semgrep")
    sqlite.says("mcp-sql-injection", SERVER)


@pytest.mark.parametrize("name", ["sqlite", "git"])
def test_the_locked_dependency_with_a_known_vulnerability(name: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    assert run.code == 1
    (finding,) = (one for one in run.document["findings"] if one["scanner"] == "pip-audit")
    assert (finding["rule"], finding["severity"], finding["aliases"]) == (
        "GHSA-vqfr-h8mv-ghfj", "critical", ["CVE-2025-43859"],
    )  # fmt: skip
    package = finding["package"]
    assert (package["name"], package["installed"], package["fixed"]) == ("h11", "0.14.0", ["0.16.0"])
    assert package["dependency_path"][0] == "mcp"
    assert package["dependency_path"][-1] == "h11"
    assert finding["location"]["path"] == "uv.lock"
    lines = _lines(run, "uv.lock", request.getfixturevalue("sources"))
    assert lines[finding["location"]["region"]["start_line"] - 1 :][:2] != []
    assert any('name = "h11"' in line for line in _around(lines, finding["location"]["region"]["start_line"]))
    run.says("GHSA-vqfr-h8mv-ghfj", "h11 0.14.0", "0.16.0", "uv.lock")


def _lines(run: Run, name: str, sources: Path) -> list[str]:
    folder = sources / Path(run.document["target"]).name
    return (folder / name).read_text(encoding="utf-8").splitlines()


def _around(lines: list[str], number: int) -> list[str]:
    return lines[max(0, number - 2) : number + 1]


@pytest.mark.parametrize("name", ["sqlite", "git"])
def test_every_file_of_the_servers_is_seen(name: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    statuses = {scanner["scanner"]: scanner["status"] for scanner in run.document["scanners"]}
    assert {"semgrep", "bandit", "pip-audit", "detect-secrets"} <= {
        each for each, status in statuses.items() if status == "complete"
    }
    # Of the scanners that teams add, some have nothing to look at here; none was kept from looking.
    assert set(statuses.values()) <= {"complete", "off", "not applicable"}, statuses
    modules = {"src/mcp_server_sqlite/server.py", "src/mcp_server_git/server.py"}
    assert modules & set(run.scanner("semgrep")["seen"]) == modules & set(run.scanner("bandit")["seen"]) != set()
    assert len(run.scanner("detect-secrets")["seen"]) == run.document["files"]["listed"]


def test_weak_hashes_of_requests(requests: Run) -> None:
    assert requests.code == 1
    severe = {
        (finding["rule"], finding["location"]["path"], finding["location"]["region"]["start_line"])
        for finding in requests.document["findings"]
        if finding["severity"] in {"high", "critical"} and finding["scanner"] == "bandit"
    }
    assert severe == {("B324", "requests/auth.py", line) for line in (148, 156, 205)}
    requests.says("B324", "requests/auth.py", "pip-audit is switched off by --skip")


def test_what_is_found_in_a_large_library_stays_readable(requests: Run) -> None:
    # 300 assertions in its tests are no news to anybody.
    assert not [rule for rule, path, _ in requests.places("bandit") if rule == "B101" and path.startswith("tests/")]
    assert len(requests.terminal.splitlines()) < 120
