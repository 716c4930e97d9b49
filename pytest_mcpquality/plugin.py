"""The pytest plugin: hooks and fixtures; nothing heavy is imported before a test asks for it. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import inspect
from collections.abc import Generator

import pytest

from pytest_mcpquality.fixtures import NAMES, mcp_breaker, mcp_clock, mcp_connect, mcp_pool, mock_mcp_server

__all__ = [
    "mcp_breaker",
    "mcp_clock",
    "mcp_connect",
    "mcp_pool",
    "mock_mcp_server",
    "pytest_pyfunc_call",
]

_NOT_AWAITED = "async def functions are not natively supported"


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Say what an async test with our fixtures lacks, where pytest finds nobody to await it."""
    try:
        return (yield)
    except pytest.fail.Exception as error:
        ours = [name for name in pyfuncitem.fixturenames if name in NAMES]
        if not ours or _NOT_AWAITED not in str(error) or not inspect.iscoroutinefunction(pyfuncitem.obj):
            raise
        raise pytest.fail.Exception(_advice(pyfuncitem, ours), pytrace=False) from None


def _advice(item: pytest.Function, ours: list[str]) -> str:
    plugins = item.config.pluginmanager
    head = f"nobody awaits this async test, which uses {', '.join(ours)}: "
    if plugins.hasplugin("asyncio"):
        return head + "mark it with @pytest.mark.asyncio, or set asyncio_mode = auto"
    if plugins.hasplugin("anyio"):
        return head + "mark it with @pytest.mark.anyio, or install pytest-asyncio"
    return head + "install pytest-asyncio, or anyio and mark it with @pytest.mark.anyio"
