"""The three report formats: what they mean, and that nothing but `ToolOutputError` comes out of bad ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mcpquality_scanners.coverage_gate import cobertura, coverage_json, lcov
from mcpquality_scanners.coverage_gate.model import FileData, Report
from mcpquality_scanners.errors import ToolOutputError

Parser = Callable[[bytes, str], Report]
PARSERS: list[Parser] = [lcov.parse, cobertura.parse, coverage_json.parse]


def only(report: Report) -> FileData:
    [record] = report.files
    return record


LCOV = """\
TN:first
SF:src/a.ts
FN:1,one
FN:5,9,two,with comma
FNDA:3,one
FNDA:0,two,with comma
FNF:2
DA:1,3
DA:2,0,checksum
BRDA:1,0,0,1
BRDA:1,0,1,-
BRDA:2,0,jump, to the exit,0
LF:2
LH:1
end_of_record
"""


def test_lcov() -> None:
    record = only(lcov.parse(LCOV.encode(), "lcov.info"))
    assert record.names == ("src/a.ts",)
    assert record.lines == {1: True, 2: False}
    assert record.branches == {1: (1, 2), 2: (0, 1)}
    assert record.functions == {(1, "one"): True, (5, "two,with comma"): False}


def test_lcov_without_branches_and_functions_tells_nothing_about_them() -> None:
    record = only(lcov.parse(b"# a comment\r\nSF:a.py\r\nDA:1,1\r\nend_of_record\r\n", "lcov.info"))
    assert record.branches is None
    assert record.functions is None


def test_lcov_with_the_functions_of_version_2_2() -> None:
    text = b"SF:a.c\nFNL:0,4,8\nFNA:0,2,one\nFNA:0,0,alias\nDA:4,2\nend_of_record\n"
    assert only(lcov.parse(text, "lcov.info")).functions == {(4, "one"): True, (4, "alias"): False}


def test_lcov_functions_of_one_name_are_paired_in_order_and_the_unpaired_never_ran() -> None:
    text = b"SF:a.py\nFN:1,f\nFN:5,f\nFNDA:1,f\nDA:1,1\nend_of_record\n"
    assert only(lcov.parse(text, "lcov.info")).functions == {(1, "f"): True, (5, "f"): False}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "hello\n",
        "DA:1,1\n",
        "end_of_record\n",
        "SF:\nend_of_record\n",
        "SF:a\nSF:b\nend_of_record\n",
        "SF:a\nDA:1\nend_of_record\n",
        "SF:a\nDA:x,1\nend_of_record\n",
        "SF:a\nDA:0,1\nend_of_record\n",
        "SF:a\nBRDA:1,0\nend_of_record\n",
        "SF:a\nFN:one\nend_of_record\n",
        "SF:a\nFNDA:x,one\nend_of_record\n",
        "SF:a\nFNL:0\nend_of_record\n",
        "SF:a\nFNA:0,1\nend_of_record\n",
        "SF:a\nDA:1,1\n",
    ],
)
def test_what_is_no_tracefile(text: str) -> None:
    with pytest.raises(ToolOutputError, match=r"lcov\.info"):
        lcov.parse(text.encode(), "lcov.info")


XML = """\
<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage branch-rate="0.5">
  <sources><source>/ci/one</source><source>/ci/two/</source></sources>
  <packages><package><classes>
    <class filename="a.ts">
      <methods><method name="one"><lines><line number="2" hits="0"/></lines></method></methods>
      <lines>
        <line number="1" hits="2" branch="true" condition-coverage="50% (1/2)"/>
        <line number="2" hits="0" branch="false"/>
      </lines>
    </class>
  </classes></package></packages>
</coverage>
"""


def test_xml() -> None:
    record = only(cobertura.parse(XML.encode(), "coverage.xml"))
    assert record.names == ("/ci/one/a.ts", "/ci/two/a.ts")
    assert record.lines == {1: True, 2: False}
    assert record.branches == {1: (1, 2)}
    assert record.functions == {(2, "one"): False}


def test_xml_in_utf_16() -> None:
    assert cobertura.parse(XML.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16"), "c.xml").files


def class_xml(inner: str = '<line number="1" hits="1"/>', *, name: str = "a.py", top: str = "") -> bytes:
    return f"<coverage {top}><class filename='{name}'>{inner}</class></coverage>".encode()


@pytest.mark.parametrize(("rate", "expected"), [("0", None), ("1", {}), ("1.0", {})])
def test_xml_tells_by_its_rate_whether_it_looked_for_branches(rate: str, expected: object) -> None:
    assert only(cobertura.parse(class_xml(top=f'branch-rate="{rate}"'), "c.xml")).branches == expected


@pytest.mark.parametrize("name", ["/abs/a.py", "C:\\abs\\a.py"])
def test_xml_absolute_names_stand_alone(name: str) -> None:
    text = class_xml(name=name).replace(b"<class", b"<source>/ci</source><class")
    assert only(cobertura.parse(text, "c.xml")).names == (name,)


BOMB = b"""<!DOCTYPE coverage [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><coverage>&b;</coverage>"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "cannot be read as XML"),
        (b"<coverage>", "cannot be read as XML"),
        (b"<?xml version='1.0' encoding='no-such'?><coverage/>", "cannot be read as XML"),
        (b"<coverage/>", "holds no file"),
        (b"<html/>", "begins with <html>"),
        (BOMB, "entities"),
        (b"<coverage><line number='1' hits='1'/></coverage>", "outside a <class>"),
        (b"<coverage><class/></coverage>", "without filename"),
        (class_xml("<line number='0' hits='1'/>"), "number is 0"),
        (class_xml("<line number='x' hits='1'/>"), "number is 'x'"),
        (class_xml("<line number='1'/>"), "without hits"),
        (class_xml("<method/>"), "without name"),
        (class_xml("<line number='1' hits='1' branch='true'/>"), "not counted"),
        (class_xml("<line number='1' hits='1' branch='true' condition-coverage='(3/2)'/>"), "3 of 2"),
    ],
)
def test_what_is_no_coverage_xml(text: bytes, words: str) -> None:
    with pytest.raises(ToolOutputError, match=words):
        cobertura.parse(text, "coverage.xml")


