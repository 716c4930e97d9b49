"""Advisories at hand with the real tools: the store, its endpoint, pip-audit and uv, and no network at all."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cvss import CVSS3, CVSS4  # type: ignore[import-untyped]
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from uv import find_uv_bin

from mcpquality_scanners.advisories import Index, parse_record, serving
from mcpquality_scanners.advisories.records import pack
from mcpquality_scanners.findings import Severity
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.severity import by_score
from mcpquality_scanners.toolchain import Toolchain
from pytest_mcpquality.demo import PROJECT
from tests.support.command import Run, mcpquality, scan, write

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("installed")]

TODAY = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
V3_HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
V3_MEDIUM = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def record(identifier: str, package: str, *events: Mapping[str, str], **more: object) -> dict[str, Any]:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}] if events else []
    versions = more.pop("versions", [])
    entry = {"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges, "versions": versions}
    text = f"{package} does what it should not ({identifier})"
    return {
        "schema_version": "1.6.0",
        "id": identifier,
        "modified": TODAY,
        "summary": text,
        "affected": [entry],
        **more,
    }


def rated(kind: str, vector: str) -> list[dict[str, str]]:
    return [{"type": kind, "score": vector}]


# Versions and vectors of the first two are those of the public advisories; the words are ours, and so are the others.
RECORDS = (
    record(
        "PYSEC-2023-74",
        "requests",
        {"introduced": "2.3.0"},
        {"fixed": "2.31.0"},
        aliases=["CVE-2023-32681", "GHSA-j8r2-6x86-q33q"],
    ),
    record(
        "GHSA-j8r2-6x86-q33q",
        "requests",
        {"fixed": "2.31.0"},
        aliases=["CVE-2023-32681"],
        severity=rated("CVSS_V3", V3_MEDIUM),
    ),
    record(
        "GHSA-vqfr-h8mv-ghfj", "h11", {"fixed": "0.16.0"}, aliases=["CVE-2025-43859"], severity=rated("CVSS_V4", V4)
    ),
    record("PYSEC-2099-10", "idna", {"last_affected": "3.6"}, severity=rated("CVSS_V3", V3_HIGH)),
    record("PYSEC-2099-11", "Certifi", versions=["2023.7.22"], database_specific={"severity": "LOW"}),
    record("PYSEC-2099-12", "sniffio", {"fixed": "1.3.1"}),
    record("PYSEC-2099-13", "sniffio", {"fixed": "1.3.1"}, withdrawn=TODAY),
)
BY_ID = {each["id"]: each for each in RECORDS}

PINS = {
    "requests": "2.30.0",
    "h11": "0.14.0",
    "idna": "3.6",
    "certifi": "2023.7.22",
    "sniffio": "1.3.0",
    "urllib3": "2.2.0",
}
RATED = {
    "PYSEC-2023-74": ("requests", "medium"),
    "GHSA-vqfr-h8mv-ghfj": ("h11", "critical"),
    "PYSEC-2099-10": ("idna", "high"),
    "PYSEC-2099-11": ("certifi", "low"),
    "PYSEC-2099-12": ("sniffio", "unknown"),
}


def own_text(identifier: str) -> Severity:
    """The severity that an advisory's own text says, told without our code but for the bands of the scores."""
    family = [BY_ID[identifier], *(each for each in RECORDS if identifier in BY_ID[identifier].get("aliases", []))]
    family += [BY_ID[alias] for alias in BY_ID[identifier].get("aliases", []) if alias in BY_ID]
    for each in family:
        for item in each.get("severity", []):
            score = CVSS4(item["score"]).base_score if item["type"] == "CVSS_V4" else CVSS3(item["score"]).scores()[0]
            return by_score(float(score))
    words = [each["database_specific"]["severity"] for each in family if "database_specific" in each]
    return Severity(words[0].lower()) if words else Severity.UNKNOWN


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A store made by the command from a zip as OSV exports it, and the variable that names it."""
    folder = tmp_path_factory.mktemp("store")
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for each in RECORDS:
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    made = mcpquality("advisories", "update", "--from", "all.zip", "--store", folder / "store.sqlite", cwd=folder)
    assert (made.returncode, made.stderr) == (0, "")
    assert "PyPI: 6 advisories (7 new" in made.stdout
    return {"MCPQUALITY_SCANNERS__PIP_AUDIT__ADVISORIES": str(folder / "store.sqlite")}


def rules(run: Run) -> dict[str, tuple[str, str]]:
    return {
        found["rule"]: (found["package"]["name"], found["severity"])
        for found in run.document["findings"]
        if found["scanner"] == "pip-audit"
    }


def one(run: Run, rule: str) -> dict[str, Any]:
    (found,) = (found for found in run.document["findings"] if found["rule"] == rule)
    return dict(found)


def test_the_table_of_this_file_is_what_the_advisories_say() -> None:
    assert {rule: own_text(rule).value for rule in RATED} == {rule: severity for rule, (_, severity) in RATED.items()}


def requirements() -> str:
    return "".join(f"{name}=={version}\n" for name, version in PINS.items())


def test_pinned_requirements(store: dict[str, str], tmp_path: Path) -> None:
    files = {"requirements.txt": requirements(), "app.py": "import requests\nimport idna\nimport h11\n"}
    run = scan(write(tmp_path / "p", files), "--scanner", "pip-audit", "--offline", env=store)
    assert run.code == 1, run.terminal
    assert run.scanner("pip-audit")["status"] == "complete"
    assert rules(run) == RATED
    found = one(run, "PYSEC-2023-74")
    assert found["aliases"] == ["CVE-2023-32681", "GHSA-j8r2-6x86-q33q"]
    assert (found["native_severity"], found["package"]["upgrade"]) == (V3_MEDIUM, "2.31.0")
    assert found["message"].removeprefix("requests 2.30.0: ") in {each["summary"] for each in RECORDS}
    assert one(run, "PYSEC-2099-10")["fix"].startswith("No fixed version of idna is known")
    assert one(run, "PYSEC-2099-11")["package"]["reach"] == "not imported"
    run.says("no import of sniffio was found", "PYSEC-2099-12")


UV_PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.11"
dependencies = [
    "requests==2.30.0",
    "h11<0.15",
]
[tool.uv]
constraint-dependencies = ["idna==3.6", "certifi==2023.7.22", "urllib3==2.2.0"]
"""


