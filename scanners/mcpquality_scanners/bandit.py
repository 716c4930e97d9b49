"""Bandit: flaws in Python code.

It is handed explicit files, so that neither its own excludes and globs nor configuration files in the tree
have a say, and each of them has to come back in its report. Several processes run side by side, since Bandit
itself has no option for that. Each is also handed a file of ours with known flaws: a Bandit that does not
find them has not looked.

Looked at are `*.py`, `*.pyw`, and files without a suffix that start Python by their first line. Stubs
(`*.pyi`) hold no code that runs.
"""

from __future__ import annotations

import configparser
import dataclasses
import os
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.bandit_help import RULES
from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.batches import batches
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError, ToolOutputError, UsageError
from mcpquality_scanners.findings import (
    Category,
    Command,
    Finding,
    Location,
    Region,
    ScanResult,
    ScanStatus,
    Unseen,
)
from mcpquality_scanners.options import Option, OptionKind
from mcpquality_scanners.outputs import check_end, entries, json_object, mapping, member, typed
from mcpquality_scanners.parallel import run_batches
from mcpquality_scanners.pragmas import NOSEC, apply_pragmas
from mcpquality_scanners.process import STDERR_KEPT
from mcpquality_scanners.python_code import CANARY, python_files
from mcpquality_scanners.roles import is_test
from mcpquality_scanners.secrets.text import beginning
from mcpquality_scanners.severity import BANDIT, by_word, confidence
from mcpquality_scanners.text import last_lines, one_line

OPTIONS = (
    Option("tests", OptionKind.LIST, (), "Ids of the only tests to run, such as B602; none given: all."),
    Option("skips", OptionKind.LIST, (), "Ids of tests to leave out."),
    Option("config", OptionKind.TEXT, None, "Bandit's own configuration (YAML or TOML) to use, from the root."),
    Option("honour-config", OptionKind.FLAG, False, "Take tests, skips and exclude from the root's `.bandit`."),
    Option("asserts-in-tests", OptionKind.FLAG, False, "List assertions (B101) in test files, too."),
)

CANARY_RULES = frozenset({"B101", "B102", "B105", "B307", "B324", "B404", "B602"})
"""What a Bandit that works finds in `CANARY`: by plug-ins, and by black lists of calls and of imports."""

# About passwords in clear text: secrets for the merge and for fingerprints. A text that quotes the string it found
# would carry the secret into every report.
_QUOTING_RULES = frozenset({"B105", "B106", "B107"})

_INTERNAL_ERROR = re.compile(r"Bandit internal error running: (\S+) on file (.+?) at line (\d+): ", re.DOTALL)
_UNKNOWN_TEST = re.compile(r"Unknown test found in profile: (\S+)")
_SMALL = 1_000_000  # bytes of code below which more processes than jobs do not pay

_UNPARSEABLE = "does not parse: no Python, or newer than the Python that Bandit runs on"


class BanditScanner:
    """Runs Bandit over the Python files."""

    name = "bandit"
    title = "Bandit: flaws in Python code"
    category = Category.CODE
    options = OPTIONS
    weight = 12

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `Scanner.scan`.

        Raises:
            ToolError: Bandit cannot be had, or nothing could be looked at.
            UsageError: Its configuration file is missing or cannot be read.
        """
        started = self._clock.monotonic()
        files = python_files(context.root, context.files)
        if not files:
            return _nothing_to_do(context.asked)
        settings = _settings(context)
        tool = await context.tools.tool("bandit")
        run = _Run(context, tool, settings, self._clock, started + context.timeout)
        outcome = await run_batches(batches(files, _batch_count(files, context.jobs)), run.batch, jobs=context.jobs)
        if not outcome.reports:
            raise ToolError(f"{outcome.failed[0][1]}. No file was looked at.")
        failed = (Unseen(path, reason) for path, reason in outcome.failed)
        return _result(context, run, outcome.reports, failed, self._clock.monotonic() - started)

    def explain(self, rule: str) -> str | None:
        """Help for a rule such as `B602`, by number or name, as Markdown."""
        by_name = next((number for number, known in RULES.items() if known.name == rule), rule.upper())
        known = RULES.get(by_name)
        if known is None:
            return None
        return (
            f"# {by_name} {known.name}\n\n{known.what}\n\n**Fix:** {known.fix}\n\n"
            f"[Bandit's own documentation]({_documentation(by_name)})\n"
        )


def _batch_count(files: Mapping[str, int], jobs: int) -> int:
    # Smaller batches than processes even out what size says badly about the time it takes.
    return jobs if sum(files.values()) < _SMALL else jobs * 3


def _nothing_to_do(asked: bool) -> ScanResult:
    problem = "There is no Python code here for Bandit to look at. Leave it out, or give another folder."
    return ScanResult("bandit", ScanStatus.NOT_APPLICABLE, problems=(problem,) if asked else ())


@dataclass(frozen=True, slots=True)
class _Settings:
    """What was asked for: arguments for Bandit, the canary's rules that are to be found, what to tell."""

    arguments: tuple[str, ...]
    expected: frozenset[str]
    asserts_in_tests: bool
    excluder: str
    notes: tuple[str, ...] = ()


