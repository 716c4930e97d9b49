"""The documentation step of a run: its results get how to fix what was found, and nothing else changes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mcpquality_reports.digest import RuleGroup, groups
from mcpquality_reports.text import count, one_line
from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.results import Results
from pytest_mcpquality.commands.docs_quota import quota_left
from pytest_mcpquality.commands.docs_settings import chooser, client_settings, deadline, enabled
from pytest_mcpquality.commands.running import run_to_the_end
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.remediation.choosing.choosing import Chooser
from pytest_mcpquality.remediation.choosing.surroundings import Project
from pytest_mcpquality.remediation.fallback import Explain
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.step import Outcome, questions, remediate, unasked
from pytest_mcpquality.remediation.step_threads import UnwaitedThreads
from pytest_mcpquality.remediation.values import Miss, MissReason
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK

if TYPE_CHECKING:
    from pytest_mcpquality.remediation.statistics import Quota

_LITTLE = 0.1  # of the quota

_NO_NEWS = frozenset({MissReason.NOT_FOUND, MissReason.PENDING, MissReason.OFFLINE})
"""Why there may be no documentation without anything being wrong."""


class Explainer(Protocol):
    """What the step needs of a scanner, or of all checks of MCP servers."""

    @property
    def name(self) -> str:
        """What findings of it are grouped under."""
        ...

    def explain(self, rule: str) -> str | None:
        """The help for a rule, as Markdown; None when it has none."""
        ...


class DocumentationStep:
    """Made before the run, so that a wrong setting costs none.

    Raises:
        UsageError: Something in `[tool.mcpquality.docs]`, or in a variable that goes with it, is wrong.
    """

    def __init__(self, settings: Settings, explainers: Iterable[Explainer]) -> None:
        self._root: Path = settings.root
        self._explain = explained_by(explainers)
        self._deadline = deadline(settings)
        self._client: DocsSettings | None = client_settings(settings, os.environ) if enabled(settings) else None
        self._chooser: Chooser | None = chooser(settings) if enabled(settings) else None
        self._quota: Quota | None = None

    def run(self, results: Results, prepare: Callable[[], object], *, quiet: bool) -> Results:
        """The results with how to fix what was found; `prepare` is called beside it, in a thread of its own."""
        found = groups(results.findings)
        if self._client is None or self._chooser is None or results.interrupted or not found:
            return replace(results, remediation=unasked(found, self._explain))
        try:
            outcome = run_to_the_end(self._beside(found, self._client, self._chooser, prepare))
        except KeyboardInterrupt:  # what was found is still reported
            outcome = Outcome(unasked(found, self._explain))
        except Exception as error:  # noqa: BLE001 - advice is never worth a scan
            miss = Miss(MissReason.UNUSABLE, str(error) if isinstance(error, McpQualityError) else repr(error))
            outcome = Outcome(unasked(found, self._explain), (miss,))
        if not quiet:
            _tell(outcome)
            if self._quota:
                _warn(self._quota)
        return replace(results, remediation=outcome.remediation)

    async def _beside(
        self, found: Sequence[RuleGroup], client: DocsSettings, chooser_: Chooser, prepare: Callable[[], object]
    ) -> Outcome:
        asyncio.get_running_loop().set_default_executor(UnwaitedThreads())
        preparing = asyncio.create_task(asyncio.to_thread(prepare))
        try:
            return await self._ask(found, client, chooser_)
        finally:
            # What goes wrong in it goes wrong again when the reports are written, and is told then.
            await asyncio.gather(preparing, return_exceptions=True)

    async def _ask(self, found: Sequence[RuleGroup], client: DocsSettings, chooser_: Chooser) -> Outcome:
        from pytest_mcpquality.remediation.client import open_client  # noqa: PLC0415 - only for who asks

        asked = questions(found, chooser_, Project(self._root))
        async with open_client(client, SYSTEM_CLOCK) as opened:
            outcome = await remediate(
                found, asked, opened, explain=self._explain, deadline=self._deadline, clock=SYSTEM_CLOCK
            )
            self._quota = opened.statistics.quota
        return outcome


def explained_by(explainers: Iterable[Explainer]) -> Explain:
    """The help of each, by name; one that breaks off has none."""
    known = {explainer.name: explainer for explainer in explainers}

    def explain(scanner: str, rule: str) -> str | None:
        try:
            return known[scanner].explain(rule) if scanner in known else None
        except Exception:  # noqa: BLE001 - a third party's scanner may raise anything; advice is never worth a scan
            return None

    return explain


def _warn(quota: Quota) -> None:
    """Say when little of the quota is left: the next scans will have to do with what is kept."""
    if quota.limit and quota.remaining is not None and quota.remaining < quota.limit * _LITTLE:
        print(f"mcpquality: Context7: {quota_left(quota)}", file=sys.stderr)  # noqa: T201 - the user has to know


def _tell(outcome: Outcome) -> None:
    """Say on standard error why documentation is missing, once, where something is wrong."""
    wrong = [miss for miss in outcome.misses if miss.reason not in _NO_NEWS]
    late = [f"{count(outcome.late, 'question')} not answered in time"] if outcome.late else []
    texts = [one_line(miss.text) for miss in wrong]
    # That the service is left alone is said with the reason, which needs not be said twice.
    reasons = [one for one in texts if not any(one in other for other in texts if other != one)] + late
    if reasons:
        fetched = sum(one.source.is_documentation for one in outcome.remediation)
        what = f"documentation for {fetched} of {len(outcome.remediation)} rules, our own help for the others"
        words = f"mcpquality: {what}: {'; '.join(reasons)} (--no-docs asks nobody)"
        print(words, file=sys.stderr)  # noqa: T201 - the user has to know
