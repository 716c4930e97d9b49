"""`mcpquality explain RULE`."""

from __future__ import annotations

import argparse

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.registry import load_scanners


def run(given: argparse.Namespace) -> int:
    """Print what the scanner that knows the rule says about it.

    Raises:
        UsageError: No scanner knows it.
    """
    # A report names findings of several scanners as `scanner:rule`.
    scanner_name, _, rule = given.rule.rpartition(":")
    for scanner in load_scanners():
        if scanner_name in {"", scanner.name} and (text := scanner.explain(rule)) is not None:
            print(text.rstrip())  # noqa: T201 - the command's output
            return 0
    raise UsageError(f"no scanner knows a rule {given.rule!r}. Give its id as a report shows it, such as B602.")
