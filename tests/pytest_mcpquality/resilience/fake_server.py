"""Connections to a server that does what a test says."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


class Connection:
    """One connection: who opened and who closed it, and what becomes of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.opened_by = asyncio.current_task()
        self.closed_by: object = None
        self.validations = 0
        self.report: Callable[[BaseException | None], None] | None = None

    def __repr__(self) -> str:
        return f"connection {self.number}"


class FakeServer:
    """Opens connections, as many as asked for, and keeps book."""

    def __init__(self) -> None:
        self.made: list[Connection] = []
        self.alive: set[Connection] = set()
        self.attempts = 0
        self.most_alive = 0
        self.refuse: list[BaseException] = []
        """What the next attempts raise."""
        self.unwell: dict[Connection, BaseException] = {}
        """What validating these raises."""
        self.hanging: set[str] = set()
        """Which of opening, validating, closing and deaf closing never end."""
        self.opening_gate: asyncio.Event | None = None
        self.seen_context: list[str] = []
        self.dies_at_once = False

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[Connection]:
        self.attempts += 1
        self.seen_context.append(WHO.get())
        connection = Connection(self.attempts)
        self.alive.add(connection)
        self.most_alive = max(self.most_alive, len(self.alive))
        try:
            if self.opening_gate is not None:
                await self.opening_gate.wait()
            await self._hang("opening")
            if self.refuse:
                raise self.refuse.pop(0)
            self.made.append(connection)
            yield connection
            await self._hang("closing")
        finally:
            await self._hang_deaf()
            connection.closed_by = asyncio.current_task()
            self.alive.discard(connection)

    async def validate(self, connection: Connection) -> None:
        connection.validations += 1
        await self._hang("validating")
        if connection in self.unwell:
            raise self.unwell[connection]

    def watch(self, connection: Connection, report: Callable[[BaseException | None], None]) -> None:
        connection.report = report
        if self.dies_at_once:
            report(ConnectionResetError("died young"))

    async def _hang(self, where: str) -> None:
        if where in self.hanging:
            await asyncio.get_running_loop().create_future()

    async def _hang_deaf(self) -> None:
        while "deaf closing" in self.hanging:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                continue


WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="nobody")
