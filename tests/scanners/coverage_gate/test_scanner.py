"""The gate as a whole, with a coverage.py and a test command that do what each test says."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.coverage_gate import CoverageScanner
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import ScanResult, ScanStatus
from mcpquality_scanners.options import Value

LCOV = b"SF:src/app/main.py\nDA:1,1\nDA:2,0\nend_of_record\n"
SOURCE = "def main():\n    return 1\n"

Answer = Callable[[tuple[str, ...], Mapping[str, str]], Completed]


def ended(argv: tuple[str, ...], code: int | None = 0, out: bytes = b"", err: bytes = b"", **how: bool) -> Completed:
    return Completed(argv, code, out, err, 0.1, **how)


@dataclass
class Processes:
    """Runs nothing: asks `answer` what came of it."""

    answer: Answer
    started: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - the protocol's
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        assert cwd.is_absolute()
        assert timeout > 0
        assert not stdin
        self.started.append(argv)
        return self.answer(argv, env or {})


class Tools:
    async def tool(self, name: str) -> Tool:
        return Tool(name, "7.17.3", Path("/tools/coverage/bin/coverage"))


def refuse(argv: tuple[str, ...], _env: Mapping[str, str]) -> Completed:
    raise ToolError(f"{argv[0]} could not be started")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "src" / "app").mkdir(parents=True)
    (folder / "src" / "app" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "src" / "app" / "main.py").write_text(SOURCE, encoding="utf-8")
    return folder


def scan(
    root: Path, answer: Answer = refuse, *, asked: bool = False, gone: tuple[str, ...] = (), **options: Value
) -> ScanResult:
    """Scan the files below `root`, and those in `gone`, which were listed and are not there any more."""
    scratch = root.parent / "scratch"
    scratch.mkdir()
    scanner = CoverageScanner()
    given = {name.replace("_", "-"): value for name, value in options.items()}
    assert given.keys() <= {option.name for option in scanner.options}
    files = (path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file())
    context = ScanContext(
        root=root,
        files=(*files, *gone),
        options={option.name: option.default for option in scanner.options} | given,
        tools=Tools(),
        processes=Processes(answer),
        scratch=scratch,
        asked=asked,
    )
    return asyncio.run(scanner.scan(context))


def without_figures(result: ScanResult) -> str:
    """The only problem of a result that must not have a single figure."""
    assert result.status is ScanStatus.INCOMPLETE
    assert [measure.value for measure in result.measures] == [None] * 4
    assert not result.findings
    [problem] = result.problems
    return problem


def test_options_have_fitting_defaults() -> None:
    for option in CoverageScanner().options:
        assert option.default is None or option.problem(option.default) is None


def test_off_without_data_and_incomplete_when_asked_for(root: Path) -> None:
    assert scan(root).status is ScanStatus.OFF
    (root.parent / "scratch").rmdir()
    assert "No coverage data" in without_figures(scan(root, asked=True))


def test_a_report_needs_no_tool(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, branches=None)
    assert result.status is ScanStatus.COMPLETE, result
    assert {measure.name: measure.value for measure in result.measures} == {
        "line coverage": 50.0,
        "function coverage": 0.0,
        "statement coverage": 50.0,
    }
    assert result.seen == ("src/app/main.py",)
    assert result.commands == ()
    assert result.seconds >= 0
    assert "lcov.info" in result.notes[0]


def test_several_reports_are_one(root: Path) -> None:
    (root / "a.info").write_bytes(LCOV)
    (root / "b.info").write_bytes(LCOV.replace(b"DA:1,1\nDA:2,0", b"DA:1,0\nDA:2,1"))
    (root / "web.ts").write_text("x;\n", encoding="utf-8")
    (root / "c.info").write_bytes(b"SF:web.ts\nFN:1,x\nFNDA:1,x\nDA:1,1\nBRDA:1,0,0,1\nend_of_record\n")
    result = scan(root, data=("?.info",), branches=None)
    assert [(row.path, row.lines, row.functions) for row in result.coverage] == [
        ("src/app/main.py", (2, 2), (1, 1)),
        ("web.ts", (1, 1), (1, 1)),
    ]


def test_functions_that_are_nowhere_told(root: Path) -> None:
    (root / "web.ts").write_text("x;\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(b"SF:web.ts\nDA:1,1\nend_of_record\n")
    result = scan(root, branches=None)
    assert result.status is ScanStatus.INCOMPLETE
    assert "functions of web.ts" in result.problems[0]
    assert {measure.name: measure.value for measure in result.measures}["function coverage"] is None


def test_a_source_of_another_language_that_became_shorter(root: Path) -> None:
    (root / "web.ts").write_text("x;\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(b"SF:web.ts\nDA:9,1\nend_of_record\n")
    assert "web.ts" in without_figures(scan(root))


def test_data_about_nothing_that_is_here(root: Path) -> None:
    (root / "lcov.info").write_bytes(b"SF:/usr/lib/other.py\nDA:1,1\nend_of_record\n")
    assert "/usr/lib/other.py" in without_figures(scan(root))


def test_names_that_fit_no_file_or_several_are_named(root: Path) -> None:
    for name in ("one", "two"):
        (root / name).mkdir()
        (root / name / "x.ts").write_text("x;\n", encoding="utf-8")
    foreign = b"SF:gone.ts\nDA:1,1\nend_of_record\nSF:x.ts\nDA:1,1\nend_of_record\n"
    (root / "lcov.info").write_bytes(LCOV + foreign)
    result = scan(root, branches=None)
    assert result.status is ScanStatus.INCOMPLETE
    assert "x.ts" in result.problems[0]
    assert any("gone.ts" in note for note in result.notes)


def test_a_named_source_that_matches_nothing(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, branches=None, sources=("lib/**",))
    assert result.status is ScanStatus.INCOMPLETE
    assert "lib/**" in result.problems[0]


def test_everything_left_out_is_not_nothing_wrong(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    (root / ".coveragerc").write_text("[run]\ninclude = other/*\n", encoding="utf-8")
    assert "left out" in without_figures(scan(root))


def test_a_measured_file_that_cannot_be_parsed(root: Path) -> None:
    (root / "src/app/main.py").write_text("def main(:\n    return 1\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, branches=None)
    assert [(item.name, item.reason) for item in result.unseen] == [
        ("src/app/main.py", "is not Python that this interpreter can parse")
    ]
    assert all(measure.value is None for measure in result.measures)


def test_a_module_in_no_data_that_cannot_be_parsed_is_named_too(root: Path) -> None:
    (root / "src/app/broken.py").write_text("def (\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(LCOV)
    assert [item.name for item in scan(root, branches=None).unseen] == ["src/app/broken.py"]


def test_a_configuration_that_cannot_be_read(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    (root / "pyproject.toml").write_text("[", encoding="utf-8")
    assert "pyproject.toml" in without_figures(scan(root))


def test_a_file_that_went_away_while_the_scan_ran(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV.replace(b"main.py", b"gone.py"))
    result = scan(root, gone=("src/app/gone.py",), branches=None)
    assert ("src/app/gone.py", "cannot be read (No such file or directory)") in [
        (item.name, item.reason) for item in result.unseen
    ]
    assert all(measure.value is None for measure in result.measures)


def test_a_module_that_the_configuration_omits_is_in_the_notes(root: Path) -> None:
    (root / "src/app/more.py").write_text("x = 1\n", encoding="utf-8")
    (root / ".coveragerc").write_text("[run]\nomit = */more.py\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, branches=None)
    assert result.status is ScanStatus.COMPLETE, result
    assert "Not measured, by .coveragerc: src/app/more.py." in result.notes


def test_a_file_that_the_configuration_omits_counts_when_it_is_demanded(root: Path) -> None:
    (root / ".coveragerc").write_text("[run]\nomit = */main.py\n", encoding="utf-8")
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, branches=None, sources=("src/**/main.py",))
    assert result.seen == ("src/app/main.py",)


def test_rules_are_explained() -> None:
    assert "`lines`" in (CoverageScanner().explain("coverage-lines") or "")
    assert CoverageScanner().explain("other") is None


# coverage.py's own data


def database(path: Path, files: Iterable[str], *, has: str = "lines") -> None:
    """A data file in the documented schema: each of `files` with its line 1 traced."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE file (id integer primary key, path text, unique (path));"
            "CREATE TABLE line_bits (file_id integer, context_id integer, numbits blob);"
            "CREATE TABLE arc (file_id integer, context_id integer, fromno integer, tono integer);"
            "CREATE TABLE tracer (file_id integer primary key, tracer text);"
        )
        for number, name in enumerate(files, start=1):
            connection.execute("INSERT INTO file VALUES (?, ?)", (number, name))
            if has == "lines":
                connection.execute("INSERT INTO line_bits VALUES (?, 1, ?)", (number, b"\x02"))
            else:
                connection.execute("INSERT INTO arc VALUES (?, 1, -1, 1)", (number,))


