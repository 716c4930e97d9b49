"""The content that the official conformance suite for servers calls for: the ready profile of the mock server."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio

from pytest_mcpquality.testing.content.blocks import Block, audio, embedded_resource, image, text
from pytest_mcpquality.testing.context import Context
from pytest_mcpquality.testing.input_requests import elicitation, roots, sampling
from pytest_mcpquality.testing.mock_server import MockMCPServer
from pytest_mcpquality.testing.outcomes import returns

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG image of one pixel."""

SILENCE = base64.b64decode("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=")
"""A WAV file without a sample."""

STEP_SECONDS = 0.05
"""Between two messages of a tool that sends several; the suite asks for about that."""

RECONNECT_SECONDS = 0.2
"""What a client gets to come back after its stream was closed."""


def conformance_server(name: str) -> MockMCPServer:
    """A mock server that serves every scenario of the suite."""
    server = MockMCPServer(name, title="Conformance", instructions="Serves the official conformance suite.")
    for add in (_add_simple_tools, _add_talking_tools, _add_asking_tools, _add_rounds, _add_triggers, _add_schemas):
        add(server)
    _add_resources(server)
    _add_prompts(server)
    return server


def _add_simple_tools(server: MockMCPServer) -> None:
    @server.tool(structured=False)
    def test_simple_text() -> str:
        """Returns text."""
        return "This is a simple text response for testing."

    @server.tool()
    def test_image_content() -> Block:
        """Returns an image."""
        return image(PIXEL)

    @server.tool()
    def test_audio_content() -> Block:
        """Returns a sound."""
        return audio(SILENCE)

    @server.tool()
    def test_embedded_resource() -> Block:
        """Returns a resource with its content."""
        return embedded_resource("test://embedded-resource", "This is an embedded resource content.")

    @server.tool()
    def test_multiple_content_types() -> list[Block]:
        """Returns a text, an image and a resource."""
        data = json.dumps({"test": "data", "value": 123})
        resource = embedded_resource("test://mixed-content-resource", data, "application/json")
        return [text("Multiple content types test:"), image(PIXEL), resource]

    @server.tool(structured=False)
    def test_error_handling() -> str:
        """Always fails."""
        raise ValueError("This tool intentionally returns an error for testing")


def _add_talking_tools(server: MockMCPServer) -> None:
    @server.tool(structured=False)
    async def test_tool_with_logging(context: Context) -> str:
        """Sends three log messages."""
        for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            await context.log("info", message)
            await anyio.sleep(STEP_SECONDS)
        return "Three messages were logged."

    server.tool("test_logging_tool", structured=False)(test_tool_with_logging)

    @server.tool(structured=False)
    async def test_tool_with_progress(context: Context) -> str:
        """Reports its progress three times."""
        for done in (0, 50, 100):
            await context.progress(done, 100, f"{done} of 100 done")
            await anyio.sleep(STEP_SECONDS)
        return "Progress was reported."

    @server.tool(structured=False)
    async def test_reconnection(context: Context) -> str:
        """Closes its own event stream, and answers once the client can have come back."""
        await context.close_stream()
        await anyio.sleep(RECONNECT_SECONDS)
        return "The client came back."


def _add_asking_tools(server: MockMCPServer) -> None:
    @server.tool(structured=False)
    async def test_sampling(prompt: str, context: Context) -> str:
        """Asks the client's model."""
        answer = await context.sample(prompt, max_tokens=100)
        return f"LLM response: {_text_of(answer)}"

    server.tool("test_missing_capability", structured=False)(_needs_sampling)

    @server.tool(structured=False)
    async def test_elicitation(message: str, context: Context) -> str:
        """Asks the user for a name and an address."""
        fields = {
            "username": {"type": "string", "description": "User's response"},
            "email": {"type": "string", "description": "User's email address"},
        }
        answer = await context.elicit(message, _form(fields))
        return f"User response: {_described(answer)}"

    server.tool("test_streaming_elicitation", structured=False)(_streams_elicitation)

    @server.tool(structured=False)
    async def test_elicitation_sep1034_defaults(context: Context) -> str:
        """Asks with a default for every primitive type."""
        return f"Elicitation completed: {_described(await context.elicit('Check the defaults', _form(_DEFAULTS, ())))}"

    @server.tool(structured=False)
    async def test_elicitation_sep1330_enums(context: Context) -> str:
        """Asks with every kind of choice."""
        return f"Elicitation completed: {_described(await context.elicit('Choose', _form(_CHOICES, ())))}"


