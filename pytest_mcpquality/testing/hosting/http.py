"""A mock server at a URL: the SDK's streamable HTTP on a loopback socket, in both protocol eras."""

from __future__ import annotations

from typing import Literal, Self

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.hosting.http_serving import Serving
from pytest_mcpquality.testing.hosting.listener import HOST
from pytest_mcpquality.testing.hosting.loop_thread import LoopThread
from pytest_mcpquality.testing.seam import Hosted

__tracebackhide__ = hides


class HttpHosting:
    """Open until `close()`; a context manager, sync and async.

    Args:
        hosted: The mock server.
        stateless: Without sessions up to protocol 2025-11-25, too (2026-07-28 knows none).
        json_response: Answer with JSON instead of an event stream.
        path: Where the server answers.
        retry_ms: What an event stream tells the client to wait before it resumes, in milliseconds; None says nothing.
    """

    transport: Literal["http"] = "http"

    def __init__(
        self,
        hosted: Hosted,
        *,
        stateless: bool = False,
        json_response: bool = False,
        path: str = "/mcp",
        retry_ms: int | None = None,
    ) -> None:
        self._hosted = hosted
        self._serving = Serving(hosted, path, stateless=stateless, json_response=json_response, retry_interval=retry_ms)
        self._path = path
        self._closed = False
        hosted.faults.attach("http", self._faults_changed)
        self._thread = LoopThread(f"{hosted.name} over http")
        try:
            self._thread.call(self._serving.start)
        except BaseException:
            # Also when the test is interrupted just here.
            self.close()
            raise

    def __repr__(self) -> str:
        return (
            f"<HttpHosting of {self._hosted.name!r} at {self.url}: {'closed' if self._closed else self._serving.state}>"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """What messages of ours call it: the mock server's name."""
        return self._hosted.name

    @property
    def port(self) -> int:
        """The port, also while nobody listens at it."""
        return self._serving.listener.port

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"http://{HOST}:{self.port}{self._path}"

    @property
    def config(self) -> dict[str, object]:
        """The server's entry in a file like `.mcp.json`."""
        return {"type": "http", "url": self.url}

    def restart(self) -> None:
        """Start anew at the same URL: every connection is cut, every session is forgotten; also after `Dies`."""
        self._thread.call(self._serving.restart)

    def close(self) -> None:
        """End every request and session, free the socket and the thread. May be called twice, and from any thread."""
        if self._closed:
            return
        self._closed = True
        self._hosted.faults.detach("http", self._faults_changed)
        self._thread.call(self._serving.stop)
        self._thread.close()

    def _faults_changed(self) -> None:
        """Done when it returns, so that the test sees at once what it has said."""
        if self._thread.is_current():
            self._thread.post(self._serving.adjust)
        else:
            self._thread.call(self._serving.adjust)
