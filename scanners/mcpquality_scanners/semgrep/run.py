"""Semgrep's processes: how they are started, and how each proves that it has looked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.clock import Clock
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Command, Finding, Unseen
from mcpquality_scanners.outputs import check_end, entries, json_object, member
from mcpquality_scanners.parallel import run_batches
from mcpquality_scanners.semgrep import python_syntax
from mcpquality_scanners.semgrep.output import NAME, RULES_FAILED, Output, read_output
from mcpquality_scanners.semgrep.rules import Config, RuleFile, bundled_rules
from mcpquality_scanners.text import one_line

_CANARY_RULE = "mcpquality-canary"
_CANARY_FILE = "mcpquality-canary.py"
_CANARY_CODE = "mcpquality_canary(1)\n"
_CANARY_RULES = {
    "rules": [
        {
            "id": _CANARY_RULE,
            "languages": ["python"],
            "severity": "INFO",
            "message": "The canary is alive.",
            "pattern": "mcpquality_canary(...)",
            # So that no other file counts as looked at because of it.
            "paths": {"include": [_CANARY_FILE]},
        }
    ]
}

_LOADING = 120.0
"""Seconds for trying the rules of one file: a third of a thousand rules in YAML take 30 s to load."""

_NO_RULES = 7  # Semgrep's exit code for rules it does not load, beside its general one with nothing printed
_ERROR_LINE = re.compile(rb"\[ERROR\]: (.+)")
_ARGUMENTS = (
    "scan", "--experimental", "--metrics=off", "--disable-version-check", "--json", "--verbose", "--time",
    "-j", "1", "--timeout-threshold", "3", "--no-git-ignore", "--x-ignore-semgrepignore-files",
    "--disable-nosem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What one process said, the canary taken out, with the names it was handed."""

    output: Output
    targets: tuple[str, ...]


