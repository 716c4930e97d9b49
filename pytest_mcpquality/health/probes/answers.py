"""What came back to what was asked of a server on purpose: values only."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_mcpquality.health.definitions import Wire, array, text
from pytest_mcpquality.mcp.diagnosis import Diagnosis, Oddity


class Question(enum.Enum):
    """What is asked beside lists and calls; the value stands in sentences."""

    UNKNOWN_METHOD = "an unknown method"
    UNKNOWN_TOOL = "a call of an unknown tool"
    UNKNOWN_VERSION = "initialize with an unknown version"
    BROKEN_JSON = "a line that is no JSON"
    PING_AFTER = "a ping after all that"


class Arguments(enum.Enum):
    """What a tool was called with; the value stands in sentences."""

    GIVEN = "the arguments of the configuration"
    FITTING = "arguments from its schema"
    MADE_UP = "made-up arguments"
    MISSING = "required arguments missing"
    WRONG_TYPE = "an argument of the wrong type"
    COERCIBLE = "a number as a text"
    EXTRA = "an argument that its schema excludes"
    NO_OBJECT = "arguments that are no object"

    @property
    def valid(self) -> bool:
        """Whether the schema allows them."""
        return self in {Arguments.GIVEN, Arguments.FITTING, Arguments.MADE_UP}


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """A JSON-RPC error."""

    code: int
    message: str
    data: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to one request: a result, an error, or nothing that could be used (`failure` says what)."""

    seconds: float = 0.0
    result: Wire | None = None
    error: ErrorAnswer | None = None
    failure: Diagnosis | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was done: there is a result, and it is no error of a tool."""
        return self.result is not None and self.result.get("isError") is not True

    @property
    def refused(self) -> bool:
        """Whether it was answered, and not done."""
        return not self.accepted and self.failure is None

    def texts(self) -> Iterator[str]:
        """Every text for people or models in it."""
        if self.error is not None:
            yield self.error.message
            if self.error.data is not None:
                yield str(self.error.data)
        for block in array((self.result or {}).get("content")):
            if words := text(block, "text"):
                yield words


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool.

    Attributes:
        tool: Its name.
        how: With what kind of arguments.
        where: Which argument is meant, for the wrong ones.
        answer: What came back.
        size: Bytes of the result as JSON.
        seconds: How long each call took, this one and those that were made to measure.
        ping: Seconds that a ping took which was sent right after a call; None when none was answered.
        beside: Seconds that this call took.
    """

    tool: str
    how: Arguments
    answer: Answer
    where: str = ""
    size: int = 0
    seconds: tuple[float, ...] = ()
    ping: float | None = None
    beside: float = 0.0


@dataclass(frozen=True, slots=True)
class Uncalled:
    """A tool that was not called, and why."""

    tool: str
    reason: str


@dataclass(frozen=True, slots=True)
class Probes:
    """What one session gave when it was asked on purpose.

    Attributes:
        questions: Answers beside lists and calls; missing is what was not asked.
        methods: Answers of methods whose capability was not claimed, or that are claimed and have no list.
        pages: Seconds that the first page of each list took, asked for again.
        calls: Calls, in the order in which they were made.
        uncalled: Tools that were not called with arguments that fit.
        stopped: Why not all was asked; empty when all was.
        lost_at: What was asked last when the server was lost; empty when it was not.
        loss: What happened then.
        oddities: What it did that the protocol does not allow, before it was sent what the protocol does not allow.
    """

    questions: Mapping[Question, Answer] = field(default_factory=dict[Question, Answer])
    methods: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    pages: Mapping[str, tuple[float, ...]] = field(default_factory=dict[str, tuple[float, ...]])
    calls: tuple[ToolCall, ...] = ()
    uncalled: tuple[Uncalled, ...] = ()
    stopped: str = ""
    lost_at: str = ""
    loss: Diagnosis | None = None
    oddities: tuple[Oddity, ...] = ()
