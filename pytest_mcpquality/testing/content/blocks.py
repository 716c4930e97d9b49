"""Content blocks in wire form: what tools return and prompts are made of."""

from __future__ import annotations

import base64
from typing import Any


class Block(dict[str, Any]):
    """One content block as it stands on the wire; its type tells it from structured content."""


def text(value: str) -> Block:
    """Plain text."""
    return Block(type="text", text=value)


def image(data: bytes, mime_type: str = "image/png") -> Block:
    """An image."""
    return Block(type="image", data=_base64(data), mimeType=mime_type)


def audio(data: bytes, mime_type: str = "audio/wav") -> Block:
    """A sound."""
    return Block(type="audio", data=_base64(data), mimeType=mime_type)


def embedded_resource(uri: str, content: str | bytes, mime_type: str | None = None) -> Block:
    """A resource with its content."""
    return Block(type="resource", resource=resource_contents(uri, content, mime_type))


def resource_link(uri: str, name: str, **more: object) -> Block:
    """A link to a resource; `more` are further fields in wire form, such as mimeType."""
    return Block(type="resource_link", uri=uri, name=name, **more)


def resource_contents(uri: str, content: str | bytes, mime_type: str | None = None) -> dict[str, Any]:
    """The contents of a resource: text, or bytes as base64."""
    if isinstance(content, str):
        return {"uri": uri, "mimeType": mime_type or "text/plain", "text": content}
    return {"uri": uri, "mimeType": mime_type or "application/octet-stream", "blob": _base64(content)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