def test_a_project_with_a_real_uv_lock(store: dict[str, str], tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"pyproject.toml": UV_PROJECT, "app.py": "import requests\nimport h11\n"})
    subprocess.run([find_uv_bin(), "lock", "--quiet", "--python", sys.executable], cwd=root, check=True)
    run = scan(root, "--scanner", "pip-audit", "--offline", env=store)
    assert (run.code, run.scanner("pip-audit")["status"]) == (1, "complete"), run.terminal
    expected = {rule: RATED[rule] for rule in RATED if rule != "PYSEC-2099-12"}
    assert rules(run) == expected
    package = one(run, "PYSEC-2099-10")["package"]
    assert (package["dependency_path"], package["reach"]) == (["requests", "idna"], "needed by something imported")
    package = one(run, "GHSA-vqfr-h8mv-ghfj")["package"]
    assert (package["dependency_path"], package["upgrade"], package["upgrade_allowed"]) == (["h11"], "0.16.0", False)
    assert "First change `h11<0.15` (pyproject.toml, line 7)" in one(run, "GHSA-vqfr-h8mv-ghfj")["fix"]
    assert "It is needed by requests." in one(run, "PYSEC-2099-11")["fix"] or not package["fixed"]


POETRY_PROJECT = """\
[tool.poetry]
name = "p"
version = "1"

[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.28"
h11 = "~0.14"
"""


def locked(name: str, *needs: str) -> str:
    lines = [f'[[package]]\nname = "{name}"\nversion = "{PINS[name]}"\ngroups = ["main"]\nfiles = []\n']
    lines += ["[package.dependencies]\n", *(f'{need} = "*"\n' for need in needs)] if needs else []
    return "".join(lines)


POETRY_LOCK = (
    locked("certifi")
    + locked("h11")
    + locked("idna")
    + locked("requests", "certifi", "idna", "urllib3")
    + locked("urllib3")
    + '[metadata]\nlock-version = "2.1"\npython-versions = "^3.11"\ncontent-hash = "x"\n'
)


