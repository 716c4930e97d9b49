"""`mcpquality docs status|get|warm|clear`: the documentation that reports show, looked at by hand."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mcpquality_reports import text
from mcpquality_reports.digest import RuleGroup, origin
from mcpquality_scanners.base import Scanner
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.files import list_files
from mcpquality_scanners.findings import Category, Finding, Severity
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.remediation import Remediation
from pytest_mcpquality.commands import docs_status
from pytest_mcpquality.commands.docs_quota import quota_left
from pytest_mcpquality.commands.docs_settings import chooser, client_settings, enabled
from pytest_mcpquality.commands.docs_step import explained_by
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.commands.target import folder
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.exit_codes import INCOMPLETE
from pytest_mcpquality.health.explaining import CheckHelp
from pytest_mcpquality.health.registry import load_checks, rules_of
from pytest_mcpquality.remediation.choosing.choosing import every_question
from pytest_mcpquality.remediation.choosing.surroundings import Near, Project
from pytest_mcpquality.remediation.choosing.topics import RULES
from pytest_mcpquality.remediation.choosing.values import Question
from pytest_mcpquality.remediation.choosing.words import problem, subject
from pytest_mcpquality.remediation.client import DocsClient, open_client
from pytest_mcpquality.remediation.fallback import without_asking
from pytest_mcpquality.remediation.rendering import markdown, remediation
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.step import ask
from pytest_mcpquality.remediation.values import Documentation, Miss, MissReason
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK

_GENERAL = "getting started, safe configuration"
_MOST_FILES = 500
_WARMING = 600.0  # seconds for all questions: nobody waits for a report
_CWE = re.compile(r"CWE-(\d{1,5})", re.IGNORECASE)


def run(given: argparse.Namespace) -> int:
    """Do what was asked for; 3 when documentation could not be had."""
    scanners = load_scanners()
    settings = settings_for(folder(given.path) if given.action == "warm" else Path.cwd(), scanners)
    # Whoever switched it off wants nobody to be asked: what is kept is shown.
    client = client_settings(settings, os.environ)
    client = replace(client, offline=client.offline or not enabled(settings))
    return run_to_the_end(_act(given, settings, scanners, client))


async def _act(given: argparse.Namespace, settings: Settings, scanners: Sequence[Scanner], how: DocsSettings) -> int:
    async with open_client(how, SYSTEM_CLOCK) as client:
        match given.action:
            case "get":
                return await _get(given.what, given.query, client, settings, scanners)
            case "warm":
                return await _warm(client, settings)
            case "clear":
                return await _clear(client)
            case _:
                return await docs_status.show(client, how, settings, send=given.ask, prometheus=given.prometheus)


# Get
# ---------------------------------------------------------------------------------------------------


async def _get(
    what: str, query: str | None, client: DocsClient, settings: Settings, scanners: Sequence[Scanner]
) -> int:
    found = _finding(what, scanners) if query is None else None
    if found is None:
        return await _get_library(Question((what,), _GENERAL if query is None else query), client)
    group = RuleGroup(found.scanner, found.rule, (found,))
    question = chooser(settings).question(subject([found]), await _near(settings.root))
    answer = (await ask([question], client, _WARMING, SYSTEM_CLOCK))[question] if question else None
    if isinstance(answer, Documentation):
        _print(remediation(group, answer))
        return 0
    _print(without_asking(group, explained_by([*scanners, _checks()])))
    _complain(answer or Miss(MissReason.NOT_FOUND, "the tables have no question about this rule"))
    return INCOMPLETE if question else 0


async def _get_library(question: Question, client: DocsClient) -> int:
    if wrong := problem(question.libraries, question.query):
        raise UsageError(f"docs get: the question {wrong}")
    answer = await client.fetch(question.libraries[0], question.query)
    if isinstance(answer, Miss):
        _complain(answer)
        return INCOMPLETE
    since = f"{answer.fetched_at:%Y-%m-%d}{', an older answer' if answer.stale else ''}"
    _say(f"From Context7: {answer.library}, fetched {since}\n\n{markdown(answer)}")
    return 0


def _finding(name: str, scanners: Sequence[Scanner]) -> Finding | None:
    """A finding of the rule or weakness of that name, as a question is chosen by; None when nobody knows it."""
    if weakness := _CWE.fullmatch(name):
        return Finding("", name.upper(), Severity.INFO, "", cwe=(int(weakness[1]),))
    scanner_name, _, rule = name.rpartition(":")
    known = rule.upper() if rule.upper() in RULES else rule
    for scanner in scanners:
        if scanner_name in {"", scanner.name} and scanner.explain(known) is not None:
            return Finding(scanner.name, known, Severity.INFO, "", category=scanner.category)
    checks = _checks()
    if scanner_name in {"", checks.name} and checks.explain(known) is not None:
        return Finding(checks.name, known, Severity.INFO, "", category=Category.MCP)
    return None


def _checks() -> CheckHelp:
    return CheckHelp(rules_of(load_checks()))


def _print(one: Remediation) -> None:
    link = f"\n\n{one.url}" if text.safe_url(one.url) and one.url not in one.text else ""
    _say(f"{one.title}: from {origin(one)}\n\n{one.text}{link}")


def _say(words: str) -> None:
    """Print what strangers have written."""
    print(text.for_logs(text.visible(words)))  # noqa: T201 - the command's output


def _complain(miss: Miss) -> None:
    print(f"mcpquality: no documentation: {text.one_line(miss.text)}", file=sys.stderr)  # noqa: T201 - as above


# Warm and clear
# ----------------------------------------------------------------------------------------


async def _near(root: Path) -> Near:
    listing = await list_files(root, (), SystemProcessRunner(SYSTEM_CLOCK))
    return Project(root).around((path for path in listing.files if path.endswith(".py")), most=_MOST_FILES)


async def _warm(client: DocsClient, settings: Settings) -> int:
    """Ask all that the tables would ask about this project, so that a scan has it at hand."""
    answers = await ask(every_question(await _near(settings.root)), client, _WARMING, SYSTEM_CLOCK)
    there = sum(isinstance(answer, Documentation) for answer in answers.values())
    _say(f"{there} of {text.count(len(answers), 'question')} answered, with {client.statistics.requests} requests")
    why = Counter(text.one_line(answer.text) for answer in answers.values() if isinstance(answer, Miss))
    for reason, number in why.most_common():
        _say(f"  {number} x {reason}")
    if left := quota_left(client.statistics.quota):
        _say(left)
    return 0 if there else INCOMPLETE


async def _clear(client: DocsClient) -> int:
    await client.clear()
    _say(f"Nothing is kept any more{f' in {client.place}' if client.place else ''}.")
    return 0
