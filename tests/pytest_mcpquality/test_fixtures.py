"""The fixtures as tests use them, under each plugin that runs async tests, and what they say when misused."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SERVERS = Path(__file__).parents[1] / "data" / "mcp_servers"
RAW = [sys.executable, "-I", "-S", str(SERVERS / "raw.py")]

WITHOUT_ASYNCIO = "[pytest]\nfilterwarnings = error\n"

# It comes with our own test environment, takes a second to import, and checks a format that nobody uses here.
FAST = 'import sys\nsys.modules["rfc3987_syntax"] = None'

CONNECTS = f"""\
{FAST}
import pytest

RAW = {RAW!r}

MARK
async def test_entered(mcp_connect):
    async with mcp_connect(RAW) as connection:
        assert len(await connection.list_tools()) == 5
    assert connection.closed


MARK
async def test_awaited(mcp_connect):
    connection = await mcp_connect(RAW, protocol="2025-06-18")
    assert connection.agreement.version == "2025-06-18"


MARK
async def test_pool(mcp_pool):
    pool = mcp_pool(RAW)
    async with pool.connection() as connection:
        await connection.ping()


MARK
async def test_breaker(mcp_breaker, mcp_clock):
    breaker = mcp_breaker("search", consecutive_failures=1, open_seconds=30)

    async def fails():
        raise OSError

    with pytest.raises(OSError):
        await breaker.call(fails)
    assert breaker.state.value == "open"
    mcp_clock.advance(31)
    assert breaker.state.value == "half-open"


MARK
async def test_mock(mock_mcp_server, mcp_connect):
    @mock_mcp_server.tool()
    def add(a: int, b: int) -> int:
        return a + b

    connection = await mcp_connect(mock_mcp_server)
    result = await connection.call_tool("add", {{"a": 1, "b": 2}})
    assert result["structuredContent"] == {{"result": 3}}
    mock_mcp_server.assert_called("add")
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".ini", pytest=f"{WITHOUT_ASYNCIO}asyncio_default_fixture_loop_scope = function\n")
    return pytester


def write(run: pytest.Pytester, mark: str, text: str = CONNECTS) -> None:
    run.makepyfile(text.replace("MARK", mark))


def test_under_pytest_asyncio_strict(run: pytest.Pytester) -> None:
    write(run, "@pytest.mark.asyncio")
    run.runpytest_subprocess().assert_outcomes(passed=5)


def test_under_pytest_asyncio_auto_and_xdist(run: pytest.Pytester) -> None:
    write(run, "")
    run.runpytest_subprocess("-o", "asyncio_mode=auto", "-n", "2").assert_outcomes(passed=5)


def test_under_anyio_on_asyncio(run: pytest.Pytester) -> None:
    run.makefile(".ini", pytest=WITHOUT_ASYNCIO)
    run.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")
    write(run, "@pytest.mark.anyio")
    run.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=5)


def test_in_tests_that_are_not_async(run: pytest.Pytester) -> None:
    run.makefile(".ini", pytest=WITHOUT_ASYNCIO)
    run.makeconftest(FAST)
    run.makepyfile(
        f"""
        RAW = {RAW!r}

        def test_entered(mcp_connect):
            with mcp_connect.sync(RAW) as connection:
                assert len(connection.list_tools()) == 5
                assert connection.agreement.server_info["name"] == "raw"

        def test_left_open(mcp_connect):
            mcp_connect.sync(RAW).ping()

        def test_each_way_in_is_a_target_called_by_the_server_s_name(mock_mcp_server, mcp_connect):
            mock_mcp_server.add_tool("search")
            for way in (mock_mcp_server.memory(), mock_mcp_server.stdio(), mock_mcp_server.http()):
                with mcp_connect.sync(way) as connection:
                    assert connection.list_tools()[0]["name"] == "search"
                    assert connection.connection.server == "mock"

        def test_mock(mock_mcp_server, mcp_connect):
            @mock_mcp_server.tool()
            def add(a: int, b: int) -> int:
                return a + b

            with mcp_connect.sync(mock_mcp_server.stdio()) as connection:
                assert connection.call_tool("add", {{"a": 1, "b": 2}})["structuredContent"] == {{"result": 3}}
            mock_mcp_server.assert_called("add")
        """
    )
    run.runpytest_subprocess("-p", "no:asyncio", "-p", "no:anyio").assert_outcomes(passed=4)