def test_a_project_with_a_poetry_lock(store: dict[str, str], tmp_path: Path) -> None:
    root = write(
        tmp_path / "p", {"pyproject.toml": POETRY_PROJECT, "poetry.lock": POETRY_LOCK, "app.py": "import os\n"}
    )
    run = scan(root, "--scanner", "pip-audit", "--offline", env=store)
    assert (run.code, run.scanner("pip-audit")["status"]) == (1, "complete"), run.terminal
    assert rules(run) == {rule: RATED[rule] for rule in RATED if rule != "PYSEC-2099-12"}
    found = one(run, "PYSEC-2023-74")["package"]
    assert (found["dependency_path"], found["upgrade_allowed"], found["reach"]) == (["requests"], True, "not imported")
    found = one(run, "GHSA-vqfr-h8mv-ghfj")["package"]
    assert (found["upgrade"], found["upgrade_allowed"]) == ("0.16.0", False)
    assert one(run, "PYSEC-2099-10")["package"]["dependency_path"] == ["requests", "idna"]


def test_a_fresh_store_makes_a_clean_project_green_offline(store: dict[str, str], tmp_path: Path) -> None:
    root = write(tmp_path / "p", {"requirements.txt": "urllib3==2.2.0\n"})
    run = scan(root, "--scanner", "pip-audit", "--offline", env=store)
    assert run.code == 0, run.terminal


def test_an_old_store_does_not(tmp_path: Path) -> None:
    old = {**RECORDS[0], "modified": "2020-01-01T00:00:00Z"}
    folder = write(tmp_path / "records", {"a.json": json.dumps(old)})
    place = tmp_path / "store.sqlite"
    assert mcpquality("advisories", "update", "--from", folder, "--store", place, cwd=tmp_path).returncode == 0
    root = write(tmp_path / "p", {"requirements.txt": "urllib3==2.2.0\n"})
    run = scan(
        root, "--scanner", "pip-audit", "--offline", env={"MCPQUALITY_SCANNERS__PIP_AUDIT__ADVISORIES": str(place)}
    )
    assert run.code == 3
    run.says("is of 2020-01-01", "`max-age` is 7")


def test_the_demonstration_offline(tmp_path: Path) -> None:
    """Its advisories are its own, and what is asserted stands in them."""
    root = tmp_path / "demo"
    shutil.copytree(PROJECT, root)
    run = scan(root, "--scanner", "pip-audit", "--offline")
    written = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((PROJECT / "advisories").iterdir())]
    assert {found["rule"] for found in run.document["findings"]} <= {each["id"] for each in written}
    vectors = {item["score"] for each in written for item in each.get("severity", [])}
    for found in run.document["findings"]:
        if found["native_severity"].startswith("CVSS:3"):
            assert found["native_severity"] in vectors
            assert found["severity"] == by_score(float(CVSS3(found["native_severity"]).scores()[0])).value
    assert run.scanner("pip-audit")["status"] == "complete"


SDISTS = {"mcp-server-fetch": "2025.4.7", "mcp-server-time": "2025.8.4"}


