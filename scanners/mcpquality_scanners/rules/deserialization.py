"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import base64
import json
import marshal
import pickle

import torch
import yaml

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool
def load(data: str) -> object:
    # ruleid: mcp-unsafe-deserialization
    return pickle.loads(base64.b64decode(data))


@app.tool()
async def settings(text: str) -> object:
    # ruleid: mcp-unsafe-deserialization
    yaml.load(text, Loader=yaml.Loader)
    # ok: mcp-unsafe-deserialization
    yaml.load(text, Loader=yaml.SafeLoader)
    # ok: mcp-unsafe-deserialization
    return yaml.safe_load(text)


@server.call_tool()
async def call(name: str, arguments: dict):
    # ruleid: mcp-unsafe-deserialization
    marshal.loads(arguments["blob"])
    # ruleid: mcp-unsafe-deserialization
    torch.load(arguments["model"])
    # ok: mcp-unsafe-deserialization
    torch.load(arguments["model"], weights_only=True)
    # ok: mcp-unsafe-deserialization
    json.loads(arguments["blob"])


@mcp.tool
def cached(path: str, blob: str) -> object:
    # ruleid: mcp-unsafe-deserialization
    pd.read_pickle(path)
    # ruleid: mcp-unsafe-deserialization
    joblib.load(path)
    # ruleid: mcp-unsafe-deserialization
    return jsonpickle.decode(blob)