def test_a_server_of_the_configuration(run: pytest.Pytester) -> None:
    run.makefile(".toml", mcpquality=f"[servers.ours]\ncommand = {RAW!r}\n")
    run.makefile(".json", **{".mcp": '{"mcpServers": {"theirs": {"command": "python", "args": ["${NOWHERE}"]}}}'})
    run.makepyfile(
        """
        import pytest
        from mcpquality_scanners.errors import UsageError

        def test_known(mcp_connect):
            with mcp_connect.sync("ours") as connection:
                connection.ping()

        def test_unknown(mcp_connect):
            with pytest.raises(UsageError, match="known servers are ours, theirs .in mcpquality.toml, .mcp.json."):
                mcp_connect("our")

        def test_missing(mcp_connect):
            with pytest.raises(UsageError, match="set the variable NOWHERE"):
                mcp_connect("theirs")
        """
    )
    run.runpytest_subprocess().assert_outcomes(passed=3)


MISUSES = (
    ("mcp_connect(RAW)", "was called and never awaited"),
    ("mcp_connect(RAW).list_tools()", "is not connected yet, so it has no list_tools"),
    ("with mcp_connect(RAW): pass", "cannot be entered with a plain `with`"),
    ("mcp_connect.list_tools()", "mcp_connect makes connections, and is none, so it has no list_tools"),
    ("mcp_connect.no_such_thing", "mcp_connect has no 'no_such_thing'"),
    ("mcp_connect.sync(int)", "int is a class, no server: make one, int(...)"),
    ("mcp_connect.sync(42)", "cannot connect to an object of type builtins.int"),
    ("mcp_connect.sync(RAW, protocol='1')", "there is no protocol version '1'"),
    ("mcp_pool.acquire()", "mcp_pool makes pools, and is none, so it has no acquire"),
    ("mcp_pool.no_such_thing", "mcp_pool has no 'no_such_thing'"),
    ("mcp_pool(RAW).list_tools()", "a pool is no connection, so it has no list_tools"),
    ("mcp_pool(RAW).no_such_thing", "McpPool has no 'no_such_thing'"),
    ("with mcp_pool(RAW): pass", "a pool cannot be entered with a plain `with`"),
    ("mcp_breaker.call(int)", "mcp_breaker makes breakers, and is none, so it has no call"),
    ("mcp_breaker.no_such_thing", "mcp_breaker has no 'no_such_thing'"),
)


def test_misuse_is_explained(run: pytest.Pytester) -> None:
    tests = (
        f"def test_{number}(mcp_connect, mcp_pool, mcp_breaker):\n    {body}\n"
        for number, (body, _) in enumerate(MISUSES)
    )
    run.makepyfile(f"RAW = {RAW!r}\n\n" + "\n".join(tests))
    result = run.runpytest_subprocess("--tb=line")
    result.assert_outcomes(failed=len(MISUSES) - 1, passed=1, errors=1)  # one finds out when the test is over
    said = result.stdout.str()
    for _, says in MISUSES:
        assert f"Error: {says}" in said or f" {says}" in said, said


WITHOUT_SDK = """\
import importlib.metadata
import sys

for name in ("mcp", "mcp_types", "pydantic", "anyio", "starlette", "uvicorn"):
    sys.modules[name] = None

installed = importlib.metadata.version

def version(name):
    if name == "mcp":
        raise importlib.metadata.PackageNotFoundError(name)
    return installed(name)

importlib.metadata.version = version
"""