@pytest.mark.parametrize("name", SDISTS)
def test_the_requirements_of_a_real_sdist(name: str, store: dict[str, str], tmp_path: Path) -> None:
    """Their own uv.lock, as the registry has it: each vulnerable version in it is found and no other is."""
    pip = [find_uv_bin(), "tool", "run", "--quiet", "pip", "download", "--quiet", "--no-deps", "--dest", str(tmp_path)]
    done = subprocess.run(
        [*pip, "--no-binary", name, f"{name}=={SDISTS[name]}"],
        capture_output=True,
        encoding="utf-8",
        env={key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (sdist,) = tmp_path.glob("*.tar.gz")
    shutil.unpack_archive(sdist, tmp_path / "sdist", filter="data")
    (root,) = (tmp_path / "sdist").iterdir()
    run = scan(root, "--scanner", "pip-audit", "--offline", env=store, reports=tmp_path)
    text = (root / "uv.lock").read_text(encoding="utf-8")
    assert run.scanner("pip-audit")["status"] == "complete", run.terminal
    assert rules(run) == {rule: RATED[rule] for rule, (package, _) in RATED.items() if vulnerable(rule, package, text)}
    assert "GHSA-vqfr-h8mv-ghfj" in rules(run)
    assert one(run, "GHSA-vqfr-h8mv-ghfj")["package"]["dependency_path"][-1] == "h11"


LIMITS = {
    "PYSEC-2023-74": "<2.31.0",
    "GHSA-vqfr-h8mv-ghfj": "<0.16.0",
    "PYSEC-2099-10": "<=3.6",
    "PYSEC-2099-11": "==2023.7.22",
    "PYSEC-2099-12": "<1.3.1",
}


def vulnerable(rule: str, package: str, lock: str) -> bool:
    """Told from the text of a uv.lock, without our code."""
    lines = lock.splitlines()
    found = [lines[index + 1].split('"')[1] for index, line in enumerate(lines) if line == f'name = "{package}"']
    return any(Version(version) in SpecifierSet(LIMITS[rule]) for version in found)


# Without any network


def test_everything_works_where_there_is_no_network(store: dict[str, str], tmp_path: Path) -> None:
    """In a network namespace of its own there is nothing but a loopback interface, once it is brought up."""
    unshare, ip = shutil.which("unshare"), shutil.which("ip")
    if not unshare or subprocess.run([unshare, "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("unshare -n is not allowed here")
    bring_up = f"{ip} link set lo up && " if ip else f"{sys.executable} -c '{LOOPBACK}' && "
    root = write(tmp_path / "p", {"requirements.txt": "idna==3.6\n"})
    command = f"{bring_up}{sys.executable} -m pytest_mcpquality scan {root} --scanner pip-audit -q"
    done = subprocess.run(
        [unshare, "-n", "sh", "-c", command],
        env={**os.environ, **store},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "PYSEC-2099-10" in done.stdout


LOOPBACK = (
    'import fcntl, socket, struct; s = socket.socket(); fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 1, b""))'
)
"""Sets the interface's flag `up` (SIOCSIFFLAGS), where there is no `ip`."""


# Against the answers of the tools themselves


def answers_of_pip_audit(toolchain: Toolchain, folder: Path, pins: Mapping[str, str], index: Index) -> set[str]:
    """What pip-audit makes of our endpoint by itself."""

    async def ask() -> bytes:
        tool = await toolchain.tool("pip-audit")
        (folder / "r.txt").write_text("".join(f"{n}=={v}\n" for n, v in pins.items()), encoding="utf-8")
        async with serving(index) as address:
            arguments = ("-f", "json", "-s", "osv", "--osv-url", f"{address}/v1/query", "-r", "r.txt", "--no-deps")
            environment = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
            argv = (str(tool.executable), "--progress-spinner", "off", *arguments, "--disable-pip")
            return (await SystemProcessRunner().run(argv, cwd=folder, timeout=60, env=environment)).stdout

    document = json.loads(asyncio.run(ask()))
    return {
        name
        for each in document["dependencies"]
        for found in each["vulns"]
        for name in (found["id"], *found["aliases"])
    }


def test_pip_audit_itself_says_the_same(toolchain: Toolchain, tmp_path: Path) -> None:
    index = Index([replace(parse_record(each), raw=pack(each)) for each in RECORDS])
    assert answers_of_pip_audit(toolchain, tmp_path, PINS, index) >= RATED.keys()
    clean = {"requests": "2.31.0", "h11": "0.16.0", "idna": "3.7", "certifi": "2023.7.23", "sniffio": "1.3.1"}
    assert answers_of_pip_audit(toolchain, tmp_path, clean, index) == set()


def test_uv_audit_asks_in_batches_and_finds_the_same(tmp_path: Path) -> None:
    """`uv audit` knows OSV's batches and whole records; it is a preview, so only what it finds is compared."""
    root = write(tmp_path / "p", {"pyproject.toml": UV_PROJECT})
    uv = find_uv_bin()
    subprocess.run([uv, "lock", "--quiet", "--python", sys.executable], cwd=root, check=True)
    index = Index([replace(parse_record(each), raw=pack(each)) for each in RECORDS])

    async def ask() -> tuple[str, str]:
        async with serving(index) as address:
            argv = (uv, "audit", "--preview", "--frozen", "--output-format", "json", "--service-url", f"{address}/")
            environment = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
            done = await SystemProcessRunner().run(argv, cwd=root, timeout=60, env=environment)
            return done.stdout.decode(), done.stderr.decode()

    output, said = asyncio.run(ask())
    if "unrecognized subcommand" in said or "unexpected argument" in said:
        pytest.skip("this uv has no `audit` of that form")
    for rule in RATED.keys() - {"PYSEC-2099-12"}:
        assert rule in output, said
    assert "PYSEC-2099-13" not in output
