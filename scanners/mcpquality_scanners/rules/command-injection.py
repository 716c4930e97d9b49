"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import asyncio
import os
import shlex
import subprocess

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolRequest, TextContent

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool
def ping(host: str) -> str:
    # ruleid: mcp-command-injection
    return os.popen(f"ping -c 1 {host}").read()


@app.tool()
def lines(path: str, count: int) -> None:
    # ruleid: mcp-command-injection
    subprocess.run("wc -l " + path, shell=True)
    # ok: mcp-command-injection
    os.system(f"head -n {count}")
    # ok: mcp-command-injection
    os.system(f"head {shlex.quote(path)}")


@srv.tool(name="grep")
async def grep(pattern: str | None = None) -> None:
    # ruleid: mcp-command-injection
    await asyncio.create_subprocess_shell("grep %s *" % pattern)
    # ruleid: mcp-command-injection
    await asyncio.create_subprocess_exec("bash", "-c", pattern)
    # ok: mcp-command-injection
    await asyncio.create_subprocess_exec("grep", "--", pattern)


@server.call_tool()
async def call(name: str, arguments: dict):
    match name:
        case "run":
            # ruleid: mcp-command-injection
            subprocess.check_output(arguments["cmd"], shell=True)
        case "remote":
            # ruleid: mcp-command-injection
            ssh.exec_command(arguments.get("cmd", ""))


@mcp.tool
async def threaded(command: str) -> None:
    def work() -> None:
        # ruleid: mcp-command-injection
        subprocess.run(["sh", "-c", command])
    await asyncio.to_thread(work)


@mcp.tool
def chosen(action: str) -> None:
    if action not in ACTIONS:
        raise ValueError(action)
    # ok: mcp-command-injection
    os.system(f"systemctl {action} web")
    # ok: mcp-arbitrary-program
    subprocess.run(PROGRAMS[action])


@mcp.tool
def start(command: str) -> None:
    # ruleid: mcp-arbitrary-program
    subprocess.run(shlex.split(command))
    # ruleid: mcp-arbitrary-program
    subprocess.Popen([command, "--version"])
    # ok: mcp-arbitrary-program
    subprocess.run(["git", "show", "--", command])


@mcp.tool
def prefixed(action: str, node: str) -> None:
    # ok: mcp-arbitrary-program
    subprocess.run(["kubectl"] + FLAGS + [action, node])


async def typed(request: CallToolRequest) -> None:
    # ruleid: mcp-command-injection
    container.exec_run(request.params.arguments["cmd"])


async def answer(line) -> list[TextContent]:
    # ruleid: mcp-command-injection
    return os.popen(line).read()


def execute(command):
    # ruleid: mcp-command-injection
    return subprocess.getoutput(command)


async def on_call(ctx, params):
    arguments = params.arguments or {}
    parts = ["ls"]
    parts.append(arguments["path"])
    # ruleid: mcp-command-injection
    os.system(" ".join(parts))


low = Server("low", on_call_tool=on_call)
