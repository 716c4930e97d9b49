"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import json
import logging
import os
import traceback

import requests
from mcp.types import TextContent

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne

mcp = FastMCP("examples")
app = SdkOne("examples")
server = Server("examples")
API_KEY = os.environ["API_KEY"]


@mcp.tool
def environment() -> dict:
    # ruleid: mcp-secret-in-response
    return dict(os.environ)


@app.tool()
async def debug() -> str:
    info = {"cwd": os.getcwd(), "env": {k: v for k, v in os.environ.items()}}
    # ruleid: mcp-secret-in-response
    return json.dumps(info)


@mcp.resource("config://all")
def configuration() -> str:
    # ruleid: mcp-secret-in-response
    return f"key={API_KEY}, host={settings.host}"


@mcp.tool
def connect(host: str) -> str:
    password = os.getenv("DB_PASSWORD")
    client = Client(host, password)
    if not client.ok:
        # ruleid: mcp-secret-in-response
        return f"cannot connect with {password}"
    # ok: mcp-secret-in-response
    return client.status()


@mcp.tool
def settings_of() -> dict:
    # ruleid: mcp-secret-in-response
    return {"password": config.db_password}


@mcp.tool
def ask(question: str) -> str:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = requests.get("https://api.example.com/ask", headers=headers, params={"q": question})
    # ok: mcp-secret-in-response
    return answer.text


@mcp.tool
def status() -> dict:
    # ok: mcp-secret-in-response
    return {"configured": bool(API_KEY), "named": "API_KEY" in os.environ, "key": mask(API_KEY)}


@mcp.tool
def home() -> str:
    # ok: mcp-secret-in-response
    return os.environ["HOME"] + os.environ.get("LANG", "")


@server.call_tool()
async def call(name: str, arguments: dict):
    try:
        return [run(name, arguments)]
    except ValueError:
        # ruleid: mcp-traceback-in-response
        return [TextContent(type="text", text=f"failed: {traceback.format_exc()}")]


@mcp.tool
def report(name: str) -> str:
    try:
        return build(name)
    except OSError:
        # ruleid: mcp-traceback-in-response
        return "Error\n" + traceback.format_exc()
    except ValueError:
        logging.error(traceback.format_exc())
        # ok: mcp-traceback-in-response
        return "Error: no report"


@mcp.tool
def short(name: str) -> str:
    try:
        return build(name)
    except OSError as error:
        # ok: mcp-traceback-in-response
        return f"Error: {error}"
