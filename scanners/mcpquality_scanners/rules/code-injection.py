"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import ast
import asyncio
import importlib
import subprocess
import sys

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool
def calculate(expression: str) -> float:
    # ruleid: mcp-code-injection
    return eval(expression, {"__builtins__": {}})


@app.tool()
async def run(code: str) -> None:
    # ruleid: mcp-code-injection
    exec(code)
    # ruleid: mcp-code-injection
    subprocess.run(["python3", "-c", code])
    # ruleid: mcp-code-injection
    await asyncio.create_subprocess_exec(sys.executable, "-c", code)


@srv.tool()
def literal(expression: str) -> object:
    # ok: mcp-code-injection
    return ast.literal_eval(expression)


@srv.tool()
def allowed(name: str) -> object:
    if name not in MODULES:
        raise ValueError(name)
    # ok: mcp-code-injection
    return importlib.import_module(name)


@server.call_tool()
async def call(name: str, arguments: dict):
    # ruleid: mcp-code-injection
    frame.eval(arguments["formula"])
    # ruleid: mcp-code-injection
    df.query(arguments["filter"])
    # ruleid: mcp-code-injection
    subprocess.run(["node", "-e", arguments["script"]])


@mcp.tool
def script(code: str) -> None:
    path = folder / "script.py"
    # ruleid: mcp-code-injection
    path.write_text(code)
    subprocess.run([sys.executable, str(path)])
    # ok: mcp-code-injection
    re.compile(code)
