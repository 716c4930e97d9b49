"""What a typed function says about itself."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from typing import TypedDict as OldTypedDict

import pytest
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from pytest_mcpquality.testing.content.blocks import Block, text
from pytest_mcpquality.testing.content.functions import typed_function
from pytest_mcpquality.testing.context import Context
from pytest_mcpquality.testing.errors import MockSetupError


class Weather(BaseModel):
    degrees: float
    sky: str = "clear"


@dataclass
class Point:
    x: int
    y: int


class Named(TypedDict):
    name: str


def call(function: Callable[..., Any], arguments: dict[str, Any]) -> object:
    context: Any = "the context"
    return asyncio.run(typed_function(function)(arguments, context))


def test_parameters_become_properties() -> None:
    def search(
        query: str, limit: Annotated[int, Field(ge=1, description="At most")] = 10, *, deep: bool = False
    ) -> None:
        del query, limit, deep

    assert typed_function(search).input_schema == {
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "limit": {"type": "integer", "minimum": 1, "description": "At most", "default": 10},
            "deep": {"type": "boolean", "default": False},
        },
        "required": ["query"],
    }


def test_any_name_is_a_good_one() -> None:
    def odd(_private: int, schema: str, json: str = Field(default="x", description="J")) -> str:
        return f"{_private} {schema} {json}"

    assert list(typed_function(odd).input_schema["properties"]) == ["_private", "schema", "json"]
    assert call(odd, {"_private": 1, "schema": "s"}) == "1 s x"


def test_arguments_are_checked_and_converted() -> None:
    def where(point: Point, weather: Weather) -> tuple[int, float]:
        return point.x, weather.degrees

    assert call(where, {"point": {"x": 1, "y": 2}, "weather": {"degrees": 3}}) == (1, 3.0)
    with pytest.raises(ValidationError):
        call(where, {"point": {"x": "far", "y": 2}, "weather": {"degrees": 3}})


def test_the_context_is_no_argument() -> None:
    async def asks(question: str, context: Context) -> str:
        return f"{question} {context}"

    assert list(typed_function(asks).input_schema["properties"]) == ["question"]
    assert call(asks, {"question": "who?"}) == "who? the context"


def test_an_object_with_call_is_a_function() -> None:
    class Doubles:
        def __call__(self, number: int) -> int:
            return 2 * number

    assert call(Doubles(), {"number": 2}) == 4


@pytest.mark.parametrize(
    ("hint", "schema_type", "value", "structured"),
    [
        (int, "integer", 3, {"result": 3}),
        (str, "string", "x", {"result": "x"}),
        (list[int], "array", [1], {"result": [1]}),
        (Weather, None, Weather(degrees=1), {"degrees": 1.0, "sky": "clear"}),
        (Point, None, Point(1, 2), {"x": 1, "y": 2}),
        (Named, None, {"name": "n"}, {"name": "n"}),
        (dict[str, int], None, {"a": 1}, {"a": 1}),
        (list[Weather], "array", [Weather(degrees=1)], {"result": [{"degrees": 1.0, "sky": "clear"}]}),
    ],
)
def test_results_become_structured_content(
    hint: object, schema_type: str | None, value: object, structured: object
) -> None:
    def gives() -> object:
        return value

    gives.__annotations__["return"] = hint
    typed = typed_function(gives)
    assert typed.output_schema is not None
    assert typed.output_schema["type"] == "object"
    assert typed.structured(value) == structured
    if schema_type:
        assert typed.output_schema["properties"]["result"]["type"] == schema_type


@pytest.mark.parametrize("hint", [None, Any, Block, list[Block]])
def test_content_is_no_structured_content(hint: object) -> None:
    def gives() -> object:
        return text("x")

    gives.__annotations__["return"] = hint
    typed = typed_function(gives)
    assert (typed.output_schema, typed.structured("x")) == (None, None)


def test_structure_can_be_left_out() -> None:
    def gives() -> int:
        return 1

    assert typed_function(gives, structured=False).output_schema is None


class Opaque:
    pass


def test_what_has_no_schema_is_refused() -> None:
    def takes(thing: Opaque) -> None:
        del thing

    def spreads(*things: int) -> None:
        del things

    def unknown(thing: "Missing") -> None:  # type: ignore[name-defined]  # noqa: F821, UP037 - the point
        del thing

    with pytest.raises(MockSetupError, match=r"takes\(\) have a type without a JSON schema"):
        typed_function(takes)
    with pytest.raises(MockSetupError, match=r"spreads\(\) takes \*things"):
        typed_function(spreads)
    with pytest.raises(MockSetupError, match=r"unknown\(\) cannot be read.*Missing"):
        typed_function(unknown)


class Old(OldTypedDict):
    name: str


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from then on the standard library's will do")
def test_a_typed_dict_that_cannot_be_read_is_refused() -> None:
    def gives() -> Old:
        return {"name": "x"}

    with pytest.raises(MockSetupError, match=r"the result of gives\(\).*typing_extensions"):
        typed_function(gives)


def test_a_result_without_a_schema_is_left_as_it_is() -> None:
    def gives() -> Opaque:
        return Opaque()

    assert typed_function(gives).output_schema is None