async def _needs_sampling(context: Context) -> str:
    """Needs a client whose model it may ask."""
    return _text_of(await context.sample("Say anything", max_tokens=10))


async def _streams_elicitation(context: Context) -> str:
    """Asks the user for a word, with log messages around it."""
    await context.log("info", "about to ask")
    return _described(await context.elicit("Say a word", _form({"word": {"type": "string"}})))


_DEFAULTS: Mapping[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}

_CHOICES: Mapping[str, Any] = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {
        "type": "string",
        "oneOf": [
            {"const": "value1", "title": "First Option"},
            {"const": "value2", "title": "Second Option"},
            {"const": "value3", "title": "Third Option"},
        ],
    },
    "legacyEnum": {
        "type": "string",
        "enum": ["opt1", "opt2", "opt3"],
        "enumNames": ["Option One", "Option Two", "Option Three"],
    },
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["option1", "option2", "option3"]}},
    "titledMulti": {
        "type": "array",
        "items": {
            "anyOf": [
                {"const": "value1", "title": "First Choice"},
                {"const": "value2", "title": "Second Choice"},
                {"const": "value3", "title": "Third Choice"},
            ]
        },
    },
}


def _add_rounds(server: MockMCPServer) -> None:
    """Calls that end with what is asked of the client, and are repeated with its answers."""
    prefix = "test_input_required_result"
    functions: dict[str, Callable[[Context], Awaitable[str]]] = {
        "elicitation": _asks_name,
        "sampling": _asks_capital,
        "list_roots": _asks_roots,
        "request_state": _asks_confirmation,
        "tampered_state": _asks_confirmation,
        "multiple_inputs": _asks_everything,
        "multi_round": _asks_twice,
        "capabilities": _asks_what_the_client_can,
    }
    for name, function in functions.items():
        server.tool(f"{prefix}_{name}", structured=False)(function)

    @server.prompt(f"{prefix}_prompt")
    async def prompt(context: Context) -> str:
        """A prompt about what the user says."""
        form = _form({"context": {"type": "string"}})
        answer = await context.elicit("What context should the prompt use?", form, key="user_context")
        return f"Context: {_field(answer, 'context')}"


async def _asks_name(context: Context) -> str:
    """Greets the user by name."""
    answer = await context.elicit("What is your name?", _NAME_FORM, key="user_name")
    return f"Hello, {_field(answer, 'name')}!"


async def _asks_capital(context: Context) -> str:
    """Asks the client's model for a capital."""
    return _text_of(await context.sample("What is the capital of France?", max_tokens=100, key="capital_question"))


async def _asks_roots(context: Context) -> str:
    """Names the client's roots."""
    found = await context.roots(key="client_roots")
    return f"Roots: {', '.join(str(root['uri']) for root in found)}"


async def _asks_confirmation(context: Context) -> str:
    """Asks for a confirmation, and checks what the client carried."""
    await context.elicit("Please confirm", _form({"ok": {"type": "boolean"}}), key="confirm")
    return "state-ok"


async def _asks_everything(context: Context) -> str:
    """Asks the user, the model and the client at once."""
    answers = await context.ask(
        {
            "user_name": elicitation("What is your name?", _NAME_FORM),
            "greeting": sampling("Generate a greeting", max_tokens=50),
            "client_roots": roots(),
        }
    )
    return f"{_text_of(answers['greeting'])} {_field(answers['user_name'], 'name')}"


