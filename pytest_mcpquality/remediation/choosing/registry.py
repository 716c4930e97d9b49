"""The plugins that choose documentation."""

from __future__ import annotations

from collections.abc import Sequence

from mcpquality_scanners.plugins import plugin_manager
from pytest_mcpquality.remediation.choosing import hookspecs
from pytest_mcpquality.remediation.choosing.values import MOST_LIBRARIES, Question, Subject, Surroundings
from pytest_mcpquality.remediation.choosing.words import problem


class Plugins:
    """Asks the installed plugins (entry points), and `plugins`, what they want to know about a rule.

    Raises:
        UsageError: A plugin cannot be loaded.
    """

    def __init__(self, plugins: Sequence[object] = ()) -> None:
        self._manager = plugin_manager(hookspecs, plugins=plugins)

    def question(self, subject: Subject, surroundings: Surroundings) -> Question | None:
        """What a plugin asks about a rule; None when none has anything to ask, or what it asks cannot be sent."""
        try:
            asked: object = self._manager.hook.mcpquality_documentation(subject=subject, surroundings=surroundings)
        except (Exception, SystemExit):  # noqa: BLE001 - advice is never worth a scan: the table decides
            return None
        if not isinstance(asked, Question) or problem(asked.libraries, asked.query):
            return None
        return Question(asked.libraries[:MOST_LIBRARIES], asked.query, asked.topic)
