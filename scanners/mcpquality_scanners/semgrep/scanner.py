"""Semgrep: flaws in code by rules, ours for MCP servers or the user's own.

It is handed explicit files, so that neither `.semgrepignore`, nor `.gitignore`, nor what it leaves out by itself
(`tests/`, `vendor/`, ...) has a say, and each file has to come back in its report. Each process is also handed
a file of ours with a rule for it: a Semgrep that does not find that has not looked.

Whether Python files parse is checked by `python_syntax` beside it, not by Semgrep: its parser accepts much
that is no Python, and does not run at all on a file that no rule can match by its words. A rule that makes
it parse every file costs four times as much (7.5 against 1.8 s of processor time on Django 4.2.16).
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.batches import batches
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.findings import Category, ScanResult, ScanStatus, Unseen
from mcpquality_scanners.options import Option, OptionKind
from mcpquality_scanners.parallel import Outcome, run_batches
from mcpquality_scanners.pragmas import NOSEMGREP, apply_pragmas
from mcpquality_scanners.semgrep.input import Inputs, is_python, prepare
from mcpquality_scanners.semgrep.output import NAME
from mcpquality_scanners.semgrep.rules import BUNDLED, RuleFile, bundled_rules, configs
from mcpquality_scanners.semgrep.run import Report, SemgrepRun, missing_rules
from mcpquality_scanners.severity import SEMGREP, by_word

OPTIONS = (
    Option(
        "config",
        OptionKind.LIST,
        (BUNDLED,),
        "Rules: mcpquality (ours), your files and folders (*.yml, *.yaml) from the root, or names of the "
        "registry such as p/python (online only).",
    ),
    Option(
        "max-target-bytes", OptionKind.INTEGER, 5_000_000, "Larger files are not looked at, and named so.",
        minimum=1,
    ),
    Option("rule-timeout", OptionKind.NUMBER, 20, "Seconds one rule may take on one file.", minimum=0.1),
)  # fmt: skip

_MOST = 2000
"""Files a process is handed at most: starting one costs 0.3 s."""

_PYTHON = f"Python {sys.version_info.major}.{sys.version_info.minor}"

_SMALL = 1_000_000  # bytes of code below which a second process does not pay


class SemgrepScanner:
    """Runs Semgrep over the files that its rules are for."""

    name = NAME
    title = "Semgrep: flaws in code, by our rules for MCP servers or your own"
    category = Category.CODE
    options = OPTIONS
    weight = 30

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `Scanner.scan`.

        Raises:
            ToolError: Semgrep cannot be had, or nothing could be looked at.
        """
        started = self._clock.monotonic()
        asked, unusable = configs(context)
        only_ours = not unusable and all(config.bundled for config in asked)
        files = [path for path in context.files if not only_ours or is_python(context.root, path)]
        if not files and not unusable:
            return _nothing_to_do(asked=context.asked)
        tool = await context.tools.tool(NAME)
        run = SemgrepRun(context, tool, self._clock, started + context.timeout)
        rules, refused = await run.usable(asked)
        unusable = (*unusable, *refused)
        if not rules:
            raise ToolError(f"Semgrep has no rules to run. {_listed(unusable) or 'Give some by `config`.'}")
        looked = await _look(context, run, rules, files)
        if looked.failed and not looked.reports:
            raise ToolError(f"{looked.failed[0][1]}. No file was looked at.")
        return _result(context, run, looked, unusable, seconds=self._clock.monotonic() - started)

    def explain(self, rule: str) -> str | None:
        """Help for one of our own rules, by its id, as Markdown."""
        known = bundled_rules().get(rule)
        return None if known is None else _explanation(rule, known)


def _nothing_to_do(*, asked: bool) -> ScanResult:
    words = "There is no file in a language that the rules are for (ours: Python)."
    advice = f"{words} Leave Semgrep out, or give another folder or `config`."
    problems, notes = ((advice,), ()) if asked else ((), (words,))
    return ScanResult(NAME, ScanStatus.NOT_APPLICABLE, problems=problems, notes=notes)


def _listed(unseen: Iterable[Unseen]) -> str:
    return "; ".join(f"{item.name}: {item.reason}" for item in unseen)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was handed over, and what came back: from our rules, the user's, and the check of the syntax."""

    inputs: Inputs
    ours: Outcome[str, Report] | None
    theirs: Outcome[str, Report]
    checks: Outcome[str, dict[str, str]]

    @property
    def reports(self) -> tuple[Report, ...]:
        return (*(self.ours.reports if self.ours else ()), *self.theirs.reports)

    @property
    def failed(self) -> tuple[tuple[str, str], ...]:
        return (*(self.ours.failed if self.ours else ()), *self.theirs.failed)

    @property
    def scanned(self) -> set[str]:
        """Targets that Semgrep looked at, or that we did: a file without the words that our rules ask for."""
        found = {target for report in self.reports for target in report.output.scanned}
        return found | self.inputs.wordless if self.ours else found


async def _look(context: ScanContext, run: SemgrepRun, rules: tuple[RuleFile, ...], files: Iterable[str]) -> _Looked:
    limit = context.options["max-target-bytes"]
    size = limit if isinstance(limit, int) else 0
    inputs = await asyncio.to_thread(prepare, context.root, files, context.scratch / "copies", size)
    bundled = tuple(rule for rule in rules if rule.name == BUNDLED)
    others = tuple(rule for rule in rules if rule.name != BUNDLED)
    python = {target: size for target, size in inputs.sizes.items() if target in inputs.python}
    ours, theirs, checks = await asyncio.gather(
        _scan(context, run, bundled, inputs, _worded(inputs, python)),
        _scan(context, run, others, inputs, inputs.sizes),
        run_batches(batches(python, 1, most=_MOST), run.syntax_flaws, jobs=1),
    )
    return _Looked(inputs, ours if bundled else None, theirs, checks)


