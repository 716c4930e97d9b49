"""`mcpquality explain RULE`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from mcpquality_scanners.bandit_help import RULES
from mcpquality_scanners.coverage_gate.judge import Metric
from mcpquality_scanners.detect_secrets import KINDS, rule_of
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.semgrep.rules import bundled_rules
from pytest_mcpquality.config.checking import did_you_mean
from pytest_mcpquality.health.explaining import explained
from pytest_mcpquality.health.judging import SCANNER
from pytest_mcpquality.health.registry import load_checks, rules_of


def run(given: argparse.Namespace) -> int:
    """Print what the scanner that knows the rule says about it, or the check of MCP servers.

    Raises:
        UsageError: No scanner knows it.
    """
    # A report names findings of several scanners as `scanner:rule`.
    scanner_name, _, rule = given.rule.rpartition(":")
    for scanner in load_scanners():
        if scanner_name in {"", scanner.name} and (text := scanner.explain(rule)) is not None:
            print(text.rstrip())  # noqa: T201 - the command's output
            return 0
    if (scanner_name or SCANNER).partition(":")[0] == SCANNER and rule in (rules := rules_of(load_checks())):
        print(explained(rules[rule]))  # noqa: T201 - as above
        return 0
    near = did_you_mean(rule, set(_known_rules()))
    advice = "" if near else " Give its id as a report shows it, such as B602."
    raise UsageError(f"no scanner knows a rule {given.rule!r}{near or '.'}{advice}")


def _known_rules() -> Iterator[str]:
    """The ids of our own rules and of those that we have help for."""
    yield from bundled_rules()
    yield from RULES
    yield from map(rule_of, KINDS)
    yield from (f"coverage-{metric.value}" for metric in Metric)
    yield from rules_of(load_checks())