class SemgrepRun:
    """One scan's processes, under one time limit."""

    def __init__(self, context: ScanContext, tool: Tool, clock: Clock, deadline: float) -> None:
        self.tool = tool
        self.commands: list[Command] = []
        self._context = context
        self._clock = clock
        self._deadline = deadline
        folder = context.scratch / "canary"
        folder.mkdir()
        self._canary = folder / _CANARY_FILE
        self._canary.write_text(_CANARY_CODE, encoding="utf-8")
        self._canary_rules = folder / "rules.json"
        self._canary_rules.write_text(json.dumps(_CANARY_RULES), encoding="utf-8")

    async def usable(self, configs: Iterable[Config]) -> tuple[tuple[RuleFile, ...], tuple[Unseen, ...]]:
        """Try each rule file of the user on its own: a broken one would take the others down with it."""
        ours = [file for config in configs if config.bundled for file in config.files]
        theirs = [(file,) for config in configs if not config.bundled for file in config.files]
        outcome = await run_batches(theirs, self._try, jobs=self._context.jobs, retries=0)
        unseen = tuple(Unseen(file.name, reason) for file, reason in outcome.failed)
        failed = {file for file, _reason in outcome.failed}
        return (*ours, *(file for (file,) in theirs if file not in failed)), unseen

    async def _try(self, files: tuple[RuleFile, ...]) -> None:
        """Load one rule file.

        Raises:
            ToolError: It cannot be loaded, or holds no rules.
        """
        completed = await self._semgrep(files, (str(self._canary),), limit=_LOADING)
        crashed = completed.exit_code == RULES_FAILED and not completed.stdout.strip()
        if crashed or completed.exit_code == _NO_RULES:
            raise ToolError(f"Semgrep loads no rules from it{_why(completed)}")
        read_output(completed, {str(self._canary): ""})

    async def scan(self, files: tuple[RuleFile, ...], names: Mapping[str, str], targets: tuple[str, ...]) -> Report:
        """Run the rules over the targets; `names` maps them to listed paths.

        Raises:
            ToolError: There was no time left, or the canary was not found.
            ToolOutputError: It crashed, or what it printed cannot be trusted.
        """
        canary = str(self._canary)
        rules = (*files, RuleFile("canary", str(self._canary_rules), local=True))
        completed = await self._semgrep(rules, (canary, *targets))
        output = read_output(completed, {canary: "", **{target: names[target] for target in targets}})
        alive = [finding for finding in output.findings if _is_canary(finding)]
        if not alive:
            raise ToolError("semgrep does not find a known flaw: reinstall it (mcpquality tools install)")
        output.findings = [finding for finding in output.findings if _is_listed(finding)]
        return Report(output, targets)

    async def syntax_flaws(self, targets: tuple[str, ...]) -> dict[str, str]:
        """Those of the Python files that do not parse, with the reason.

        Raises:
            ToolError: There was no time left.
            ToolOutputError: A file made the parser crash.
        """
        argv = (sys.executable, "-I", "-W", "ignore", python_syntax.__file__)
        completed = await self._context.processes.run(
            argv,
            cwd=self._context.root,
            timeout=self._remaining(),
            stdin=b"".join(_bytes(target) + b"\0" for target in targets),
        )
        check_end(completed, "the check that Python parses", {0})
        found = json_object(completed.stdout, "the check that Python parses", completed.stderr)
        return {target: one_line(str(reason)) for target, reason in found.items()}

    async def _semgrep(
        self, rules: tuple[RuleFile, ...], targets: tuple[str, ...], limit: float = float("inf")
    ) -> Completed:
        options = self._context.options
        argv = (
            str(self.tool.executable), *_ARGUMENTS,
            "--timeout", str(options["rule-timeout"]), "--max-target-bytes", str(options["max-target-bytes"]),
            *(word for file in rules for word in ("--config", file.argument)),
        )  # fmt: skip
        completed = await self._context.processes.run(
            (*argv, *targets),
            cwd=self._context.root,
            timeout=min(self._remaining(), limit),
            env=self._environment(),
        )
        shown = (*argv, f"({len(targets)} files)")
        self.commands.append(Command(shown, completed.exit_code, completed.seconds))
        return completed

    def _remaining(self) -> float:
        remaining = self._deadline - self._clock.monotonic()
        if remaining <= 0:
            raise ToolError("semgrep had no time left: raise the timeout, or exclude files")
        return remaining

    def _environment(self) -> dict[str, str]:
        """No calls home, and everything it writes in a place of ours: HOME may be read-only or shared."""
        home = self._context.scratch / "home"
        home.mkdir(exist_ok=True)
        return {
            "SEMGREP_ENABLE_VERSION_CHECK": "0",
            "SEMGREP_SEND_METRICS": "off",
            "SEMGREP_SETTINGS_FILE": str(home / "settings.yml"),
            "SEMGREP_LOG_FILE": str(home / "semgrep.log"),
            "SEMGREP_VERSION_CACHE_PATH": str(home / "version"),
            "XDG_CONFIG_HOME": str(home),
            "XDG_CACHE_HOME": str(home),
        }


def _bytes(target: str) -> bytes:
    return target.encode("utf-8", "surrogateescape")


def _is_canary(finding: Finding) -> bool:
    return not _is_listed(finding) and finding.rule.endswith(_CANARY_RULE)


def _is_listed(finding: Finding) -> bool:
    return finding.location is not None and finding.location.path != ""


def _why(completed: Completed) -> str:
    """Semgrep's own words about rules that it does not load; they stand in its JSON or above a stack trace."""
    try:
        errors = entries(json_object(completed.stdout, NAME, completed.stderr), "errors", NAME)
        words = [one_line(member(error, "message", str, NAME)) for error in errors]
    except ToolOutputError:
        words = [one_line(line.decode("utf-8", "replace")) for line in _ERROR_LINE.findall(completed.stderr)]
    return f": {words[0]}" if words else ": it is empty, or holds no rules that this version of Semgrep knows"


def missing_rules(reports: Iterable[Report]) -> tuple[str, ...]:
    """Ids of our own rules that did not run, by what the processes say."""
    expected = frozenset(bundled_rules())
    return tuple(sorted({rule for report in reports for rule in expected - report.output.rules}))
