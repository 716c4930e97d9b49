"""What a typed function says about itself: the schemas of its arguments and of its result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Annotated, Any, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.content.results import BLOCK_TYPES
from pytest_mcpquality.testing.context import Context
from pytest_mcpquality.testing.errors import MockSetupError

__tracebackhide__ = hides

_PREFIX = "argument_"
"""Before the names of the model's fields, so that any name of a parameter is a good one."""


class _Schema(GenerateJsonSchema):
    """JSON schemas without the titles that pydantic makes up from names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's hook
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class TypedFunction:
    """A function that can be called with arguments as they come from the wire."""

    function: Callable[..., Any]
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    _names: tuple[str, ...]
    _arguments: type[BaseModel]
    _result: TypeAdapter[Any] | None
    _wrapped: bool
    _context: str | None

    async def __call__(self, arguments: Mapping[str, Any], context: Context) -> Any:  # noqa: ANN401 - the user's value
        """Check the arguments and call the function.

        Raises:
            pydantic.ValidationError: The arguments do not fit.
        """
        checked = self._arguments.model_validate(arguments)
        values = {name: getattr(checked, _PREFIX + name) for name in self._names}
        if self._context is not None:
            values[self._context] = context
        value = self.function(**values)
        return await value if inspect.isawaitable(value) else value

    def structured(self, value: object) -> dict[str, Any] | None:
        """The structured content for a returned value; None if the function promises none."""
        if self._result is None:
            return None
        plain = self._result.dump_python(value, mode="json", by_alias=True)
        return {"result": plain} if self._wrapped else plain


def typed_function(function: Callable[..., Any], *, structured: bool = True) -> TypedFunction:
    """Read a function's signature.

    Raises:
        MockSetupError: It has parameters that cannot be passed by name, or types that have no schema.
    """
    name = getattr(function, "__name__", repr(function))
    hints = _hints(function, name)
    context = next((key for key, hint in hints.items() if hint is Context), None)
    arguments = _arguments_model(function, hints, context, name)
    adapter, wrapped = _result_adapter(hints.get("return", Any), name) if structured else (None, False)
    return TypedFunction(
        function=function,
        input_schema=_input_schema(arguments),
        output_schema=_output_schema(adapter, wrapped=wrapped),
        _names=tuple(name.removeprefix(_PREFIX) for name in arguments.model_fields),
        _arguments=arguments,
        _result=adapter,
        _wrapped=wrapped,
        _context=context,
    )


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except NameError as error:
        raise MockSetupError(
            f"the annotations of {name}() cannot be read: {error}; define the type in the module"
        ) from error


def _arguments_model(
    function: Callable[..., Any], hints: Mapping[str, Any], context: str | None, name: str
) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == context:
            continue
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise MockSetupError(f"{name}() takes {parameter}: arguments come by name, so give it named parameters")
        fields[_PREFIX + parameter.name] = _field(parameter, hints.get(parameter.name, Any))
    try:
        return create_model(f"{name}_arguments", __config__=ConfigDict(arbitrary_types_allowed=False), **fields)
    except PydanticUserError as error:
        raise MockSetupError(f"the parameters of {name}() have a type without a JSON schema: {error}") from error


def _field(parameter: inspect.Parameter, hint: Any) -> Any:  # noqa: ANN401 - a type expression
    alias = Field(alias=parameter.name)
    if parameter.default is parameter.empty:
        return (Annotated[hint, alias], ...)
    if isinstance(parameter.default, FieldInfo):
        return (Annotated[hint, parameter.default, alias], parameter.default.default)
    return (Annotated[hint, alias], parameter.default)


def _input_schema(arguments: type[BaseModel]) -> dict[str, Any]:
    schema = arguments.model_json_schema(schema_generator=_Schema)
    del schema["title"]
    return schema


def _result_adapter(hint: Any, name: str) -> tuple[TypeAdapter[Any] | None, bool]:  # noqa: ANN401 - a type expression
    """How a result becomes structured content, and whether it must be wrapped, as only objects may be."""
    if hint is Any or hint is None or hint is type(None) or _is_content(hint):
        return None, False
    try:
        adapter = TypeAdapter(hint)
        schema = adapter.json_schema(mode="serialization")
    except PydanticUserError as error:
        if error.code != "typed-dict-version":
            return None, False
        raise MockSetupError(f"the result of {name}() cannot be read: {error.message}") from error
    return adapter, not _is_object(hint, schema)


def _is_object(hint: Any, schema: Mapping[str, Any]) -> bool:  # noqa: ANN401 - a type expression
    typed_as_object = is_dataclass(hint) or is_typeddict(hint) or get_origin(hint) is dict
    model = isinstance(hint, type) and issubclass(hint, BaseModel)
    return model or typed_as_object or schema.get("type") == "object"


def _is_content(hint: Any) -> bool:  # noqa: ANN401 - a type expression
    """Whether a function returns content blocks, ours or the SDK's, which are no structured content."""
    if (arguments := getattr(hint, "__args__", None)) is not None and get_origin(hint) is not dict:
        return all(_is_content(argument) for argument in arguments)
    if not isinstance(hint, type):
        return False
    if hint.__name__ == "Block":
        return True
    kind = getattr(hint, "model_fields", {}).get("type")
    return kind is not None and kind.default in BLOCK_TYPES


def _output_schema(adapter: TypeAdapter[Any] | None, *, wrapped: bool) -> dict[str, Any] | None:
    if adapter is None:
        return None
    schema = adapter.json_schema(mode="serialization", schema_generator=_Schema)
    if not wrapped:
        return schema
    definitions = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    return {"type": "object", "properties": {"result": schema}, "required": ["result"], **definitions}
