"""Projects with MCP servers that are told how to misbehave."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.left_running import MARK

SERVERS = Path(__file__).parents[1] / "data" / "mcp_servers"


def script(name: str, *arguments: str, mark: str = "") -> dict[str, Any]:
    """The table of a server that is one of our scripts; it starts in a few milliseconds."""
    table: dict[str, Any] = {"command": sys.executable, "args": ["-I", "-S", str(SERVERS / name), *arguments]}
    return table | ({"env": {MARK: mark}} if mark else {})


def write_servers(folder: Path, servers: Mapping[str, Mapping[str, Any]], key: str = "mcpServers") -> Path:
    """A `.mcp.json` with the servers."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".mcp.json"
    path.write_text(json.dumps({key: servers}, indent=1), encoding="utf-8")
    return path
