"""A rule of ours as `mcpquality explain` prints it."""

from __future__ import annotations

from pytest_mcpquality.health.check import Rule


def explained(rule: Rule) -> str:
    """What is wrong and how to put it right, as Markdown."""
    facts = [f"Group: {rule.group.value}", f"severity: {rule.severity.value}"]
    facts += [f"CWE-{number}" for number in rule.cwe]
    parts = [f"# {rule.id}", f"{rule.title}. {', '.join(facts)}.", rule.help, "## Fix", rule.fix]
    if rule.references:
        parts += ["## References", "\n".join(f"- {link}" for link in rule.references)]
    return "\n\n".join(parts)