def test_without_the_sdk_each_fixture_works_or_says_what_to_install(run: pytest.Pytester) -> None:
    run.makeconftest(WITHOUT_SDK)
    run.makepyfile(
        f"""
        def test_mock(mock_mcp_server):
            pass

        def test_imported():
            from pytest_mcpquality.testing import MockMCPServer

        def test_object(mcp_connect):
            mcp_connect.sync(object())

        def test_others(mcp_connect, mcp_pool, mcp_breaker, mcp_clock, fake_context7):
            from pytest_mcpquality.testing import Call, Context, blocks, faults, returns

            with mcp_connect.sync({RAW!r}) as connection:
                connection.ping()
        """
    )
    result = run.runpytest_subprocess("-p", "no:anyio", "--tb=short")
    result.assert_outcomes(passed=1, failed=2, errors=1)
    said = [line for line in result.outlines if line.startswith(("E  ", "MockMCPServer"))]
    assert len(said) == 3, said
    assert all("pip install 'pytest-mcpquality[mcp]'" in line for line in said)
    result.stdout.no_fnmatch_line("*ModuleNotFoundError*")


def test_a_failure_shows_the_test_and_not_our_code(run: pytest.Pytester) -> None:
    run.makeconftest(FAST)
    run.makepyfile(
        """
        import pytest
        from pytest_mcpquality.testing import error, faults

        @pytest.mark.asyncio
        async def test_refused(mock_mcp_server, mcp_connect):
            async with mcp_connect(mock_mcp_server) as client:
                await client.call_tool("nope")

        def test_died(mock_mcp_server, mcp_connect):
            mock_mcp_server.faults.add(faults.Dies(code=3, stderr="boom", method="ping"))
            with mcp_connect.sync(mock_mcp_server.stdio()) as client:
                client.ping()

        @pytest.mark.asyncio
        async def test_breaker(mcp_breaker):
            breaker = mcp_breaker("search")
            breaker.force_open()
            await breaker.call(int)

        def test_record(mock_mcp_server):
            mock_mcp_server.assert_called("search")

        def test_script(mock_mcp_server):
            mock_mcp_server.add_tool("search", script=[error("busy")])
            mock_mcp_server.assert_all_scripts_exhausted()
        """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(failed=5)
    shown = [line for line in result.outlines if re.match(r"\S*\.py:\d+", line)]
    assert len(shown) == 5, shown
    assert all(line.startswith("test_a_failure_shows") for line in shown), shown
    result.stdout.fnmatch_lines(["E *'mock' failed: exited with 3: boom", "E *left: error('busy'); nothing came in*"])


def test_sync_in_an_event_loop_is_explained(run: pytest.Pytester) -> None:
    run.makepyfile(
        f"import pytest\n\n@pytest.mark.asyncio\nasync def test_it(mcp_connect):\n    mcp_connect.sync({RAW!r})\n"
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    assert "this test runs in an event loop: await mcp_connect(...)" in result.stdout.str()


def test_trio_is_told_once_what_does_not_work(run: pytest.Pytester) -> None:
    run.makefile(".ini", pytest="[pytest]\n")
    run.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'trio'\n")
    run.makepyfile(
        f"""
        import pytest
        from pytest_mcpquality.resilience.errors import EventLoopError

        @pytest.mark.anyio
        async def test_connect(mcp_connect):
            with pytest.raises(EventLoopError, match="trio cannot; with anyio's pytest plugin choose"):
                await mcp_connect({RAW!r})

        @pytest.mark.anyio
        async def test_pool(mcp_pool):
            with pytest.raises(EventLoopError, match="trio cannot"):
                await mcp_pool({RAW!r}).acquire()

        @pytest.mark.anyio
        @pytest.mark.parametrize("method", ["sleep", "elapse"])
        async def test_clock(mcp_clock, method):
            with pytest.raises(EventLoopError, match="trio cannot"):
                await getattr(mcp_clock, method)(1)

        @pytest.mark.anyio
        async def test_breaker(mcp_breaker):
            async def answer():
                return 42

            assert await mcp_breaker("search").call(answer) == 42

        @pytest.mark.anyio
        async def test_what_blocks_works(mcp_connect):
            with mcp_connect.sync({RAW!r}) as connection:
                connection.ping()
        """
    )
    run.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=6)


def test_the_examples_of_the_page_hold(run: pytest.Pytester) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "fixtures" / "mcp-connect.md"
    (block,) = re.findall(r"^```python\n(.+?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    run.makepyfile(block)
    run.runpytest_subprocess().assert_outcomes(passed=3)
