"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import asyncio
from urllib.parse import urljoin, urlparse
from urllib.request import urlopen

import aiohttp
import httpx
import requests

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool
def fetch(url: str) -> str:
    # ruleid: mcp-ssrf
    return httpx.get(url).text


@app.tool()
async def client(url: str, query: str) -> str:
    async with httpx.AsyncClient() as client:
        # ruleid: mcp-ssrf
        await client.get(f"{url}/status")
        # ruleid: mcp-ssrf
        await client.request("GET", url)
        # ok: mcp-ssrf
        await client.get(f"https://api.example.com/{query}")
        # ok: mcp-ssrf
        await client.get(API, params={"q": query})


@srv.tool()
def host(host: str, path: str) -> None:
    # ruleid: mcp-ssrf
    requests.get("https://" + host + "/health")
    # ruleid: mcp-ssrf
    urlopen(f"http://{host}.example.com/")
    # ruleid: mcp-ssrf
    requests.post(urljoin(API, path))
    # ok: mcp-ssrf
    requests.get(API + "/" + path)
    # ok: mcp-ssrf
    requests.get("https://example.com/{}".format(path))


@mcp.tool
def listed(url: str) -> None:
    if urlparse(url).hostname not in HOSTS:
        raise ValueError(url)
    # ok: mcp-ssrf
    requests.get(url)


@mcp.tool
def parsed(url: str) -> None:
    parts = urlparse(url)
    if parts.scheme != "https" or parts.hostname not in HOSTS:
        raise ValueError(url)
    # ok: mcp-ssrf
    requests.get(url)


@mcp.tool
def scheme_only(url: str) -> None:
    if not url.startswith("https://"):
        raise ValueError(url)
    # ruleid: mcp-ssrf
    requests.get(url)


@server.call_tool()
async def call(name: str, arguments: dict):
    # ruleid: mcp-ssrf
    await page.goto(arguments["url"])
    async with aiohttp.ClientSession() as session:
        # ruleid: mcp-ssrf
        await session.post(arguments["url"])


async def download(link: str) -> None:
    # ruleid: mcp-ssrf
    await asyncio.to_thread(requests.get, link) or requests.get(link)


@mcp.tool
def kept(url: str) -> None:
    try:
        parts = urlparse(url)
        host = (parts.hostname or "").lower()
        if host not in HOSTS:
            raise ValueError(url)
        # ok: mcp-ssrf
        requests.get(url)
    except OSError:
        return


@mcp.tool
def shape_only(url: str) -> None:
    parts = urlparse(url)
    if not parts.scheme or not parts.netloc:
        raise ValueError(url)
    # ruleid: mcp-ssrf
    requests.get(url)


@mcp.tool
async def polled(url: str) -> str:
    async with aiohttp.ClientSession() as poller:
        # ruleid: mcp-ssrf
        async with poller.get(url=url) as answer:
            return await answer.text()
