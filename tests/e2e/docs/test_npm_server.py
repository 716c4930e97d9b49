"""The service's own MCP server, unmodified, from npm: it runs against the fake, and our transport against it."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pytest_mcpquality.remediation.client import DocsClient, open_client
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason, TransportKind
from pytest_mcpquality.resilience.breaker_values import BreakerSettings
from pytest_mcpquality.resilience.retry import RetrySettings
from pytest_mcpquality.testing import FakeContext7
from pytest_mcpquality.testing.fake_context7.scenarios import CODES
from tests.support import node_tools

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

VERSIONS = {
    "4.1.1": (),
    "3.2.5": (),
    # One server object for all requests over HTTP, which later versions of the SDK refuse.
    "2.1.0": ("@modelcontextprotocol/sdk@1.25.1",),
}
QUERY = "verify TLS certificates"
ONCE = RetrySettings(attempts=1)

MISSES = {
    "error-library_not_finalized": MissReason.PENDING,
    "error-library_redirected": MissReason.UNUSABLE,
    "error-validation_error": MissReason.UNUSABLE,
    "error-invalid_library_id": MissReason.UNUSABLE,
    "error-invalid_api_key": MissReason.REFUSED,
    "error-spending_limit_exceeded": MissReason.REFUSED,
    "error-access_denied": MissReason.REFUSED,
    "error-forbidden": MissReason.REFUSED,
    "error-library_not_found": MissReason.NOT_FOUND,
    "error-tag_not_found": MissReason.NOT_FOUND,
    "error-no_snippets_found": MissReason.NOT_FOUND,
    "error-no_libraries_found": MissReason.NOT_FOUND,
    "error-library_too_large": MissReason.NOT_FOUND,
    "error-no_code_found": MissReason.NOT_FOUND,
    "error-rate_limit_exceeded": MissReason.QUOTA,
    "error-internal_error": MissReason.UNREACHABLE,
    "error-search_failed": MissReason.UNREACHABLE,
    "empty": MissReason.NOT_FOUND,
    "html": MissReason.UNUSABLE,
    "badjson": MissReason.UNUSABLE,
    "err200": MissReason.UNREACHABLE,
    "reset": MissReason.UNREACHABLE,
    "quota": MissReason.QUOTA,
}
"""What each error comes to, though the server gives no more of it than a sentence that looks like a success."""


@dataclass(frozen=True, slots=True)
class Setup:
    fake: FakeContext7
    settings: DocsSettings

    def client(self, **changes: object) -> DocsClient:
        return open_client(replace(self.settings, **changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeContext7]:
    with FakeContext7() as made:
        yield made


@pytest.fixture(scope="module", params=[f"{version} {way}" for version in VERSIONS for way in ("stdio", "http")])
def running(request: pytest.FixtureRequest, fake: FakeContext7) -> Iterator[DocsSettings]:
    """The settings of a client of a server that runs."""
    version, way = request.param.split()
    script = node_tools.package("@upstash/context7-mcp", version, *VERSIONS[version]) / "dist" / "index.js"
    settings = DocsSettings(
        transport=TransportKind.MCP,
        api_url=fake.url,
        cache="memory",
        timeout=30,
        deadline=60,
        retry=ONCE,
        breaker=BreakerSettings.never(),
    )
    if way == "stdio":
        yield replace(settings, mcp_command=(str(node_tools.NODE), str(script)))
        return
    with serving(script, fake) as url:
        yield replace(settings, mcp_url=url)


class SessionStore(http.server.BaseHTTPRequestHandler):
    """What version 3 keeps its HTTP sessions in: everybody's exists, for a long time to come."""

    def do_POST(self) -> None:
        commands = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        one = {"result": 1_000_000}
        body = json.dumps([one] * len(commands) if self.path.endswith("/pipeline") else one).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's words
        pass


@contextlib.contextmanager
def session_store() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), SessionStore) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextlib.contextmanager
def serving(script: Path, fake: FakeContext7) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(node_tools.NODE), str(script), "--transport", "http", "--port", str(port)]
    with contextlib.ExitStack() as stack:
        store = {"UPSTASH_REDIS_REST_URL": stack.enter_context(session_store()), "UPSTASH_REDIS_REST_TOKEN": "token"}
        env = {"PATH": os.environ["PATH"], "CONTEXT7_API_URL": fake.url, **store}
        quiet = subprocess.DEVNULL
        process = stack.enter_context(subprocess.Popen(command, env=env, stdout=quiet, stderr=quiet))
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server has ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the server does not listen")


@pytest.fixture
def setup(running: DocsSettings, fake: FakeContext7) -> Iterator[Setup]:
    fake.requests.clear()
    yield Setup(fake, running)
    fake.stop()


def test_documentation_of_a_name_and_of_ids(setup: Setup) -> None:
    async def ask() -> None:
        async with setup.client(api_keys=("ctx7sk-real",)) as client:
            found = await client.fetch("requests", QUERY)
            assert isinstance(found, Documentation), found
            assert (found.library, found.transport, found.calls) == ("/psf/requests", TransportKind.MCP, 2)
            (snippet,) = found.snippets
            assert snippet.title == "Verify TLS certificates"
            assert snippet.text.startswith("Requests verifies certificates by default")
            assert snippet.code == "requests.get(url, verify='/path/to/ca-bundle.pem')"
            assert snippet.language == "python"
            assert snippet.url.startswith("https://github.com/psf/requests/")

            flask = await client.fetch("/pallets/flask", "debugger in production")
            assert isinstance(flask, Documentation), flask
            assert flask.snippets[0].code.count("```") == 2
            python = await client.fetch("/python/cpython", "subprocess without a shell")
            assert isinstance(python, Documentation), python
            assert len(python.snippets) == 3
            await libraries_are_listed(client)
            pool = client.statistics.pool
            assert pool is not None
            assert pool.opened <= 2

    asyncio.run(ask())
    assert {request.key for request in setup.fake.requests} == {"ctx7sk-real"}
    search, *_ = setup.fake.requests
    assert search.query == {"libraryName": "requests", "query": QUERY}


async def libraries_are_listed(client: DocsClient) -> None:
    found = await client.libraries("cpython", QUERY)
    assert not isinstance(found, Miss)
    (python,) = found
    assert (python.id, python.title, python.trust_score) == ("/python/cpython", "Python", 7.0)
    assert (python.snippets, python.benchmark_score) == (102, 80.5)
    assert python.versions == ("v3.13.0", "__branch__3.12")


def test_every_failure_in_the_shape_of_a_success(setup: Setup) -> None:
    assert {name.removeprefix("error-") for name in MISSES} >= CODES.keys()

    async def ask() -> dict[str, MissReason]:
        found: dict[str, MissReason] = {}
        async with setup.client() as client:
            for scenario in MISSES:
                setup.fake.stop()
                setup.fake.play(scenario)
                await client.clear()
                miss = await client.fetch("/psf/requests", QUERY)
                assert isinstance(miss, Miss), (scenario, miss)
                found[scenario] = miss.reason
            await a_hung_backend_is_not_waited_for(client, setup)
        return found

    assert asyncio.run(ask()) == MISSES


async def a_hung_backend_is_not_waited_for(client: DocsClient, setup: Setup) -> None:
    setup.fake.stop()
    setup.fake.play("slow-60")
    client._settings = replace(setup.settings, deadline=0.5)
    began = time.monotonic()
    miss = await client.fetch("/pallets/flask", QUERY)
    assert isinstance(miss, Miss)
    assert miss.reason is MissReason.LATE
    assert time.monotonic() - began < 5