def names_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT path FROM file ORDER BY path")]


def json_of(*paths: str) -> bytes:
    record = {
        "executed_lines": [1],
        "missing_lines": [2],
        "executed_branches": [],
        "missing_branches": [],
        "summary": {"covered_lines": 1, "excluded_lines": 3},
    }
    return json.dumps({"meta": {"branch_coverage": True}, "files": dict.fromkeys(paths, record)}).encode()


def prints(*paths: str) -> Answer:
    return lambda argv, _env: ended(argv, out=json_of(*paths) if argv[1] == "json" else b"")


@pytest.mark.parametrize("has", ["lines", "arcs"])
def test_own_data_are_printed_by_coverage(root: Path, has: str) -> None:
    database(root / ".coverage", ["/ci/src/app/main.py", "/ci/gone.py"], has=has)
    result = scan(root, prints("src/app/main.py"))
    assert result.status is ScanStatus.COMPLETE, result
    assert result.version == "7.17.3"
    [command] = result.commands
    assert command.argv[1] == "json"
    copy = Path(next(word for word in command.argv if word.startswith("--data-file=")).removeprefix("--data-file="))
    assert names_in(copy) == [os.path.realpath(root / "src/app/main.py")]
    assert names_in(root / ".coverage") == ["/ci/gone.py", "/ci/src/app/main.py"]
    assert any("/ci/gone.py" in note for note in result.notes)
    assert any("3 lines are left out" in note for note in result.notes)
    assert any("no branches" in note for note in result.notes)