def _settings(context: ScanContext) -> _Settings:
    tests, skips = _names(context, "tests"), _names(context, "skips")
    exclude = ""
    excluder = "Bandit, for no reason it gives"
    notes: tuple[str, ...] = ()
    if context.options["honour-config"]:
        ini = _ini(context.root / ".bandit")
        tests, skips = tests | _split(ini.get("tests")), skips | _split(ini.get("skips"))
        exclude = ini.get("exclude", "")
        notes = ("The root's .bandit was honoured (honour-config).",) if ini else ()
    config = _config(context)
    arguments = (
        *(("-t", ",".join(sorted(tests))) if tests else ()),
        *(("-s", ",".join(sorted(skips))) if skips else ()),
        *(("-c", config) if config else ()),
        "-x",
        exclude,
    )
    expected = (CANARY_RULES - skips) & (tests or CANARY_RULES)
    if config or exclude:
        excluder = "Bandit's own configuration: use `exclude` of mcpquality instead"
        # What it leaves of the rules and of the canary, only Bandit knows.
        expected = frozenset[str]()
    return _Settings(arguments, expected, bool(context.options["asserts-in-tests"]), excluder, notes)


def _names(context: ScanContext, option: str) -> frozenset[str]:
    value = context.options[option]
    return frozenset(value) if isinstance(value, tuple) else frozenset()


def _split(value: str | None) -> frozenset[str]:
    return frozenset(word.strip() for word in (value or "").split(",") if word.strip())


def _config(context: ScanContext) -> str:
    value = context.options["config"]
    if not isinstance(value, str):
        return ""
    path = (context.root / value).resolve()
    if not path.is_file():
        raise UsageError(f"Bandit's configuration {value} is no file: correct `config`.")
    return str(path)


def _ini(path: Path) -> dict[str, str]:
    """The `[bandit]` section of a `.bandit` file; what it may set is chosen by the caller."""
    if not path.is_file():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
        return dict(parser["bandit"])
    except (configparser.Error, KeyError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            ".bandit is no INI file with a [bandit] section: correct it, or switch honour-config off."
        ) from error


@dataclass(frozen=True, slots=True)
class _Report:
    """What one process said: findings with the lines of their statement, files read and not read."""

    findings: tuple[tuple[Finding, range], ...]
    seen: frozenset[str]
    unseen: Mapping[str, str]
    unknown_tests: frozenset[str]


