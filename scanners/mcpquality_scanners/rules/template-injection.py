"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

from jinja2 import Environment, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.prompt
def greet(name: str) -> str:
    # ruleid: mcp-template-injection
    return Template(f"Dear {name}").render()


@app.tool()
def render(template: str, value: str) -> str:
    # ruleid: mcp-template-injection
    Environment().from_string(template).render()
    # ok: mcp-template-injection
    return Environment().from_string("{{ value }}").render(value=value)


@srv.tool()
async def sandboxed(template: str) -> str:
    env = ImmutableSandboxedEnvironment()
    # ok: mcp-template-injection
    return env.from_string(template).render()


@server.get_prompt()
async def prompt(name: str, arguments: dict):
    # ruleid: mcp-template-injection
    return Template(arguments["text"]).render()