def test_two_names_of_one_file_are_combined(root: Path) -> None:
    database(root / ".coverage", [f"/{name}/site-packages/app/main.py" for name in "ab"])
    result = scan(root, prints("src/app/main.py"))
    assert [command.argv[1] for command in result.commands] == ["combine", "json"]
    assert result.status is ScanStatus.COMPLETE, result


def test_traced_lines_that_the_source_does_not_have(root: Path) -> None:
    database(root / ".coverage", ["src/app/main.py"])
    with closing(sqlite3.connect(root / ".coverage")) as connection, connection:
        connection.execute("INSERT INTO arc VALUES (1, 1, 1, 7)")
    assert "stale" in without_figures(scan(root, prints("src/app/main.py")))


def test_a_file_that_coverage_gives_up_on_is_named(root: Path) -> None:
    (root / "src/app/odd.py").write_text("x = 1\n", encoding="utf-8")
    database(root / ".coverage", ["src/app/main.py", "src/app/odd.py"])
    result = scan(root, prints("src/app/main.py"))
    assert result.status is ScanStatus.INCOMPLETE
    assert [(item.name, item.reason) for item in result.unseen] == [
        ("src/app/odd.py", "coverage.py cannot parse it: not measured")
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda argv, _env: ended(argv, 1, out=b"No data to report.\n"), "No data to report"),
        (lambda argv, _env: ended(argv, -11), "-11"),
        (lambda argv, _env: ended(argv, None, timed_out=True), "took longer"),
        (lambda argv, _env: ended(argv, None, overflowed=True), "None"),
        (lambda argv, _env: ended(argv, 0), "cannot be read as JSON"),
        (lambda argv, _env: ended(argv, 0, out=json_of("x")[:30]), "cannot be read as JSON"),
        (
            lambda argv, _env: ended(argv, 0, out=b'{"meta": {"branch_coverage": true}, "files": {}}'),
            "holds no file",
        ),
    ],
)
def test_a_coverage_that_fails_gives_no_figure(root: Path, answer: Answer, words: str) -> None:
    database(root / ".coverage", ["src/app/main.py"])
    assert words in without_figures(scan(root, answer))