class _Run:
    """One scan's processes: how they are started, and what is made of what they print."""

    def __init__(self, context: ScanContext, tool: Tool, settings: _Settings, clock: Clock, deadline: float) -> None:
        self.tool = tool
        self.settings = settings
        self.commands: list[Command] = []
        self._context = context
        self._clock = clock
        self._deadline = deadline
        self._canary = context.scratch / "canary.py"
        self._canary.write_text(CANARY, encoding="utf-8")
        self._ini = context.scratch / "empty.ini"
        self._ini.write_text("[bandit]\n", encoding="utf-8")

    async def batch(self, files: tuple[str, ...]) -> _Report:
        """Run Bandit over some files.

        Raises:
            ToolError: There was no time left, or it refused its arguments.
            ToolOutputError: It crashed, or what it printed cannot be trusted.
        """
        remaining = self._deadline - self._clock.monotonic()
        if remaining <= 0:
            raise ToolError("bandit had no time left: raise the timeout, or exclude files")
        options = (
            str(self.tool.executable), "-q", "-f", "json", "-n", "1", "--ini", str(self._ini), "--ignore-nosec",
            *self.settings.arguments,
        )  # fmt: skip
        targets = (str(self._canary), *(f"./{path}" for path in files))
        completed = await self._context.processes.run((*options, *targets), cwd=self._context.root, timeout=remaining)
        shown = (*options, f"({len(files)} files)")
        self.commands.append(Command(shown, completed.exit_code, completed.seconds))
        return self._report(completed, files)

    def _report(self, completed: Completed, files: tuple[str, ...]) -> _Report:
        if completed.exit_code == 2:  # noqa: PLR2004 - Bandit's "wrong usage"
            raise ToolError(f"bandit refused its arguments: {last_lines(completed.stderr)}")
        check_end(completed, "bandit", {0, 1})
        if len(completed.stderr) >= STDERR_KEPT:
            raise ToolOutputError("bandit complained more than can be kept")
        document = json_object(completed.stdout, "bandit", completed.stderr)
        results = entries(document, "results", "bandit")
        errors = _errors(entries(document, "errors", "bandit"))
        read = {_path(name) for name in mapping(document, "metrics", "bandit")} - errors.keys()
        errors |= _internal_errors(_words(completed))
        findings = [_finding(result) for result in results]
        canary = str(self._canary)
        found = {finding.rule for finding, _lines in findings if _where(finding) == canary}
        if not found >= self.settings.expected:
            missing = ", ".join(sorted(self.settings.expected - found))
            raise ToolError(f"bandit does not find known flaws ({missing}): reinstall it")
        left_out = f"left out by {self.settings.excluder}"
        unseen = {path: errors.get(path, left_out) for path in files if path in errors or path not in read}
        return _Report(
            tuple((finding, lines) for finding, lines in findings if _where(finding) != canary),
            frozenset(files) - unseen.keys(),
            unseen,
            frozenset(_UNKNOWN_TEST.findall(_words(completed))),
        )


def _words(completed: Completed) -> str:
    return os.fsdecode(completed.stderr)


def _path(name: object) -> str:
    path = typed(name, str, "a file name of bandit")
    while path.startswith("./"):
        path = path[2:]
    return path


def _where(finding: Finding) -> str:
    return finding.location.path if finding.location else ""


def _errors(entries: Iterable[object]) -> dict[str, str]:
    """Files that were not looked at, with the reason in words."""
    return {
        _path(member(entry, "filename", str, "bandit")): _reason(member(entry, "reason", str, "bandit"))
        for entry in entries
    }


def _reason(words: str) -> str:
    return _UNPARSEABLE if "syntax error" in words else one_line(f"Bandit says: {words}")


def _internal_errors(words: str) -> dict[str, str]:
    """Files in which a test of Bandit failed: said on standard error alone, and no reason for it to stop."""
    return {
        _path(path): f"Bandit's own test {test} failed at line {line}"
        for test, path, line in _INTERNAL_ERROR.findall(words)
    }


def _finding(result: object) -> tuple[Finding, range]:
    """One result as a finding, and the lines of its statement."""
    rule = member(result, "test_id", str, "bandit")
    line = max(1, member(result, "line_number", int, "bandit"))
    numbers = [typed(number, int, "a line") for number in entries(result, "line_range", "bandit")]
    lines = range(min([line, *numbers]), max([line, *numbers]) + 1)
    path = _path(member(result, "filename", str, "bandit"))
    native = member(result, "issue_severity", str, "bandit")
    known = RULES.get(rule)
    cwe, references = _classification(result)
    finding = Finding(
        scanner="bandit",
        rule=rule,
        severity=by_word(BANDIT, native),
        message=_message(rule, member(result, "issue_text", str, "bandit")),
        location=Location(path, _region(result, line, lines)),
        title=known.name if known else one_line(member(result, "test_name", str, "bandit")),
        confidence=confidence(member(result, "issue_confidence", str, "bandit")),
        category=Category.SECRET if rule in _QUOTING_RULES else Category.CODE,
        native_severity=native,
        cwe=cwe,
        references=references,
        fix=known.fix if known else "",
    )
    return finding, lines


def _message(rule: str, words: str) -> str:
    """Bandit's words; of a password that it quotes, the beginning alone."""
    if rule not in _QUOTING_RULES:
        return one_line(words)
    what, _, quoted = words.partition(":")
    start = beginning(quoted.strip().removeprefix("'").removesuffix("'"))
    return one_line(f"{what}, beginning with {start}" if start else what)


