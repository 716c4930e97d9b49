"""The tests of the bundled rules run the Semgrep that the product runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from uv import find_uv_bin

from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import Toolchain, default_cache


@pytest.fixture(scope="session")
def semgrep() -> Path:
    """Return the Semgrep executable, installed on first use."""
    toolchain = Toolchain(default_cache(), SystemProcessRunner(), uv=find_uv_bin())
    return asyncio.run(toolchain.tool("semgrep")).executable
