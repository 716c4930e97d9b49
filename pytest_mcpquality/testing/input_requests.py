"""What a server asks its client for in the middle of a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class InputRequest:
    """One thing asked for; `kind` is the name of the client's capability."""

    kind: str
    method: str
    params: Mapping[str, Any]

    def wire(self) -> dict[str, Any]:
        """As it stands in an InputRequiredResult."""
        return {"method": self.method, "params": dict(self.params)}


class InputRequired(Exception):  # noqa: N818 - not an error: it ends a call that will be repeated
    """The call cannot go on without these answers; raised through the function that asked."""

    def __init__(self, requests: Mapping[str, InputRequest]) -> None:
        super().__init__(", ".join(requests))
        self.requests = requests


def elicitation(message: str, schema: Mapping[str, Any]) -> InputRequest:
    """Ask the user, with a form of this JSON schema."""
    return InputRequest("elicitation", "elicitation/create", {"message": message, "requestedSchema": dict(schema)})


def sampling(prompt: str | list[dict[str, Any]], *, max_tokens: int = 100, **more: object) -> InputRequest:
    """Ask the client's model."""
    messages = [{"role": "user", "content": {"type": "text", "text": prompt}}] if isinstance(prompt, str) else prompt
    return InputRequest("sampling", "sampling/createMessage", {"messages": messages, "maxTokens": max_tokens, **more})


def roots() -> InputRequest:
    """Ask for the client's roots."""
    return InputRequest("roots", "roots/list", {})


def unusable(answer: object, request: InputRequest) -> bool:
    """Whether an answer is missing or no answer to that request."""
    if not isinstance(answer, Mapping):
        return True
    given = cast("Mapping[str, Any]", answer)
    match request.kind:
        case "elicitation":
            return given.get("action") not in {"accept", "decline", "cancel"}
        case "sampling":
            return not isinstance(given.get("content"), Mapping | list)
        case _:
            return not isinstance(given.get("roots"), list)
