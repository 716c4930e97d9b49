"""A rule of ours as `mcpquality explain` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_mcpquality.health.check import Rule
from pytest_mcpquality.health.judging import SCANNER


def explained(rule: Rule) -> str:
    """What is wrong and how to put it right, as Markdown."""
    facts = [f"Group: {rule.group.value}", f"severity: {rule.severity.value}"]
    facts += [f"CWE-{number}" for number in rule.cwe]
    parts = [f"# {rule.id}", f"{rule.title}. {', '.join(facts)}.", rule.help, "## Fix", rule.fix]
    if rule.references:
        parts += ["## References", "\n".join(f"- {link}" for link in rule.references)]
    return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class CheckHelp:
    """The help for all rules, as a scanner has it for its own."""

    rules: Mapping[str, Rule]
    name: str = SCANNER

    def explain(self, rule: str) -> str | None:
        """The help for one; None when there is no such rule."""
        return explained(self.rules[rule]) if rule in self.rules else None
