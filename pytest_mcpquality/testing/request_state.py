"""What a client carries for us from one round of questions to the next: signed, so that it cannot be changed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from pytest_mcpquality.mcp.server_bridge import INVALID_PARAMS, RpcError


def sign(key: bytes, answers: Mapping[str, Any]) -> str:
    """The answers so far, as text for the client to bring back."""
    body = base64.urlsafe_b64encode(json.dumps(answers).encode("utf-8"))
    return f"{body.decode('ascii')}.{_mac(key, body)}"


def verify(key: bytes, state: object) -> dict[str, Any]:
    """The answers in what the client brought back.

    Raises:
        RpcError: It is not what we gave.
    """
    body, _, mac = str(state).rpartition(".")
    if not hmac.compare_digest(mac.encode("utf-8"), _mac(key, body.encode("utf-8")).encode("ascii")):
        raise RpcError(INVALID_PARAMS, "requestState is not what this server gave: its signature is wrong")
    answers: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return answers


def _mac(key: bytes, body: bytes) -> str:
    return hmac.new(key, body, hashlib.sha256).hexdigest()
