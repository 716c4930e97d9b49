"""What a tool's function can ask its client for, and tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_mcpquality.mcp.server_bridge import INVALID_REQUEST, RpcError, ServerRequest
from pytest_mcpquality.testing.input_requests import InputRequest, InputRequired, elicitation, roots, sampling, unusable
from pytest_mcpquality.testing.seam import SessionInfo

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""The levels of log messages, least severe first."""

MISSING_CLIENT_CAPABILITY = -32021
"""The code of the error for a client that lacks a capability, from protocol 2026-07-28 on; before, INVALID_REQUEST."""

LOG_LEVEL_KEY = "io.modelcontextprotocol/logLevel"


class Context:
    """One call as the function of a tool, resource, prompt or script sees it.

    A function gets it in the parameter that is annotated with this class. Up to protocol 2025-11-25 the client is asked
    by requests of the server; from 2026-07-28 on the call ends with what is asked for, and is repeated by the client
    with the answers: the function then runs again from its start, so that what it does before it asks should do no harm
    when done twice.
    """

    def __init__(
        self,
        request: ServerRequest,
        session: SessionInfo,
        *,
        level: Callable[[], str],
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        self.request = request
        self.session = session
        self._level = level
        self._answers = dict(answers or {})
        self._asked = 0

    @property
    def meta(self) -> Mapping[str, Any]:
        """The `_meta` of the call."""
        return self.request.params.get("_meta") or {}

    async def log(self, level: str, data: object, logger: str | None = None) -> None:
        """Send a log message, if the client wants messages of this level."""
        wanted = self.meta.get(LOG_LEVEL_KEY) if self.request.modern else self._level()
        if wanted is None or LEVELS.index(level) < LEVELS.index(wanted):
            return
        params: dict[str, Any] = {"level": level, "data": data}
        if logger is not None:
            params["logger"] = logger
        await self.notify("notifications/message", params)

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Report progress; nothing is sent if the client did not ask for it."""
        await self.request.client.progress(progress, total, message)

    async def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send any notification along with this call."""
        await self.request.client.notify(method, params, related=True)

    async def elicit(self, message: str, schema: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """Ask the user behind the client; gives the client's answer: `action`, and `content` if accepted."""
        return await self._ask_one(elicitation(message, schema), key)

    async def sample(
        self, prompt: str | list[dict[str, Any]], *, max_tokens: int = 100, key: str | None = None, **more: object
    ) -> dict[str, Any]:
        """Ask the client's model: with a text or with messages; `more` are further parameters in wire form."""
        return await self._ask_one(sampling(prompt, max_tokens=max_tokens, **more), key)

    async def roots(self, *, key: str | None = None) -> list[dict[str, Any]]:
        """Ask the client for its roots."""
        answer = await self._ask_one(roots(), key)
        return list(answer["roots"])

    async def ask(self, questions: Mapping[str, InputRequest]) -> dict[str, dict[str, Any]]:
        """Ask the client several things at once, each under a name of its own.

        Raises:
            RpcError: The client cannot be asked that, or refused with an error.
        """
        if not self.request.modern:
            return {key: await self._request(question) for key, question in questions.items()}
        missing = {key: one for key, one in questions.items() if unusable(self._answers.get(key), one)}
        if missing:
            for question in missing.values():
                self._check_capability(question)
            raise InputRequired(missing)
        return {key: self._answers[key] for key in questions}

    async def close_stream(self) -> None:
        """Close the SSE stream of this call over HTTP, so that the client has to reconnect and resume.

        Without effect over other transports, and if the client cannot resume.
        """
        await self.request.client.close_stream()

    async def _ask_one(self, question: InputRequest, key: str | None) -> dict[str, Any]:
        self._asked += 1
        name = key or f"{question.kind}-{self._asked}"
        return (await self.ask({name: question}))[name]

    async def _request(self, question: InputRequest) -> dict[str, Any]:
        self._check_capability(question)
        return await self.request.client.request(question.method, question.params)

    def _check_capability(self, question: InputRequest) -> None:
        if question.kind not in self.request.client.capabilities():
            raise RpcError(
                MISSING_CLIENT_CAPABILITY if self.request.modern else INVALID_REQUEST,
                f"the client does not support {question.kind}",
                {"requiredCapabilities": {question.kind: {}}},
            )
