"""Foreign tools in tests: run over a folder, as stand-ins that behave as documented, or from report files."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mcpquality_scanners.base import ScanContext, Scanner, Tool
from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.findings import ScanResult
from mcpquality_scanners.foreign import foreign_scanners
from mcpquality_scanners.options import Value
from mcpquality_scanners.process import SystemProcessRunner


class NoTools:
    """Has none of the tools that we ship a lock for."""

    async def tool(self, name: str) -> Tool:
        raise ToolNotInstalledError(f"{name} is not installed")


def scanner(name: str) -> Scanner:
    """The scanner of that name."""
    (found,) = (one for one in foreign_scanners() if one.name == name)
    return found


def write(root: Path, files: Mapping[str, object]) -> Path:
    """Write files below `root`; what is neither text nor bytes as JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case bytes():
                path.write_bytes(content)
            case str():
                path.write_text(content, encoding="utf-8")
            case _:
                path.write_text(json.dumps(content), encoding="utf-8")
    return root


def stand_in(folder: Path, name: str, body: str) -> None:
    """A command first on PATH: Python code that is handed `args` and `out(value)`; answers `--version` like a tool.

    `notes` is the path of a file next to it, for what the test wants to know.
    """
    folder.mkdir(exist_ok=True)
    path = folder / name
    head = (
        f"#!{sys.executable}\nimport json, os, sys, pathlib\nargs = sys.argv[1:]\n"
        "if args == ['--version']:\n    print('9.8.7')\n    sys.exit(0)\n"
        "notes = pathlib.Path(__file__).with_suffix('.calls')\n"
        "with notes.open('a', encoding='utf-8') as file:\n    print(json.dumps([os.getcwd(), args]), file=file)\n"
        "def after(option):\n    return args[args.index(option) + 1]\n"
        "def out(value):\n    print(json.dumps(value))\n"
    )
    path.write_text(head + body, encoding="utf-8")
    path.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def calls(folder: Path, name: str) -> list[tuple[str, list[str]]]:
    """Working folder and arguments of each call of a stand-in."""
    lines = (folder / name).with_suffix(".calls").read_text(encoding="utf-8").splitlines()
    return [(where, given) for where, given in map(json.loads, lines)]


def scan(
    name: str,
    root: Path,
    scratch: Path,
    *,
    asked: bool = False,
    offline: bool = False,
    files: tuple[str, ...] | None = None,
    **options: Value,
) -> ScanResult:
    """What the scanner says about a folder."""
    found = scanner(name)
    scratch.mkdir(exist_ok=True)
    listed = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    context = ScanContext(
        root=root,
        files=files if files is not None else tuple(listed),
        options={option.name: option.default for option in found.options} | options,
        tools=NoTools(),
        processes=SystemProcessRunner(),
        scratch=scratch,
        timeout=20,
        jobs=1,
        offline=offline,
        asked=asked,
    )
    return asyncio.run(found.scan(context))
