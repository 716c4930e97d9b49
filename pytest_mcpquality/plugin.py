"""The pytest plugin: hooks and fixtures; nothing heavy is imported before a test asks for it. PYTEST_DONT_REWRITE."""

from __future__ import annotations

import inspect
from collections.abc import Generator

import pytest

from pytest_mcpquality.fixtures import (
    NAMES,
    fake_context7,
    mcp_breaker,
    mcp_clock,
    mcp_connect,
    mcp_pool,
    mock_mcp_server,
)

__all__ = [
    "fake_context7",
    "mcp_breaker",
    "mcp_clock",
    "mcp_connect",
    "mcp_pool",
    "mock_mcp_server",
    "pytest_addoption",
    "pytest_configure",
    "pytest_fixture_setup",
    "pytest_pyfunc_call",
]

_NOT_AWAITED = "async def functions are not natively supported"
_NOT_SET_UP = "requested an async fixture"
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the gate for MCP servers."""
    group = parser.getgroup("mcp-health", "health of MCP servers")
    add = group.addoption
    add("--mcp-health", action="store_true", help="start the configured MCP servers before the tests and check them")
    add(
        "--mcp-health-server", action="append", default=[], metavar="NAME|COMMAND|URL",
        help="check this server; repeatable (default: all that are configured)",
    )  # fmt: skip
    add(
        "--mcp-health-config", action="append", default=[], metavar="FILE",
        help="read servers from this file (as .mcp.json), or settings (as mcpquality.toml); repeatable",
    )  # fmt: skip
    add(
        "--mcp-health-fail-on", type=str.lower, choices=_SEVERITIES, metavar="SEVERITY",
        help=f"a finding at or over it fails: {', '.join(_SEVERITIES)} (default: high)",
    )  # fmt: skip
    add("--mcp-health-lock", metavar="FILE", help="what was reviewed (default: mcp.lock.json)")
    add("--mcp-health-update-lock", action="store_true", help="write the lock file anew, to be reviewed")
    add(
        "--mcp-health-report", action="append", default=[], metavar="FORMAT=PATH",
        help="write a report, in every format of `mcpquality scan`; repeatable",
    )  # fmt: skip
    add(
        "--mcp-health-skip", action="append", default=[], metavar="CHECK",
        help="do not look for this rule; * and ? are wildcards; repeatable",
    )  # fmt: skip
    add("--mcp-health-timeout", type=float, metavar="SECONDS", help="time for everything with a server (default: 60)")


def pytest_configure(config: pytest.Config) -> None:
    """Bring in the gate where it is asked for: on the controller of xdist, not on its workers."""
    if hasattr(config, "workerinput"):
        return
    if config.option.mcp_health:
        from pytest_mcpquality.health_plugin import register  # noqa: PLC0415 - only for who asks for it

        register(config)
        return
    for name, value in vars(config.option).items():
        if name.startswith("mcp_health_") and value not in (None, False, []):
            raise pytest.UsageError(f"--{name.replace('_', '-')} has no effect without --mcp-health: add it")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Say what an async test with our fixtures lacks, where pytest finds nobody to await it."""
    try:
        return (yield)
    except pytest.fail.Exception as error:
        ours = [name for name in pyfuncitem.fixturenames if name in NAMES]
        if not ours or _NOT_AWAITED not in str(error) or not inspect.iscoroutinefunction(pyfuncitem.obj):
            raise
        head = f"nobody awaits this async test, which uses {', '.join(ours)}: "
        raise pytest.fail.Exception(head + _who_awaits(pyfuncitem.config), pytrace=False) from None


def _who_awaits(config: pytest.Config) -> str:
    if config.pluginmanager.hasplugin("asyncio"):
        return "mark it with @pytest.mark.asyncio, or set asyncio_mode = auto"
    if config.pluginmanager.hasplugin("anyio"):
        return "mark it with @pytest.mark.anyio, or install pytest-asyncio"
    return "install pytest-asyncio, or anyio and mark it with @pytest.mark.anyio"


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Say what an async fixture with our fixtures lacks, where pytest finds nobody to await it."""
    try:
        return (yield)
    except pytest.fail.Exception as error:
        ours = [name for name in fixturedef.argnames if name in NAMES]
        if not ours or _NOT_SET_UP not in str(error):
            raise
        head = f"nobody awaits the async fixture {fixturedef.argname!r}, which uses {', '.join(ours)}: "
        told = pytest.fail.Exception(head + _who_sets_up(request), pytrace=False)
        # As for any other failure of a fixture. pytest 9 leaves it out for this one, and the next test that asks for
        # the same fixture meets an assertion of pytest's own in place of a reason.
        fixturedef.cached_result = (None, getattr(request, "param", None), (told, None))
        raise told from None


def _who_sets_up(request: pytest.FixtureRequest) -> str:
    test = "" if inspect.iscoroutinefunction(getattr(request.node, "obj", None)) else "make the test async, and "
    plugins = request.config.pluginmanager
    if plugins.hasplugin("asyncio"):
        return f"{test}decorate the fixture with @pytest_asyncio.fixture, or set asyncio_mode = auto"
    if plugins.hasplugin("anyio"):
        return f"{test}mark the test with @pytest.mark.anyio, or install pytest-asyncio"
    return f"{test}install pytest-asyncio, or anyio and mark the test with @pytest.mark.anyio"
