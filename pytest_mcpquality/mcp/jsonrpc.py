"""JSON-RPC 2.0 as MCP uses it: what a message is, and what is wrong with what is none."""

from __future__ import annotations

import enum
import json
from typing import Any, NoReturn, cast

from pytest_mcpquality.mcp.protocol import JsonObject


class NotJsonRpcError(ValueError):
    """What came is no message; says why in a few words."""


class Kind(enum.Enum):
    """What a message is."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    RESPONSE = "response"


def encode(message: JsonObject) -> bytes:
    """A message as one line of JSON, without the newline."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")


def decode(data: bytes) -> list[JsonObject]:
    """The messages that stand in a line or a body: one, or those of a batch.

    Raises:
        NotJsonRpcError: It is none.
    """
    try:
        value = cast("object", json.loads(data.decode("utf-8"), parse_constant=_refuse))
    except UnicodeDecodeError as error:
        raise NotJsonRpcError("is not UTF-8") from error
    except RecursionError as error:
        raise NotJsonRpcError("is nested too deeply") from error
    except ValueError as error:
        raise NotJsonRpcError("is not JSON") from error
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [checked(item) for item in items or [value]]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity, which JSON has not


def checked(value: object) -> JsonObject:
    """The value, known to be a message.

    Raises:
        NotJsonRpcError: It is none.
    """
    if not isinstance(value, dict):
        raise NotJsonRpcError("is JSON, but no object")
    message = cast("JsonObject", value)
    if message.get("jsonrpc") != "2.0":
        raise NotJsonRpcError('does not say "jsonrpc": "2.0"')
    problem = _problem(message)
    if problem:
        raise NotJsonRpcError(problem)
    return message


def kind(message: JsonObject) -> Kind:
    """What a checked message is."""
    if "method" not in message:
        return Kind.RESPONSE
    return Kind.REQUEST if "id" in message else Kind.NOTIFICATION


def _problem(message: JsonObject) -> str:
    if "method" in message:
        if not isinstance(message["method"], str):
            return "has a method that is no string"
        return "" if "id" not in message or _is_id(message["id"]) else "is a request whose id is no string or number"
    if ("result" in message) == ("error" in message):
        return "has neither a method, nor either a result or an error"
    return ""


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def request(request_id: int, method: str, params: JsonObject | None) -> JsonObject:
    """A request."""
    message: JsonObject = {"jsonrpc": "2.0", "id": request_id, "method": method}
    return message if params is None else message | {"params": params}


def notification(method: str, params: JsonObject | None) -> JsonObject:
    """A notification."""
    message: JsonObject = {"jsonrpc": "2.0", "method": method}
    return message if params is None else message | {"params": params}


def result(request_id: object, value: JsonObject) -> JsonObject:
    """An answer."""
    return {"jsonrpc": "2.0", "id": request_id, "result": value}


def error(request_id: object, code: int, message: str, data: Any = None) -> JsonObject:  # noqa: ANN401 - any JSON
    """An answer that the request failed."""
    body: JsonObject = {"code": code, "message": message}
    return {"jsonrpc": "2.0", "id": request_id, "error": body if data is None else body | {"data": data}}