def _worded(inputs: Inputs, python: Mapping[str, int]) -> dict[str, int]:
    """The Python files that our rules may have something to say about.

    Where there is none, the smallest file goes nevertheless: that the rules load and the canary is found has to be
    seen in every scan.
    """
    worded = {target: size for target, size in python.items() if target not in inputs.wordless}
    smallest = sorted(python, key=lambda target: (python[target], target))[:1]
    return worded or {target: python[target] for target in smallest}


async def _scan(
    context: ScanContext, run: SemgrepRun, rules: tuple[RuleFile, ...], inputs: Inputs, sizes: Mapping[str, int]
) -> Outcome[str, Report]:
    if not rules:
        return Outcome((), ())
    count = context.jobs if sum(sizes.values()) > _SMALL else 1
    work = partial(run.scan, rules, inputs.targets)
    return await run_batches(batches(sizes, count, most=_MOST), work, jobs=context.jobs)


def _result(
    context: ScanContext,
    run: SemgrepRun,
    looked: _Looked,
    unusable: tuple[Unseen, ...],
    *,
    seconds: float,
) -> ScanResult:
    reports, targets = looked.reports, looked.inputs.targets
    flaws = _flaws(looked)
    unseen = [Unseen(targets[target], reason) for target, reason in flaws.items()]
    unseen += [Unseen(path, reason) for path, reason in looked.inputs.unseen.items()]
    unseen += [*unusable, *_bad_rules(looked)]
    seen = [path for target, path in targets.items() if target in looked.scanned - flaws.keys()]
    problems = {words for report in reports for words in report.output.complaints}
    findings = [finding for report in reports for finding in report.output.findings]
    return ScanResult(
        scanner=NAME,
        status=_status(seen, unseen, problems),
        findings=apply_pragmas(findings, context.root, NOSEMGREP),
        seen=tuple(sorted(seen)),
        unseen=tuple(sorted(unseen)),
        problems=tuple(sorted(problems)),
        notes=(*_other_languages(len(targets) - len(seen) - len(flaws)), *_no_words(looked)),
        version=run.tool.version,
        commands=tuple(run.commands),
        seconds=seconds,
    )


def _flaws(looked: _Looked) -> dict[str, str]:
    """Why targets are not, or not wholly, looked at: the reason that says most for each."""
    inputs, scanned = looked.inputs, looked.scanned
    flaws = {target: reason for target, reason in inputs.flaws.items() if target in scanned}
    for report in looked.reports:
        flaws |= report.output.flaws
    # Our rules are for all Python; whether the user's are for a file, only Semgrep knows.
    concerned = inputs.python if looked.ours else inputs.python & scanned
    for target in concerned - scanned:
        flaws.setdefault(target, "Semgrep did not look at it, and gives no reason")
    for unparsed in looked.checks.reports:
        flaws |= {target: _unparsed(unparsed[target]) for target in unparsed.keys() & concerned}
    return flaws | dict(looked.checks.failed) | dict(looked.failed)


def _unparsed(reason: str) -> str:
    return f"does not parse as {_PYTHON}: {reason}"


def _bad_rules(looked: _Looked) -> list[Unseen]:
    bad = {rule: reason for report in looked.reports for rule, reason in report.output.bad_rules.items()}
    for rule in missing_rules(looked.ours.reports) if looked.ours else ():
        bad.setdefault(rule, "Semgrep did not run it, and gives no reason")
    return [Unseen(f"rule {rule}", reason) for rule, reason in bad.items()]


def _status(seen: list[str], unseen: list[Unseen], problems: set[str]) -> ScanStatus:
    if unseen or problems:
        return ScanStatus.INCOMPLETE
    return ScanStatus.COMPLETE if seen else ScanStatus.NOT_APPLICABLE


def _other_languages(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} files are in no language, or under no path, that the rules are for.",)


def _no_words(looked: _Looked) -> tuple[str, ...]:
    count = len(looked.inputs.wordless & looked.inputs.python)
    if looked.ours is None or not count:
        return ()
    return (f"{count} Python files hold none of the words of MCP code, so our rules have nothing to look for in them.",)


def _explanation(rule: str, known: Mapping[str, Any]) -> str:
    metadata = known.get("metadata", {})
    links = "".join(f"- <{link}>\n" for link in metadata.get("references", ()))
    parts = [
        f"# {rule}",
        str(known["message"]).strip(),
        f"**Severity:** {by_word(SEMGREP, known['severity']).value} (Semgrep: {known['severity']})",
        *(f"**Weakness:** {weakness}" for weakness in metadata.get("cwe", ())),
        *((f"## How to put it right\n\n{_fix_text(metadata['fix'])}",) if "fix" in metadata else ()),
        *((f"## Read more\n\n{links.strip()}",) if links else ()),
    ]
    return "\n\n".join(parts) + "\n"


def _fix_text(fix: str) -> str:
    """The author's words, with the indented lines among them, which are code, as blocks of code."""
    parts: list[str] = []
    for indented, lines in itertools.groupby(fix.strip().splitlines(), lambda line: line.startswith(" ")):
        text = "\n".join(lines)
        parts.append(f"```text\n{textwrap.dedent(text)}\n```" if indented else text)
    return "\n\n".join(parts)