def _region(result: object, line: int, lines: range) -> Region:
    """Bandit's columns belong to the whole statement: of no use when it points at a line inside of it."""
    column = member(result, "col_offset", int, "bandit")
    end = member(result, "end_col_offset", int, "bandit")
    if line != lines.start or column < 0 or (len(lines) == 1 and end <= column):
        return Region(line, 0, lines.stop - 1)
    return Region(line, column + 1, lines.stop - 1, max(0, end) + 1)


def _classification(result: object) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """CWE numbers and links; a rule without a CWE has an empty object there."""
    weakness = mapping(result, "issue_cwe", "bandit")
    number = weakness.get("id")
    links = (member(result, "more_info", str, "bandit"), weakness.get("link"))
    cwe = (number,) if isinstance(number, int) and number > 0 else ()
    return cwe, tuple(link for link in links if isinstance(link, str) and link.startswith("https://"))


def _result(
    context: ScanContext, run: _Run, reports: Iterable[_Report], failed: Iterable[Unseen], seconds: float
) -> ScanResult:
    reports = tuple(reports)
    lines = dict(pair for report in reports for pair in report.findings)
    lines = _with_characters(lines, context.root)
    listed = [finding for finding in lines if run.settings.asserts_in_tests or not _is_test_assert(finding)]
    unseen = [*failed, *(Unseen(*pair) for report in reports for pair in report.unseen.items())]
    problems = sorted(
        f"Bandit knows no test {one_line(name)}: correct `tests` and `skips`."
        for name in {name for report in reports for name in report.unknown_tests}
    )
    return ScanResult(
        scanner="bandit",
        status=ScanStatus.INCOMPLETE if unseen or problems else ScanStatus.COMPLETE,
        findings=apply_pragmas(listed, context.root, NOSEC, lines_of=lines.__getitem__),
        seen=tuple(sorted(path for report in reports for path in report.seen)),
        unseen=tuple(sorted(unseen)),
        problems=tuple(problems),
        notes=(*run.settings.notes, *_assert_note(len(lines) - len(listed))),
        version=run.tool.version,
        commands=tuple(run.commands),
        seconds=seconds,
    )


def _with_characters(found: Mapping[Finding, range], root: Path) -> dict[Finding, range]:
    """The findings with columns that count characters: Bandit's count bytes of UTF-8, as Python's own do."""
    texts: dict[str, list[bytes]] = {}
    done: dict[Finding, range] = {}
    for finding, lines in found.items():
        path = _where(finding)
        if path not in texts:
            texts[path] = _encoded_lines(root / path)
        done[_in_characters(finding, texts[path])] = lines
    return done


def _encoded_lines(path: Path) -> list[bytes]:
    """The lines of a Python file as UTF-8; none where each byte is a character anyway, or it cannot be read."""
    try:
        if path.read_bytes().isascii():
            return []
        with tokenize.open(path) as file:
            return [line.encode("utf-8", "surrogatepass") for line in file]
    except (OSError, SyntaxError, UnicodeDecodeError):
        return []


def _in_characters(finding: Finding, lines: list[bytes]) -> Finding:
    region = finding.location.region if finding.location else None
    if finding.location is None or region is None or not region.start_column or not lines:
        return finding
    start = _characters(lines, region.start_line, region.start_column)
    end = _characters(lines, region.end_line, region.end_column)
    place = dataclasses.replace(region, start_column=start, end_column=end)
    return dataclasses.replace(finding, location=dataclasses.replace(finding.location, region=place))


def _characters(lines: list[bytes], line: int, column: int) -> int:
    """The column, counted from 1, in characters; 0 stays 0."""
    if not 0 < line <= len(lines) or not column:
        return column
    return len(lines[line - 1][: column - 1].decode("utf-8", "ignore")) + 1


def _is_test_assert(finding: Finding) -> bool:
    return finding.rule == "B101" and is_test(_where(finding))


def _assert_note(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    what = f"{count} assertions in test files (B101) are not listed: they are what tests are made of."
    return (f"{what} `asserts-in-tests = true` lists them.",)


# Where a page is named after the function of a rule instead of the rule.
_PAGES = {"B324": "hashlib", "B508": "snmp_insecure_version_check", "B509": "snmp_crypto_check"}


def _documentation(rule: str) -> str:
    base = "https://bandit.readthedocs.io/en/latest"
    if rule.startswith("B4"):
        return f"{base}/blacklists/blacklist_imports.html"
    if rule.startswith("B3") and rule not in _PAGES:
        return f"{base}/blacklists/blacklist_calls.html"
    return f"{base}/plugins/{rule.lower()}_{_PAGES.get(rule, RULES[rule].name)}.html"
