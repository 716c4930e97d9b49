"""Lists and calls with the SDK's own clients, of whichever major version this environment has; prints what it got."""

import asyncio
import importlib.metadata
import json
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


async def use(session):
    listed = await session.list_tools()
    called = await session.call_tool("add", {"a": 2, "b": 3})
    failed = await session.call_tool("busy", {})
    return {
        "tools": [tool.name for tool in listed.tools],
        "sum": called.model_dump(by_alias=True)["structuredContent"],
        "failed": failed.model_dump(by_alias=True)["isError"],
    }


async def with_session(target):
    transport = (
        streamable_http_client(target[0])
        if target[0].startswith("http")
        else stdio_client(StdioServerParameters(command=target[0], args=target[1:]))
    )
    async with transport as streams, ClientSession(*streams[:2]) as session:
        await session.initialize()
        return await use(session)


async def with_client(target):
    from mcp import Client

    server = target[0] if len(target) == 1 else StdioServerParameters(command=target[0], args=target[1:])
    async with Client(server) as client:
        return await use(client)


async def main(target):
    answers = [await with_session(target)]
    if importlib.metadata.version("mcp").startswith("2"):
        answers.append(await with_client(target))
    print(json.dumps(answers))


asyncio.run(main(sys.argv[1:]))
