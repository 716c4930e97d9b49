"""Lists and calls with FastMCP's client; prints what it got."""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.transports import StdioTransport


async def main(target):
    transport = target[0] if target[0].startswith("http") else StdioTransport(target[0], target[1:])
    async with Client(transport) as client:
        listed = await client.list_tools()
        called = await client.call_tool("add", {"a": 2, "b": 3})
        failed = await client.call_tool("busy", {}, raise_on_error=False)
    answer = {
        "tools": [tool.name for tool in listed],
        "sum": called.structured_content,
        "failed": failed.is_error,
    }
    print(json.dumps([answer]))


asyncio.run(main(sys.argv[1:]))
