"""The plugin in runs of pytest as its users have them: each a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HEAVY = ("mcp", "pydantic", "httpx2", "anyio", "jinja2", "rich", "asyncio", "starlette", "uvicorn")

SETTINGS = """\
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makefile(".ini", pytest=SETTINGS)
    return pytester


def test_an_unused_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
    code = (
        "import sys, pytest\n"
        "code = pytest.main(['-q', '-p', 'pytest_mcpquality.plugin'])\n"
        "assert 'pytest_mcpquality.plugin' in sys.modules\n"
        "print('loaded:', sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "print('ours:', sorted(name for name in sys.modules if name.startswith(('pytest_mcpq', 'mcpquality'))))\n"
        "raise SystemExit(code)\n"
    )
    # Without other people's plugins, which import some of these for themselves.
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (loaded,) = [line for line in done.stdout.splitlines() if line.startswith("loaded:")]
    assert not [name for name in HEAVY if f"'{name}'" in loaded]
    (ours,) = [line for line in done.stdout.splitlines() if line.startswith("ours:")]
    assert ours == "ours: ['pytest_mcpquality', 'pytest_mcpquality.fixtures', 'pytest_mcpquality.plugin']"


def test_the_plugin_is_found_by_pytest(run: pytest.Pytester) -> None:
    listed = run.runpytest_subprocess("--fixtures", "-q")
    listed.stdout.fnmatch_lines(
        ["mcp_clock -- *", "mock_mcp_server -- *", "mcp_connect -- *", "mcp_pool -- *", "mcp_breaker -- *"]
    )


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ((), "mark it with @pytest.mark.asyncio, or set asyncio_mode = auto"),
        (("-p", "no:asyncio"), "mark it with @pytest.mark.anyio, or install pytest-asyncio"),
        (("-p", "no:asyncio", "-p", "no:anyio"), "install pytest-asyncio, or anyio and mark it"),
    ],
)
def test_an_async_test_that_nobody_awaits_is_told_what_it_lacks(
    run: pytest.Pytester, options: tuple[str, ...], advice: str
) -> None:
    run.makefile(".ini", pytest="[pytest]\n")
    run.makepyfile("async def test_it(mcp_connect): ...")
    result = run.runpytest_subprocess(*options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nobody awaits this async test, which uses mcp_connect: *"])
    assert advice in result.stdout.str()


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="a warning of pytest's own until version 9")
@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ((), "decorate the fixture with @pytest_asyncio.fixture, or set asyncio_mode = auto"),
        (("-p", "no:asyncio"), "mark the test with @pytest.mark.anyio, or install pytest-asyncio"),
        (("-p", "no:asyncio", "-p", "no:anyio"), "install pytest-asyncio, or anyio and mark the test"),
    ],
)
def test_an_async_fixture_that_nobody_awaits_is_told_what_it_lacks(
    run: pytest.Pytester, options: tuple[str, ...], advice: str
) -> None:
    run.makefile(".ini", pytest="[pytest]\n")
    run.makepyfile(
        """
        import pytest

        @pytest.fixture
        async def client(mcp_connect): ...

        @pytest.fixture
        async def other(): ...

        def test_sync(client): ...

        def test_again(client): ...

        async def test_async(client): ...

        def test_without_ours(other): ...
        """
    )
    result = run.runpytest_subprocess(*options)
    result.assert_outcomes(errors=4)
    said = result.stdout.str()
    head = "nobody awaits the async fixture 'client', which uses mcp_connect: "
    assert said.count(f"{head}make the test async, and {advice}") == 2
    assert said.count(f"{head}{advice}") == 1
    assert "'test_without_ours' requested an async fixture 'other'" in said


def test_others_errors_stay_as_they_are(run: pytest.Pytester) -> None:
    run.makepyfile(
        "import pytest\nasync def test_without_ours(): ...\ndef test_fails(mcp_clock): pytest.fail('for a reason')\n"
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(failed=2)
    assert "async def functions are not natively supported" in result.stdout.str()
    assert "Failed: for a reason" in result.stdout.str()
    assert "nobody awaits" not in result.stdout.str()
