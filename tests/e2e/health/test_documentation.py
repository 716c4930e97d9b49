"""`mcpquality health` with a Context7 at a loopback port: it brings advice, and decides nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_mcpquality.testing import FakeContext7, FakeLibrary, FakeSnippet
from tests.support.command import mcpquality
from tests.support.mcp_projects import script, write_servers

pytestmark = pytest.mark.e2e

SDK = FakeLibrary(
    "/modelcontextprotocol/python-sdk",
    "MCP Python SDK",
    snippets=(FakeSnippet("Serve on stdio", "mcp.run()", "Keep standard output for messages."),),
)


def health(root: Path, service: FakeContext7, *options: str) -> tuple[int, str, dict[str, Any]]:
    """The exit code, what was said on standard error, and the JSON report."""
    env = {"MCPQUALITY_DOCS__ENABLED": "yes", "MCPQUALITY_DOCS__CACHE": "memory", "CONTEXT7_API_URL": service.url}
    env |= {"NO_PROXY": "127.0.0.1"}
    done = mcpquality("health", "--report=terminal", "--report=json=r.json", "-v", *options, cwd=root, env=env)
    return done.returncode, done.stderr, json.loads((root / "r.json").read_text(encoding="utf-8"))


def test_documentation_comes_with_the_findings_and_changes_no_verdict(tmp_path: Path) -> None:
    secret = "a-secret-of-the-project"  # pragma: allowlist secret - planted
    write_servers(tmp_path, {secret: script("raw.py", "die-at-start"), "talks": script("raw.py", "banner")})
    with FakeContext7([SDK]) as service:
        code, said, documented = health(tmp_path, service)
        sent = json.dumps([[one.path, dict(one.query), dict(one.headers)] for one in service.requests])
        service.play("status-500")
        failed = health(tmp_path, service)
        before = len(service.requests)
        silent = health(tmp_path, service, "--no-docs")
        assert len(service.requests) == before
    assert code == failed[0] == silent[0] == 1
    assert documented["headline"] == failed[2]["headline"] == silent[2]["headline"]
    sources = {one["rule"]: (one["source"], one["library"]) for one in documented["remediation"]}
    assert sources["mcp-alive-start"] == sources["mcp-protocol-stdout"] == ("context7", SDK.id)
    assert "mcpquality: documentation for" not in said
    assert "mcpquality: documentation for 0 of" in failed[1]
    for one in (failed, silent):
        assert {advice["source"] for advice in one[2]["remediation"]} == {"own help"}
    assert secret not in sent
    assert str(tmp_path) not in sent
