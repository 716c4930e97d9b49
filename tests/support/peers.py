"""MCP servers that others wrote, pinned, installed once into the cache folder of the product's own tools."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from filelock import FileLock
from uv import find_uv_bin

from mcpquality_scanners.toolchain import default_cache
from tests.support import node_tools

INSTALL_SECONDS = 240

SDK = "2.3.0"
"""The version of the SDK that the servers from PyPI are run with."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A package with a server, and the version that is pinned."""

    package: str
    version: str

    def command(self) -> tuple[str, ...]:
        """What starts it; installed where that has not been done."""
        return self._of_npm() if self.package.startswith("@") else self._of_pypi()

    def _of_npm(self) -> tuple[str, ...]:
        home = node_tools.package(self.package, self.version)
        return (str(node_tools.NODE), str(home / "dist" / "index.js"))

    def _of_pypi(self) -> tuple[str, ...]:
        home = default_cache() / "peers" / f"{self.package}-{self.version}-mcp-{SDK}"
        home.mkdir(parents=True, exist_ok=True)
        done = home / "installed"
        with FileLock(home / "lock"):
            if not done.exists():
                _uv("venv", "--clear", "--python", sys.executable, str(home / "venv"))
                wanted = (f"{self.package}=={self.version}", f"mcp=={SDK}")
                _uv("pip", "install", "--python", str(home / "venv" / "bin" / "python"), *wanted)
                done.touch()
        return (str(home / "venv" / "bin" / self.package),)


EVERYTHING = Peer("@modelcontextprotocol/server-everything", "2026.8.31")
FILESYSTEM = Peer("@modelcontextprotocol/server-filesystem", "2026.8.31")
MEMORY = Peer("@modelcontextprotocol/server-memory", "2026.8.31")
GIT = Peer("mcp-server-git", "2026.10.19")
TIME = Peer("mcp-server-time", "2026.10.19")
FETCH = Peer("mcp-server-fetch", "2026.10.24")


def _uv(*arguments: str) -> None:
    subprocess.run([find_uv_bin(), *arguments, "--quiet"], check=True, timeout=INSTALL_SECONDS, cwd=default_cache())