def test_a_coverage_that_cannot_be_started_is_the_orchestrators_affair(root: Path) -> None:
    database(root / ".coverage", ["src/app/main.py"])
    with pytest.raises(ToolError):
        scan(root)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("DELETE FROM file", "measured no file"),
        ("UPDATE file SET path = '/usr/lib/other.py'", "/usr/lib/other.py"),
        ("UPDATE file SET path = x'00'", "has no name"),
        ("DROP TABLE arc", "no such table"),
        ("INSERT INTO arc VALUES (1, 1, 'a', 'b')", "cannot be read"),
        ("INSERT INTO line_bits VALUES (1, 1, 'text')", "cannot be read"),
    ],
)
def test_databases_that_are_not_as_coverage_writes_them(root: Path, spoil: str, words: str) -> None:
    database(root / ".coverage", ["src/app/main.py"])
    with closing(sqlite3.connect(root / ".coverage")) as connection, connection:
        connection.execute(spoil)
    assert words in without_figures(scan(root))


def test_a_database_that_is_cut_off(root: Path) -> None:
    database(root / ".coverage", [f"src/app/{number}.py" for number in range(500)])
    path = root / ".coverage"
    os.truncate(path, path.stat().st_size - 4096)
    assert "run the tests under coverage again" in without_figures(scan(root))


def test_a_database_that_cannot_be_changed(root: Path) -> None:
    database(root / ".coverage", ["src/app/main.py"])
    with closing(sqlite3.connect(root / ".coverage")) as connection, connection:
        connection.execute("DROP TABLE tracer")
        connection.execute("INSERT INTO file VALUES (2, '/usr/lib/other.py')")
    assert "cannot be copied" in without_figures(scan(root))


# The test command


def writes(data: Callable[[Path], object]) -> Answer:
    """A test command that writes its data to where it is told, and a coverage that prints them."""

    def answer(argv: tuple[str, ...], env: Mapping[str, str]) -> Completed:
        if argv == ("run-tests",):
            data(Path(env["COVERAGE_FILE"]))
            return ended(argv)
        return prints("src/app/main.py")(argv, env)

    return answer


def test_the_data_that_the_command_writes_are_read(root: Path) -> None:
    answer = writes(lambda path: database(path, ["src/app/main.py"]))
    result = scan(root, answer, command=("run-tests",))
    assert result.status is ScanStatus.COMPLETE, result
    assert [command.argv[0] for command in result.commands] == ["run-tests", "/tools/coverage/bin/coverage"]


def test_a_report_that_the_command_writes_is_read(root: Path) -> None:
    (root / "old.info").write_bytes(LCOV)
    answer = writes(lambda _path: (root / "old.info").write_bytes(LCOV + b"\n"))
    result = scan(root, answer, command=("run-tests",), data=("old.info",), branches=None)
    assert result.status is ScanStatus.COMPLETE, result


def test_the_commands_environment_is_the_users_own(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/some/where")
    seen: dict[str, str] = {}

    def answer(argv: tuple[str, ...], env: Mapping[str, str]) -> Completed:
        seen.update(env)
        return ended(argv, 1)

    scan(root, answer, command=("run-tests",))
    assert seen["PYTHONPATH"] == "/some/where"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda argv, _env: ended(argv, 1, out=b"1 failed\n"), "ended with 1: 1 failed"),
        (lambda argv, _env: ended(argv, 1, err=b"no such module\n"), "no such module"),
        (lambda argv, _env: ended(argv, -9), "ended with -9: it said nothing"),
        (lambda argv, _env: ended(argv, None, timed_out=True), "took longer"),
        (lambda argv, _env: ended(argv, None, overflowed=True), "wrote too much"),
        (lambda argv, _env: ended(argv), "wrote no coverage data"),
    ],
)
def test_tests_that_fail_give_no_figure_even_where_old_data_lie(root: Path, answer: Answer, words: str) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, answer, command=("run-tests",))
    assert words in without_figures(result)
    assert [command.argv for command in result.commands] == [("run-tests",)]


def test_an_old_report_is_not_the_commands(root: Path) -> None:
    (root / "lcov.info").write_bytes(LCOV)
    result = scan(root, lambda argv, _env: ended(argv), command=("run-tests",), data=("lcov.info",))
    assert "did not write lcov.info anew" in without_figures(result)
