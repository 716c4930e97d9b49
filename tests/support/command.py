"""`mcpquality` as its users start it: a process of its own, with the real tools, and a network that leads nowhere."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "pytest_mcpquality")

NO_NETWORK = dict.fromkeys(
    ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"
)
"""Sends everything to a port where nobody listens (9, "discard", which only a superuser could open)."""

NO_DOCS = {"MCPQUALITY_DOCS__ENABLED": "no"}
"""Asks no documentation service; a test of that has a service of its own."""

NO_STORE = {"XDG_DATA_HOME": os.path.join(os.sep, "nonexistent")}  # noqa: PTH118 - a variable is text
"""Hides the advisories that the tester may keep at hand."""

FLAW = "import subprocess\n\n\ndef run(command):\n    subprocess.run(command, shell=True)\n"
"""Python with a flaw of high severity: Bandit's B602 in line 5."""

OTHERS = ("gitleaks", "osv-scanner", "ruff", "snyk", "trivy", "zizmor")
"""Commands of scanners that join a scan where they are found."""

_UNWANTED = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "NO_PROXY", "no_proxy"}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a run: our own cache and no network, nothing else that the tester's shell has set."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and (not name.startswith("MCPQUALITY_") or name == "MCPQUALITY_CACHE_DIR")
    }
    kept["PATH"] = os.pathsep.join(folder for folder in os.get_exec_path() if not _brings_others(Path(folder)))
    # Wide, so that no sentence of the terminal report is broken into lines.
    return kept | NO_NETWORK | NO_STORE | NO_DOCS | {"COLUMNS": "2000"} | dict(extra or {})


def _brings_others(folder: Path) -> bool:
    """Whether the tester has scanners there that a test does not count on; not where git is, which each needs."""
    return any((folder / name).exists() for name in OTHERS) and not (folder / "git").exists()


def mcpquality(
    *arguments: object, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=timeout,
        check=False,
    )


@dataclass(frozen=True)
class Run:
    """A scan that has ended, with its report in every format."""

    code: int
    terminal: str
    progress: str
    json: str
    sarif: str
    html: str

    @property
    def document(self) -> dict[str, Any]:
        """The results."""
        read: dict[str, Any] = json.loads(self.json)
        return read

    def places(self, scanner: str = "") -> set[tuple[str, str, int]]:
        """Rule, file and line of the findings of one scanner or all."""
        return {
            (finding["rule"], finding["location"]["path"], finding["location"]["region"]["start_line"])
            for finding in self.document["findings"]
            if finding["location"] and scanner in {"", finding["scanner"]}
        }

    def scanner(self, name: str) -> dict[str, Any]:
        """What is said about one scanner."""
        (found,) = (scanner for scanner in self.document["scanners"] if scanner["scanner"] == name)
        return dict(found)

    def unseen(self, name: str) -> dict[str, str]:
        """What one scanner did not see, and why."""
        return {entry["name"]: entry["reason"] for entry in self.scanner(name)["unseen"]}

    def says(self, *words: str) -> None:
        """Assert that each of the words stands in every format, and that nothing broke off in between."""
        formats = {
            "terminal": self.terminal,
            "json": " ".join(_texts(json.loads(self.json))),
            "sarif": " ".join(_texts(json.loads(self.sarif))),
            "html": html.unescape(self.html),
        }
        for word in words:
            for name, text in formats.items():
                assert word in text, f"{word!r} is not in the {name} report: {text[-3000:]}"
        assert "Traceback" not in self.terminal + self.progress


def _texts(value: object) -> Iterable[str]:
    match value:
        case dict():
            for key, item in value.items():
                yield str(key)
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
        case _:
            yield str(value)


def scan(
    root: Path,
    *options: object,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
    reports: Path | None = None,
) -> Run:
    """Scan `root` with a report in every format, beside it unless said otherwise."""
    folder = reports or root.parent
    wanted = [f"--format={name}={folder / f'report.{name}'}" for name in ("json", "sarif", "html")]
    done = mcpquality("scan", root, "--format=terminal", *wanted, *options, cwd=folder, env=env, timeout=timeout)
    texts = {
        name: path.read_text(encoding="utf-8") if (path := folder / f"report.{name}").exists() else ""
        for name in ("json", "sarif", "html")
    }
    return Run(done.returncode, done.stdout, done.stderr, **texts)


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below `root`; `root`."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def stand_ins(folder: Path, names: Iterable[str], script: str) -> dict[str, str]:
    """Shell scripts first on PATH in place of tools, and the variables that make mcpquality take them from there.

    Each answers `--version` like a tool and does as `script` says otherwise.
    """
    folder.mkdir()
    variables = {"PATH": os.pathsep.join([str(folder), *os.get_exec_path()])}
    for name in names:
        path = folder / name
        text = f'#!/bin/sh\n[ "$1" = --version ] && echo 99.0 && exit\n{script}\n'
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        variables[f"MCPQUALITY_TOOLS__{name.upper().replace('-', '_')}"] = "path"
    return variables