async def _asks_twice(context: Context) -> str:
    """Asks for a name, then for a colour."""
    name = await context.elicit("Step 1: What is your name?", _NAME_FORM, key="step1")
    form = _form({"color": {"type": "string"}})
    color = await context.elicit("Step 2: What is your favorite color?", form, key="step2")
    return f"{_field(name, 'name')} likes {_field(color, 'color')}"


async def _asks_what_the_client_can(context: Context) -> str:
    """Asks only for what the client said that it can answer."""
    possible = {
        "user_name": elicitation("What is your name?", _NAME_FORM),
        "capital_question": sampling("What is the capital of France?", max_tokens=100),
        "client_roots": roots(),
    }
    can = context.request.client.capabilities()
    answers = await context.ask({key: question for key, question in possible.items() if question.kind in can})
    return f"{len(answers)} answers"


def _add_triggers(server: MockMCPServer) -> None:
    @server.tool(structured=False)
    def test_trigger_tool_change() -> str:
        """Changes the list of tools."""
        server.notify_changed("tools")
        return "The list of tools has changed."

    @server.tool(structured=False)
    def test_trigger_prompt_change() -> str:
        """Changes the list of prompts."""
        server.notify_changed("prompts")
        return "The list of prompts has changed."


def _add_schemas(server: MockMCPServer) -> None:
    server.add_tool(
        "json_schema_2020_12_tool",
        description="Tool with JSON Schema 2020-12 features",
        input_schema=_RICH_SCHEMA,
        script=[returns("The arguments fit.")],
    )
    region = {"type": "string", "description": "Repeated in a header", "x-mcp-header": "Region"}
    server.add_tool(
        "test_header_parameter",
        description="Has a parameter that a client repeats in a header",
        input_schema={"type": "object", "properties": {"region": region}, "required": ["region"]},
        script=[returns("The header fits.")],
    )


_RICH_SCHEMA: Mapping[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _add_resources(server: MockMCPServer) -> None:
    server.add_resource(
        "test://static-text",
        "This is the content of the static text resource.",
        name="static-text",
        description="A text that does not change",
        mime_type="text/plain",
    )
    server.add_resource(
        "test://static-binary",
        PIXEL,
        name="static-binary",
        description="An image that does not change",
        mime_type="image/png",
    )
    server.add_resource(
        "test://watched-resource",
        "Watched resource content",
        name="watched-resource",
        description="Can be subscribed to",
    )

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template_data(id: str) -> str:  # noqa: A002 - the suite's name
        """Data by number."""
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _add_prompts(server: MockMCPServer) -> None:
    server.add_prompt("test_simple_prompt", "This is a simple prompt for testing.", description="Without arguments")

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        """With two arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt("test_prompt_with_embedded_resource")
    def embeds(resourceUri: str) -> list[Block]:  # noqa: N803 - the suite's name
        """With a resource and its content."""
        resource = embedded_resource(resourceUri, "Embedded resource content for testing.")
        return [resource, text("Please process the embedded resource above.")]

    server.add_prompt(
        "test_prompt_with_image",
        _messages(image(PIXEL), text("Please analyze the image above.")),
        description="An image",
    )
    server.add_completion("test_prompt_with_arguments", "arg1", ["paris", "park", "party"])


def _messages(*blocks: Block) -> list[Mapping[str, Any]]:
    return [{"role": "user", "content": block} for block in blocks]


def _form(properties: Mapping[str, Any], required: tuple[str, ...] | None = None) -> dict[str, Any]:
    needed = list(properties if required is None else required)
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": needed} if needed else schema


_NAME_FORM = _form({"name": {"type": "string"}})


def _text_of(answer: Mapping[str, Any]) -> str:
    # One block, or several from a client that knows tools.
    content: dict[str, Any] | list[dict[str, Any]] = answer["content"]
    first = content[0] if isinstance(content, list) else content
    return str(first.get("text", ""))


def _described(answer: Mapping[str, Any]) -> str:
    return f"action={answer['action']}, content={json.dumps(answer.get('content') or {})}"


def _field(answer: Mapping[str, Any], name: str) -> str:
    content: Mapping[str, Any] = answer.get("content") or {}
    return str(content.get(name, ""))
