"""The hook through which plugins choose documentation for rules.

A plugin is a module or object with functions marked by `hookimpl`, found through the entry-point group `mcpquality`;
the same plugin may bring scanners and report formats.
"""

from __future__ import annotations

from mcpquality_scanners.hookspecs import PROJECT, hookimpl, hookspec
from pytest_mcpquality.remediation.choosing.values import Question, Subject, Surroundings

__all__ = ["PROJECT", "hookimpl", "mcpquality_documentation"]


@hookspec(firstresult=True)
def mcpquality_documentation(subject: Subject, surroundings: Surroundings) -> Question | None:
    """What to ask about a rule; None where this plugin has nothing to say about it.

    Called once for each rule that has findings. The first answer is taken, and wins over the built-in table; what the
    configuration says wins over it. What is asked is sent to a third party: it must hold nothing of the project.
    """
