"""A real MCP server whose content, answers and failures a test decides."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from mcpquality_scanners.clock import SystemClock
from pytest_mcpquality.mcp.server_bridge import ServerIdentity, build_server, sdk_major
from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.assertions import check_called, check_exhausted, check_not_called
from pytest_mcpquality.testing.backend import SessionBackend, serves
from pytest_mcpquality.testing.content.catalog import (
    Catalog,
    Completer,
    Prompt,
    Resource,
    ResourceTemplate,
    Tool,
    unknown,
)
from pytest_mcpquality.testing.content.functions import TypedFunction, typed_function
from pytest_mcpquality.testing.content.templates import UriTemplate
from pytest_mcpquality.testing.engine import Engine
from pytest_mcpquality.testing.errors import MockSetupError
from pytest_mcpquality.testing.faults.base import Fault
from pytest_mcpquality.testing.faults.collection import Faults
from pytest_mcpquality.testing.faults.errors import FaultDoesNotApplyError
from pytest_mcpquality.testing.hosting.http import HttpHosting
from pytest_mcpquality.testing.hosting.stdio import StdioHosting
from pytest_mcpquality.testing.memory import MemoryTransport
from pytest_mcpquality.testing.outcomes import Outcome, needs_fallback
from pytest_mcpquality.testing.recorder import Call, Recorder
from pytest_mcpquality.testing.script import Script
from pytest_mcpquality.testing.seam import Message, SessionInfo
from pytest_mcpquality.testing.sessions import Sessions

if TYPE_CHECKING:
    from pytest_mcpquality.resilience.clock import Clock

__tracebackhide__ = hides

_Function = TypeVar("_Function", bound=Callable[..., Any])

EMPTY_SCHEMA: Mapping[str, Any] = {"type": "object", "properties": {}}
"""The schema of a tool that takes nothing."""


class MockMCPServer:
    """A real MCP server, built on the SDK, whose content, answers and failures a test decides.

    All three ways in lead to the same content, script, faults and record: `memory()`, `stdio()` and `http()`.

    Args:
        name: What it calls itself.
        version: The version it says it has.
        title: A name for people, if it says one.
        instructions: What it tells clients about its use.
        page_size: How many entries a page of a list has; None is all on one page.
        clock: What delays and the record's times are measured with; None is real time.
        capabilities: What it says it can do, in wire form, in place of what follows from its content; a value of None
            takes that capability away.
        validate_arguments: Refuse arguments of scripted tools that do not fit their schema, as real servers do.
        faults: What breaks from the start.

    Raises:
        UsageError: The SDK is not installed.
    """

    def __init__(  # noqa: PLR0913 - each is by name, and has a default
        self,
        name: str = "mock",
        *,
        version: str = "1.0.0",
        title: str | None = None,
        instructions: str | None = None,
        page_size: int | None = None,
        clock: Clock | None = None,
        capabilities: Mapping[str, Any] | None = None,
        validate_arguments: bool = True,
        faults: Iterable[Fault] = (),
    ) -> None:
        sdk_major()
        if page_size is not None and page_size < 1:
            raise MockSetupError(f"page_size is {page_size}: a page has at least one entry; None is all on one page")
        self.identity = ServerIdentity(name, version, title, instructions)
        self.page_size = page_size
        self.clock = clock
        self.claimed = dict(capabilities or {})
        self.validate_arguments = validate_arguments
        self.faults = Faults(faults)
        self.catalog = Catalog()
        self.scripts: dict[str, Script] = {}
        self.tool_scripts: dict[str, Script] = {}
        self.sessions = Sessions()
        self.recorder = Recorder(clock or SystemClock())
        self.engine = Engine(self)
        self._catalogs: dict[int, Catalog] = {}
        self._changes: dict[int, Callable[[MockMCPServer], object]] = {}
        self._changing = False
        self._starts = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return (
            f"<MockMCPServer {self.name!r}: {len(self.catalog.tools)} tools, {len(self.catalog.resources)} resources, "
            f"{len(self.catalog.prompts)} prompts, {len(self.calls())} messages>"
        )

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.identity.name

    # Content

    def tool(
        self,
        name: str | None = None,
        *,
        description: str | None = None,
        structured: bool = True,
        script: Iterable[Outcome] | None = None,
        **definition: Any,  # noqa: ANN401 - any field of a tool
    ) -> Callable[[_Function], _Function]:
        """Make a typed function a tool: its schemas follow from its annotations, its description from its docstring.

        Args:
            name: Its name, if not the function's.
            description: What it does, if not the docstring.
            structured: Derive an output schema from the return annotation.
            script: Outcomes to come to instead of calling the function.
            **definition: Further fields in wire form, such as `annotations={"readOnlyHint": True}`.
        """
        _check_called_first("tool()", name)

        def decorate(function: _Function) -> _Function:
            typed = typed_function(function, structured=structured)
            fields = {"inputSchema": typed.input_schema, "outputSchema": typed.output_schema, **definition}
            self._add_tool(name or function.__name__, description or _doc(function), fields, typed, script)
            return function

        return decorate

    def add_tool(
        self,
        name: str,
        *,
        description: str | None = None,
        input_schema: Mapping[str, Any] = EMPTY_SCHEMA,
        output_schema: Mapping[str, Any] | None = None,
        script: Iterable[Outcome] | None = None,
        repeat_last: bool = True,
        **definition: Any,  # noqa: ANN401 - any field of a tool
    ) -> None:
        """Add a tool by name and JSON schemas; its calls come to the outcomes of `script`, one a call.

        Args:
            name: Its name.
            description: What it does.
            input_schema: The JSON schema of its arguments.
            output_schema: The JSON schema of its structured content; what a script returns is not held to it.
            script: Its outcomes; without, each call is answered by an error that says so.
            repeat_last: Repeat the last outcome for all further calls; otherwise they get an error.
            **definition: Further fields in wire form, such as `title="Search"`.
        """
        fields = {"inputSchema": dict(input_schema), "outputSchema": output_schema, **definition}
        self._add_tool(name, description, fields, None, script, repeat_last=repeat_last)

    def remove_tool(self, name: str) -> None:
        """Take a tool away; open sessions are told.

        Raises:
            MockSetupError: There is no such tool.
        """
        if name not in self.catalog.tools:
            raise MockSetupError(f"{self.name}: {unknown('tool', name, self.catalog.tools)}")
        del self.catalog.tools[name]
        self.tool_scripts.pop(name, None)
        self.notify_changed("tools")

    def resource(
        self, uri: str, *, name: str | None = None, description: str | None = None, mime_type: str | None = None
    ) -> Callable[[_Function], _Function]:
        """Make a function a resource, or with variables in the URI (`file:///{name}`) a resource template.

        The function gives text, bytes, or contents in wire form.
        """
        _check_called_first("resource(uri)", uri)

        def decorate(function: _Function) -> _Function:
            fields = _fields(
                name=name or function.__name__, description=description or _doc(function), mimeType=mime_type
            )
            typed = typed_function(function, structured=False)
            template = UriTemplate(uri)
            if template.variables:
                definition = {"uriTemplate": uri, **fields}
                self.catalog.templates[uri] = ResourceTemplate(definition, template, typed)
            else:
                self.catalog.resources[uri] = Resource({"uri": uri, **fields}, typed)
            self.notify_changed("resources")
            return function

        return decorate

    def add_resource(
        self,
        uri: str,
        content: str | bytes,
        *,
        name: str | None = None,
        mime_type: str | None = None,
        **definition: Any,  # noqa: ANN401 - any field of a resource
    ) -> None:
        """Add a resource with fixed content."""
        fields = _fields(name=name or uri, mimeType=mime_type, **definition)
        self.catalog.resources[uri] = Resource({"uri": uri, **fields}, content)
        self.notify_changed("resources")

    def update_resource(self, uri: str, content: str | bytes) -> None:
        """Change what a resource holds; clients that subscribed to it are told.

        Raises:
            MockSetupError: There is no such resource.
        """
        resource = self.catalog.resources.get(uri)
        if resource is None:
            raise MockSetupError(f"{self.name}: {unknown('resource', uri, self.catalog.resources)}")
        self.catalog.resources[uri] = Resource(resource.definition, content)
        self.sessions.tell("notifications/resources/updated", {"uri": uri}, uri=uri)
        self.sessions.announce("resource", uri)

    def prompt(self, name: str | None = None, *, description: str | None = None) -> Callable[[_Function], _Function]:
        """Make a function a prompt: it gives text, content blocks, or messages in wire form."""
        _check_called_first("prompt()", name)

        def decorate(function: _Function) -> _Function:
            typed = typed_function(function, structured=False)
            fields = _fields(name=name or function.__name__, description=description or _doc(function))
            fields["arguments"] = _prompt_arguments(typed.input_schema)
            self._add_prompt(Prompt(fields, typed))
            return function

        return decorate

    def add_prompt(
        self,
        name: str,
        messages: str | Sequence[Mapping[str, Any]],
        *,
        description: str | None = None,
        arguments: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Add a prompt with fixed messages: text, content blocks, or messages in wire form."""
        fields = _fields(name=name, description=description)
        fields["arguments"] = [dict(argument) for argument in arguments]
        self._add_prompt(Prompt(fields, messages))

    def add_completion(self, subject: str, argument: str, values: Iterable[str] | Completer) -> None:
        """Complete an argument of a prompt (by its name) or a variable of a resource template (by its pattern).

        Args:
            subject: The prompt's name or the template's pattern.
            argument: The name of the argument or variable.
            values: What can be suggested (those that begin with what is typed are), or a function that is given what
                is typed and the arguments filled in already.
        """
        known = {**self.catalog.prompts, **self.catalog.templates}
        if subject not in known:
            raise MockSetupError(f"{self.name}: {unknown('prompt or resource template', subject, known)}")
        self.catalog.completers[subject, argument] = values if callable(values) else _beginning(tuple(values))

    def at_start(self, number: int, change: Callable[[MockMCPServer], object]) -> None:
        """From start `number` on (the first is 1), have other content: `change` makes it, when that start comes.

        Each start of a process, each `http()` and each connection in memory is a start.

        Raises:
            MockSetupError: That start has been already.
        """
        if number <= self._starts:
            raise MockSetupError(f"{self.name}: start {number} has been already; the next one is {self._starts + 1}")
        self._changes[number] = change

    # Script

    def script(self, subject: str, outcomes: Iterable[Outcome], *, repeat_last: bool = True) -> Script:
        """Say what calls come to: of a tool by its name, or of a protocol method such as `tools/list`.

        What a protocol method returns must be its whole result in wire form; it goes out as it stands, unchecked.

        Raises:
            MockSetupError: There is no such tool or method, or nothing to fall back on.
        """
        if "/" in subject or subject in {"initialize", "ping"}:
            self._check_method(subject)
            self.scripts[subject] = Script(subject, outcomes, repeat_last=repeat_last)
            return self.scripts[subject]
        if subject not in self.catalog.tools:
            known = self.catalog.tools
            raise MockSetupError(
                f"{self.name}: {unknown('tool', subject, known)}; methods have a '/', as in tools/list"
            )
        return self._script_tool(subject, outcomes, repeat_last=repeat_last)

    # Record

    def calls(self, subject: str | None = None) -> tuple[Call, ...]:
        """What came in: calls of a tool (by name), of a protocol method or notification (by method), or everything."""
        return tuple(call for call in self.recorder.calls() if subject is None or _concerns(call, subject))

    def assert_called(
        self, subject: str, *, arguments: Mapping[str, Any] | None = None, times: int | None = None
    ) -> None:
        """Assert that a tool or method was called, with these arguments (all of them), that many times.

        Args:
            subject: A tool's name or a protocol method.
            arguments: A tool's or prompt's arguments, any other method's parameters; None is any.
            times: How often; None is at least once.

        Raises:
            AssertionError: It was not; shows what did come in.
        """
        __tracebackhide__ = True
        everything = self.calls()
        concerned = [call for call in everything if _concerns(call, subject)]
        check_called(self.name, subject, concerned, everything, arguments=arguments, times=times)

    def assert_not_called(self, subject: str, *, arguments: Mapping[str, Any] | None = None) -> None:
        """Assert that a tool or method was not called (with these arguments).

        Raises:
            AssertionError: It was; shows the calls.
            MockSetupError: The protocol has no such method, so that this could never fail.
        """
        __tracebackhide__ = True
        self._check_method(subject)
        check_not_called(self.name, subject, self.calls(subject), arguments=arguments)

    def assert_all_scripts_exhausted(self) -> None:
        """Assert that every outcome of every script was come to, and no call was one too many.

        Raises:
            AssertionError: Shows what is left, and what did come in.
        """
        __tracebackhide__ = True
        scripts = [*self.tool_scripts.values(), *self.scripts.values()]
        check_exhausted(self.name, scripts, self.calls())

    def wait_for_calls(self, subject: str, times: int = 1, *, seconds: float = 5.0) -> tuple[Call, ...]:
        """Block this thread until a tool or method was called that often; for servers reached by stdio() and http().

        Raises:
            AssertionError: It was not, within that many seconds of real time.
        """
        __tracebackhide__ = True
        enough = self.recorder.wait_for(lambda calls: sum(_concerns(call, subject) for call in calls) >= times, seconds)
        if not enough:
            everything = self.calls()
            concerned = [call for call in everything if _concerns(call, subject)]
            check_called(
                self.name, subject, concerned, everything, arguments=None, times=max(times, len(concerned) + 1)
            )
        return self.calls(subject)

    def clear_calls(self) -> None:
        """Forget what came in; scripts go on where they are."""
        self.recorder.clear()

    # To the clients

    def notify(self, method: str, params: Mapping[str, Any] | None = None) -> None:
        """Send a notification to every open session, from any thread."""
        self.sessions.tell(method, params)

    def notify_changed(self, kind: str) -> None:
        """Tell every client that a list has changed: "tools", "resources" or "prompts"."""
        if not self._changing:
            self.sessions.tell(f"notifications/{kind}/list_changed")
            self.sessions.announce(kind)

    # Ways in

    @classmethod
    def conformance(cls, name: str = "conformance") -> MockMCPServer:
        """A server with everything that the official conformance suite for servers calls for.

        Reach it by `http(retry_ms=100)`, as the suite looks for resumable event streams, too.
        """
        from pytest_mcpquality.testing.conformance import conformance_server  # noqa: PLC0415 - it imports this module

        return conformance_server(name)

    def memory(self) -> MemoryTransport:
        """A transport in this process, for one connection: an async context manager that gives two streams.

        `async with server.memory() as (read, write)` for `ClientSession(read, write)` of either major version of the
        SDK; or `Client(server.memory())` of the SDK's version 2.
        """
        return MemoryTransport(self)

    def stdio(self) -> StdioHosting:
        """A command that any client can start, as often as it likes; the server itself runs in this process.

        Open until its `close()`; a context manager, sync and async.
        """
        return StdioHosting(self)

    def http(
        self, *, stateless: bool = False, json_response: bool = False, path: str = "/mcp", retry_ms: int | None = None
    ) -> HttpHosting:
        """A URL on a loopback socket: streamable HTTP of both protocol eras.

        Open until its `close()`; a context manager, sync and async.

        Args:
            stateless: Without sessions up to protocol 2025-11-25, too.
            json_response: Answer with JSON instead of an event stream.
            path: Where the server answers.
            retry_ms: What an event stream tells the client to wait before it resumes, in milliseconds.
        """
        return HttpHosting(self, stateless=stateless, json_response=json_response, path=path, retry_ms=retry_ms)

    def sdk_server(self, start: int | None = None) -> Any:  # noqa: ANN401 - the SDK's `Server`, of either major version
        """The SDK's low-level server, to be given to whatever takes one, such as the SDK's own `Client`.

        Args:
            start: Which start of the mock server it belongs to; None is a new one.

        Raises:
            FaultDoesNotApplyError: There are faults: they break what is between a server and its client, and whoever
                takes a server object makes that itself.
        """
        if start is None and self.faults:
            raise FaultDoesNotApplyError(
                f"the faults of {self.name!r} do not reach who takes the server object itself: "
                "give it memory(), stdio() or http() instead"
            )
        number = self.next_start() if start is None else start
        return build_server(SessionBackend(self, SessionInfo("memory", number, f"memory-{number}")))

    async def serve(self, read_stream: Any, write_stream: Any, *, session: SessionInfo) -> None:  # noqa: ANN401 - the SDK's streams
        """Serve one session over a pair of the SDK's streams, until the read stream ends."""
        server = build_server(SessionBackend(self, session))
        try:
            await server.run(read_stream, write_stream, server.create_initialization_options())
        finally:
            self.sessions.closed(session.id)

    def next_start(self) -> int:
        """Count a start of the server, from 1."""
        with self._lock:
            self._starts += 1
            if (change := self._changes.pop(self._starts, None)) is not None:
                self._catalogs[self._starts] = self._changed_by(change)
            return self._starts

    def fault_applied(self, session: SessionInfo, fault: Fault, message: Message | None, *, served: bool) -> None:
        """Record that a fault was applied to a message."""
        self.recorder.fault(session, fault, message, served=served)

    # For the engine

    def catalog_of(self, start: int) -> Catalog:
        """The content that a start of the server has."""
        if not self._catalogs:
            return self.catalog
        numbers = [number for number in self._catalogs if number <= start]
        return self._catalogs[max(numbers)] if numbers else self.catalog

    def serves(self, method: str, start: int, *, modern: bool) -> bool:
        """Whether a start of the server has what a method is about."""
        return serves(self.catalog_of(start), method, modern=modern)

    def _check_method(self, method: str) -> None:
        """Any method may be scripted, one of an extension, too; but those of the protocol are known."""
        own = [known for known in self.engine.methods if known.partition("/")[0] == method.partition("/")[0]]
        if own and method not in own:
            raise MockSetupError(f"{self.name}: {unknown('method', method, own)}")

    def _add_tool(
        self,
        name: str,
        description: str | None,
        fields: Mapping[str, Any],
        function: TypedFunction | None,
        script: Iterable[Outcome] | None,
        *,
        repeat_last: bool = True,
    ) -> None:
        self.catalog.tools[name] = Tool(_fields(name=name, description=description, **fields), function)
        self.tool_scripts.pop(name, None)
        if script is not None:
            self._script_tool(name, script, repeat_last=repeat_last)
        self.notify_changed("tools")

    def _script_tool(self, name: str, outcomes: Iterable[Outcome], *, repeat_last: bool) -> Script:
        script = Script(f"tool {name!r}", outcomes, repeat_last=repeat_last)
        if self.catalog.tools[name].function is None:
            for outcome in filter(needs_fallback, script.outcomes):
                raise MockSetupError(
                    f"tool {name!r} has no function, so there is nothing that {outcome} could answer: "
                    "say it, as in delay(2.0, then=returns('late'))"
                )
        self.tool_scripts[name] = script
        return script

    def _add_prompt(self, prompt: Prompt) -> None:
        self.catalog.prompts[prompt.definition["name"]] = prompt
        self.notify_changed("prompts")

    def _changed_by(self, change: Callable[[MockMCPServer], object]) -> Catalog:
        """What `change` makes of the content of the latest start; sessions that are open keep what they have."""
        kept, self._changing = self.catalog, True
        self.catalog = self.catalog_of(self._starts).copy()
        try:
            change(self)
            return self.catalog
        finally:
            self.catalog, self._changing = kept, False


def _check_called_first(call: str, name: object) -> None:
    """`@server.tool` in place of `@server.tool()` would quietly add nothing."""
    if callable(name):
        raise MockSetupError(f"a decorator without its brackets adds nothing: write @server.{call}")


def _fields(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {key: value for key, value in fields.items() if value is not None}


def _doc(function: Callable[..., Any]) -> str | None:
    return re.sub(r"\s+", " ", function.__doc__).strip() if function.__doc__ else None


def _prompt_arguments(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        _fields(name=name, description=field.get("description"), required=name in required)
        for name, field in schema.get("properties", {}).items()
    ]


def _beginning(values: Sequence[str]) -> Completer:
    return lambda typed, _filled: [value for value in values if value.startswith(typed)]


def _concerns(call: Call, subject: str) -> bool:
    if call.method == subject:
        return True
    return call.method == "tools/call" and call.name == subject