def json_file(**changed: object) -> dict[str, object]:
    record: dict[str, object] = {
        "executed_lines": [1, 2],
        "missing_lines": [3],
        "executed_branches": [[2, 3]],
        "missing_branches": [[2, -1]],
        "summary": {"covered_lines": 2, "excluded_lines": 4, "covered_branches": 1, "num_branches": 2},
    }
    return {key: value for key, value in (record | changed).items() if value is not None}


def json_report(record: object, *, branches: object = True) -> bytes:
    return json.dumps({"meta": {"branch_coverage": branches}, "files": {"a.py": record}}).encode()


def test_json() -> None:
    record = only(coverage_json.parse(json_report(json_file()), "coverage.json"))
    assert record.names == ("a.py",)
    assert record.lines == {1: True, 2: True, 3: False}
    assert record.branches == {2: (1, 2)}
    assert record.excluded == 4


def test_json_without_branches() -> None:
    assert only(coverage_json.parse(json_report(json_file(), branches=False), "c.json")).branches is None


def test_json_of_versions_that_give_only_the_sum_of_branches() -> None:
    record = json_file(executed_branches=None, missing_branches=None)
    assert only(coverage_json.parse(json_report(record), "c.json")).branches == {0: (1, 2)}
    none: dict[str, object] = {
        "covered_lines": 2,
        "excluded_lines": 0,
        "covered_branches": 0,
        "num_branches": 0,
    }
    record = json_file(executed_branches=None, summary=none)
    assert only(coverage_json.parse(json_report(record), "c.json")).branches == {}


def summary(**changed: int) -> dict[str, int]:
    return {"covered_lines": 2, "excluded_lines": 4, "covered_branches": 1, "num_branches": 2} | changed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"meta": {}}',
        b"[" * 100_000,
        b'{"meta": {"branch_coverage": true}, "files": {}}',
        b'{"meta": {"branch_coverage": true}, "files": []}',
        json_report([]),
        json_report(json_file(), branches=1),
        json_report(json_file(executed_lines=None)),
        json_report(json_file(executed_lines=[True, 2])),
        json_report(json_file(executed_lines=[0, 2])),
        json_report(json_file(executed_lines=["1", 2])),
        json_report(json_file(executed_lines=[1])),
        json_report(json_file(missing_lines=[1])),
        json_report(json_file(missing_branches=[[1]])),
        json_report(json_file(missing_branches=["12"])),
        json_report(json_file(missing_branches=[["a", 2]])),
        json_report(json_file(summary=None)),
        json_report(json_file(summary=summary(excluded_lines=-1))),
        json_report(json_file(executed_branches=None, summary=summary(covered_branches=3))),
    ],
)
def test_what_is_no_coverage_json(data: bytes) -> None:
    with pytest.raises(ToolOutputError, match=r"coverage\.json"):
        coverage_json.parse(data, "coverage.json")


def survives(parse: Parser, data: bytes) -> None:
    with contextlib.suppress(ToolOutputError):
        assert parse(data, "some file").files


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.binary(max_size=200))
def test_any_bytes(parse: Parser, data: bytes) -> None:
    survives(parse, data)


LCOV_LINES = st.one_of(
    st.sampled_from(LCOV.splitlines()),
    st.from_regex(r"(SF|DA|BRDA|FN|FNDA|FNL|FNA):[0-9a,\-]{0,8}", fullmatch=True),
)


@given(lines=st.lists(LCOV_LINES, max_size=12))
def test_any_order_of_lcov_lines(lines: list[str]) -> None:
    survives(lcov.parse, "\n".join(lines).encode())


@given(cut=st.integers(0, len(LCOV)))
def test_lcov_that_is_cut_off_gives_nothing(cut: int) -> None:
    whole = lcov.parse(LCOV.encode(), "whole")
    try:
        part = lcov.parse(LCOV[:cut].encode(), "part")
    except ToolOutputError:
        return
    assert part.files == whole.files


ATTRIBUTES = st.dictionaries(
    st.sampled_from(["filename", "number", "hits", "branch", "condition-coverage", "name", "branch-rate"]),
    st.sampled_from(["1", "0", "-1", "true", "50% (1/2)", "(9/1)", "a.py", "²", ""]),
)


@given(st.data())
def test_any_tree_of_the_elements_of_the_xml(data: st.DataObject) -> None:
    tags = data.draw(st.lists(st.sampled_from(["class", "line", "method", "source", "other"]), max_size=8))
    text = "x"
    for tag in tags:
        attributes = " ".join(f'{key}="{value}"' for key, value in data.draw(ATTRIBUTES).items())
        text = f"<{tag} {attributes}>{text}</{tag}><line {attributes}/>"
    survives(cobertura.parse, f"<coverage>{text}</coverage>".encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(key=st.sampled_from(sorted(json_file())), value=JSON, branches=JSON)
@example(key="summary", value={}, branches=True)
def test_any_value_in_the_json(key: str, value: object, branches: object) -> None:
    survives(coverage_json.parse, json_report(json_file(**{key: value}), branches=branches))
    survives(coverage_json.parse, json_report(json_file(**{key: value})))
    survives(coverage_json.parse, json_report(value))
