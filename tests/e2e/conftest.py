"""Real tools for every test in this folder: installed once, on first use, by the product's own toolchain."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest
from uv import find_uv_bin

from mcpquality_scanners.base import ScanContext, Scanner, ToolProvider
from mcpquality_scanners.files import list_files
from mcpquality_scanners.findings import ScanResult
from mcpquality_scanners.options import Value
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import SPECS, Toolchain, default_cache

# As in tests/pytest_mcpquality: for `from tests.support.command import scan`; what is installed wins over the checkout.
sys.path.append(str(Path(__file__).parents[2]))


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return Toolchain(default_cache(), SystemProcessRunner(), uv=find_uv_bin())


class RunScanner(Protocol):
    def __call__(
        self,
        scanner: Scanner,
        root: Path,
        *,
        files: tuple[str, ...] | None = None,
        options: Mapping[str, Value] | None = None,
        offline: bool = False,
        timeout: float = 300,
        jobs: int = 2,
        asked: bool = False,
        tools: ToolProvider | None = None,
    ) -> ScanResult: ...


@pytest.fixture
def run_scanner(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> RunScanner:
    def run(
        scanner: Scanner,
        root: Path,
        *,
        files: tuple[str, ...] | None = None,
        options: Mapping[str, Value] | None = None,
        offline: bool = False,
        timeout: float = 300,
        jobs: int = 2,
        asked: bool = False,
        tools: ToolProvider | None = None,
    ) -> ScanResult:
        async def scan() -> ScanResult:
            processes = SystemProcessRunner()
            listed = files if files is not None else (await list_files(root, (), processes)).files
            context = ScanContext(
                root=root,
                files=listed,
                options={option.name: option.default for option in scanner.options} | dict(options or {}),
                tools=tools or toolchain,
                processes=processes,
                scratch=tmp_path_factory.mktemp("scratch"),
                timeout=timeout,
                jobs=jobs,
                offline=offline,
                asked=asked,
            )
            return await scanner.scan(context)

        return asyncio.run(scan())

    return run


@pytest.fixture(scope="session")
def installed(toolchain: Toolchain) -> None:
    """Every tool is installed: what a test then runs needs no network."""

    async def install() -> None:
        await asyncio.gather(*(toolchain.tool(name) for name in SPECS))

    asyncio.run(install())
