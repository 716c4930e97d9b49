from __future__ import annotations

import enum
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpquality_reports import json_report
from mcpquality_reports.base import no_sources
from mcpquality_scanners import findings, results
from mcpquality_scanners.errors import UsageError, WriteError
from mcpquality_scanners.findings import Measure, ScanResult, ScanStatus
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

VALIDATOR = jsonschema.Draft202012Validator(json_report.schema())


def render(value: Results) -> str:
    return json_report.REPORT.render(value, no_sources)


def anything(kind: Any, name: str = "") -> st.SearchStrategy[Any]:  # noqa: ANN401 - types as values
    """Any value of an annotated type; line numbers of coverage count from 1."""
    if get_origin(kind) is UnionType:
        return st.one_of(*(st.none() if member is NoneType else anything(member) for member in get_args(kind)))
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if inner[-1] is Ellipsis:
            return st.lists(anything(inner[0], name), max_size=2).map(tuple)
        return st.tuples(*map(anything, inner))
    if is_dataclass(kind):
        parts = {field: anything(hint, field) for field, hint in get_type_hints(kind).items()}
        return st.builds(cast("type", kind), **parts)
    if issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(st.characters(codec=None, categories=None), max_size=8),
        bool: st.booleans(),
        int: st.integers(min_value=1 if name == "missing" else 0),
        float: st.floats(min_value=0, allow_nan=False, allow_infinity=False),
    }
    return plain[kind]


@settings(max_examples=60, deadline=None)
@given(anything(Results))
def test_whatever_results_hold_survives_the_way_there_and_back(value: Results) -> None:
    document = render(value)
    again = json_report.load(document)
    assert render(again) == document
    assert again == value
    VALIDATOR.validate(json.loads(document))


@pytest.mark.parametrize("make", [samples.failing, samples.passing, samples.incomplete, hostile.results])
def test_the_document_is_valid_ascii_and_comes_back(make: Callable[[], Results]) -> None:
    document = render(make())
    document.encode("ascii")
    VALIDATOR.validate(json.loads(document))
    assert json_report.load(document) == make()


def test_the_same_results_give_the_same_bytes() -> None:
    assert render(samples.failing()) == render(samples.failing())


def test_the_schema_is_a_schema_and_strict_everywhere() -> None:
    schema = json_report.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = [schema, *(one for one in schema["$defs"].values() if one.get("type") == "object")]
    for one in objects:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])


def test_the_schema_names_the_fields_of_the_dataclasses() -> None:
    schema = json_report.schema()
    in_schema = {frozenset(one["properties"]) for one in schema["$defs"].values() if "properties" in one}
    in_code = {
        frozenset(field.name for field in fields(one))
        for module in (findings, results)
        for one in vars(module).values()
        if isinstance(one, type) and is_dataclass(one) and one is not Results
    }
    assert in_schema == in_code
    assert set(schema["properties"]) == {"schema_version", *(field.name for field in fields(Results))}


def test_what_the_schema_does_not_know_is_refused_by_it() -> None:
    document = json.loads(render(samples.failing()))
    document["findings"][0]["colour"] = "red"
    assert not VALIDATOR.is_valid(document)


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_a_clear_error(figure: float) -> None:
    scan = ScanResult("coverage", ScanStatus.COMPLETE, measures=(Measure("lines", 1.0, figure),))
    with pytest.raises(WriteError, match="limits of the configuration"):
        render(replace(samples.passing(), scanners=(scan,)))


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(render(samples.failing()))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1" * 5000, "not JSON"),
        ("[]", "no schema_version"),
        ("{}", "no schema_version"),
        ('{"schema_version": "2.0"}', "version '2.0'.*reads '1.0'"),
        ('{"schema_version": NaN}', "NaN is no JSON number"),
        ('{"schema_version": "1.0", "extra": 1}', r"results lacks \['commit'.*unknown \['extra'\]"),
        (
            changed(lambda all_: all_.pop("verdict")),
            r"results lacks \['verdict'\]: render it with the .* or scan again",
        ),
        (
            changed(lambda all_: all_.update(verdict="green")),
            "results.verdict must be one of passed, failed, inc",
        ),
        (changed(lambda all_: all_.update(verdict=["passed"])), "results.verdict must be one of"),
        (changed(lambda all_: all_.update(gates={})), "results.gates must be a list"),
        (changed(lambda all_: all_.update(files=[])), "results.files must be an object"),
        (changed(lambda all_: all_.update(headline=None)), "results.headline must be a str"),
        (changed(lambda all_: all_.update(interrupted=0)), "results.interrupted must be a bool"),
        (changed(lambda all_: all_.update(seconds="1")), "results.seconds must be a number"),
        (changed(lambda all_: all_.update(seconds=True)), "results.seconds must be a number"),
        (changed(lambda all_: all_.update(seconds=10**400)), "results.seconds must be a number"),
        (changed(lambda all_: all_["files"].update(excluded=[["a", 1, 2]])), "must be a list of 2"),
        (changed(lambda all_: all_["files"].update(listed=True)), "results.files.listed must be a int"),
        (
            changed(lambda all_: all_["findings"][0].update(rule=7)),
            r"results.findings\[0\].rule must be a str",
        ),
    ],
)
def test_what_is_no_results_document_says_where(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"not a results document.*{message}|{message}"):
        json_report.load(text)


def test_a_whole_number_does_for_a_figure() -> None:
    assert json_report.load(changed(lambda all_: all_.update(seconds=3))).seconds == 3.0


@pytest.mark.parametrize("empty", [None, [], "", {}, False])
def test_a_field_of_another_version_that_says_nothing_is_passed_over(empty: object) -> None:
    document = changed(lambda all_: (all_.update(documentation=empty), all_["gates"][0].update(later=empty)))
    assert json_report.load(document) == samples.failing()


def test_a_field_of_another_version_that_says_something_is_not() -> None:
    with pytest.raises(UsageError, match=r"gates\[0\] has unknown \['later'\]: render it with the version"):
        json_report.load(changed(lambda all_: all_["gates"][0].update(later="failed")))
