"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import asyncio
import subprocess

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool()
def log(ref: str) -> None:
    # ruleid: mcp-argument-injection
    subprocess.run(["git", "log", ref])
    # ok: mcp-argument-injection
    subprocess.run(["git", "log", "--", ref])
    # ok: mcp-argument-injection
    subprocess.run(["git", "commit", "-m", ref])
    # ok: mcp-argument-injection
    subprocess.run(["git", "log", f"--author={ref}"])


@srv.tool()
def diff(target: str) -> str:
    # ruleid: mcp-argument-injection
    return repo.git.diff(target)


@srv.tool()
def safe_diff(target: str) -> str:
    if target.startswith("-"):
        raise ValueError(target)
    # ok: mcp-argument-injection
    return repo.git.diff(target)


@server.call_tool()
async def call(name, arguments):
    argv = ["tar", "xf"]
    argv.append(arguments["archive"])
    # ruleid: mcp-argument-injection
    subprocess.run(argv)
    # ruleid: mcp-argument-injection
    await asyncio.create_subprocess_exec("curl", arguments["url"])
    # ok: mcp-argument-injection
    await asyncio.create_subprocess_exec("curl", "--", arguments["url"])


def checkout(repo, branch: str) -> None:
    # ruleid: mcp-argument-injection
    repo.git.checkout(branch)
    # ok: mcp-argument-injection
    repo.git.checkout("--", branch)


@mcp.tool
def branches(repo, contains: str, start: str) -> str:
    words = ("--contains", contains)
    # ok: mcp-argument-injection
    repo.git.branch("-r", *words)
    # ruleid: mcp-argument-injection
    return repo.git.branch(start)


@mcp.tool
def chosen(ref: str) -> None:
    argv = ["git", "log"]
    if ref not in REFS:
        raise ValueError(ref)
    argv += [ref]
    # ok: mcp-argument-injection
    subprocess.run(argv)
