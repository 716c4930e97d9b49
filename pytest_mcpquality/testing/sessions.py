"""The sessions that are open, and what each client asked to be told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_mcpquality.mcp.server_bridge import ClientChannel


@dataclass(slots=True)
class _Session:
    client: ClientChannel | None = None
    loop: asyncio.AbstractEventLoop | None = None
    level: str = "debug"
    subscriptions: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True, eq=False)
class _Listener:
    loop: asyncio.AbstractEventLoop
    call: Callable[[str, str | None], None]


class Sessions:
    """What a mock server remembers of each session, and the way to all of them. Safe to use from any thread."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}
        self._listeners: list[_Listener] = []
        self._lock = threading.Lock()
        self._sending: set[asyncio.Task[None]] = set()

    def opened(self, session: str, client: ClientChannel) -> None:
        """The handshake is done: from now on the client can be told things outside its requests."""
        state = self._state(session)
        state.client = client
        state.loop = _loop()

    def closed(self, session: str) -> None:
        """The session has ended."""
        with self._lock:
            self._sessions.pop(session, None)

    def level(self, session: str) -> str:
        """The least severe level of log messages that the client wants."""
        return self._state(session).level

    def set_level(self, session: str, level: str) -> None:
        """The client wants log messages of this level and worse ones."""
        self._state(session).level = level

    def subscribe_to(self, session: str, uri: str) -> None:
        """The client wants to hear when a resource changes."""
        self._state(session).subscriptions.add(uri)

    def unsubscribe_from(self, session: str, uri: str) -> None:
        """The client does not want to hear of it any more."""
        self._state(session).subscriptions.discard(uri)

    def subscribe(self, listener: Callable[[str, str | None], None]) -> Callable[[], None]:
        """Have changes told to a stream of `subscriptions/listen`, on the loop that runs now."""
        registered = _Listener(asyncio.get_running_loop(), listener)
        with self._lock:
            self._listeners.append(registered)

        def unsubscribe() -> None:
            with self._lock:
                if registered in self._listeners:
                    self._listeners.remove(registered)

        return unsubscribe

    def tell(self, method: str, params: Mapping[str, Any] | None = None, *, uri: str | None = None) -> None:
        """Send a notification to every open session; with `uri` only to those that subscribed to that resource."""
        with self._lock:
            sessions = [one for one in self._sessions.values() if uri is None or uri in one.subscriptions]
        for session in sessions:
            if session.client is not None and session.loop is not None:
                self._run(session.loop, session.client.notify(method, params, related=False))

    def announce(self, kind: str, uri: str | None = None) -> None:
        """Tell the streams of `subscriptions/listen` that a list (tools, prompts, resources) or a resource changed."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            if not listener.loop.is_closed():
                listener.loop.call_soon_threadsafe(listener.call, kind, uri)

    def _state(self, session: str) -> _Session:
        with self._lock:
            if session not in self._sessions:
                self._sessions[session] = _Session()
            return self._sessions[session]

    def _run(self, loop: asyncio.AbstractEventLoop, sending: Coroutine[Any, Any, None]) -> None:
        if loop.is_closed():
            sending.close()
        elif loop is _loop():
            self._start(sending)
        else:
            loop.call_soon_threadsafe(self._start, sending)

    def _start(self, sending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        # A client that has gone meanwhile hears nothing; that is no error of whoever changed the content.
        if not task.cancelled():
            task.exception()


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
