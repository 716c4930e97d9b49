"""Reading a resource, getting a prompt, completing an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import ValidationError

from pytest_mcpquality.mcp.server_bridge import INVALID_PARAMS, RpcError
from pytest_mcpquality.testing.content.blocks import resource_contents, text
from pytest_mcpquality.testing.content.catalog import Catalog, Prompt, unknown
from pytest_mcpquality.testing.content.functions import TypedFunction
from pytest_mcpquality.testing.content.results import as_blocks
from pytest_mcpquality.testing.context import Context

MOST_COMPLETIONS = 100
"""The protocol's limit for the suggestions in one answer."""


async def read_resource(catalog: Catalog, uri: str, context: Context) -> dict[str, Any]:
    """The contents of a resource.

    Raises:
        RpcError: There is none with that URI.
    """
    if (resource := catalog.resources.get(uri)) is not None:
        definition, content = resource.definition, resource.content
        value = await content({}, context) if isinstance(content, TypedFunction) else content
    elif (matched := catalog.template_for(uri)) is not None:
        template, variables = matched
        definition = template.definition
        value = await _called(template.function, variables, context)
    else:
        known = [*catalog.resources, *catalog.templates]
        raise RpcError(INVALID_PARAMS, f"Resource not found: {unknown('resource', uri, known)}", {"uri": uri})
    return {"contents": _contents(uri, value, definition.get("mimeType"))}


async def get_prompt(catalog: Catalog, params: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The messages of a prompt.

    Raises:
        RpcError: There is none of that name, or an argument is missing.
    """
    prompt = catalog.prompts.get(params["name"])
    if prompt is None:
        raise RpcError(INVALID_PARAMS, unknown("prompt", params["name"], catalog.prompts))
    arguments: Mapping[str, Any] = params.get("arguments") or {}
    _check_arguments(prompt, arguments)
    given = prompt.messages
    value = await _called(given, arguments, context) if isinstance(given, TypedFunction) else given
    result: dict[str, Any] = {"messages": _messages(value)}
    if "description" in prompt.definition:
        result["description"] = prompt.definition["description"]
    return result


def complete(catalog: Catalog, params: Mapping[str, Any]) -> dict[str, Any]:
    """Suggestions for an argument of a prompt or a variable of a resource template."""
    reference, argument = params["ref"], params["argument"]
    subject = reference.get("name") or reference.get("uri") or ""
    completer = catalog.completers.get((subject, argument.get("name", "")))
    context: Mapping[str, Any] = params.get("context") or {}
    filled: Mapping[str, str] = context.get("arguments") or {}
    values = list(completer(argument.get("value", ""), filled)) if completer else []
    return {
        "completion": {
            "values": values[:MOST_COMPLETIONS],
            "total": len(values),
            "hasMore": len(values) > MOST_COMPLETIONS,
        }
    }


def _contents(uri: str, value: object, mime_type: str | None) -> list[dict[str, Any]]:
    if isinstance(value, str | bytes):
        return [resource_contents(uri, value, mime_type)]
    return [dict(one) for one in cast("Sequence[Mapping[str, Any]]", value)]


def _check_arguments(prompt: Prompt, arguments: Mapping[str, Any]) -> None:
    needed = [one["name"] for one in prompt.definition.get("arguments", ()) if one.get("required")]
    missing = [name for name in needed if name not in arguments]
    if missing:
        raise RpcError(INVALID_PARAMS, f"prompt {prompt.definition['name']!r} needs {', '.join(missing)}")


async def _called(function: TypedFunction, arguments: Mapping[str, Any], context: Context) -> Any:  # noqa: ANN401
    try:
        return await function(arguments, context)
    except ValidationError as error:
        raise RpcError(INVALID_PARAMS, str(error)) from error


def _messages(value: object) -> list[dict[str, Any]]:
    """Messages on the wire: from a text, content blocks (all the user's), or messages."""
    if isinstance(value, str):
        return [_message(text(value))]
    if (blocks := as_blocks(value)) is not None:
        return [_message(block) for block in blocks]
    return [dict(message) for message in cast("Sequence[Mapping[str, Any]]", value)]


def _message(block: Mapping[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": dict(block)}
