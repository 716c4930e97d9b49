"""A script: one outcome a call, in order."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import cast

from pytest_mcpquality.resilience.tracebacks import hides
from pytest_mcpquality.testing.errors import MockSetupError
from pytest_mcpquality.testing.outcomes import Outcome

__tracebackhide__ = hides


class Script:
    """The outcomes of the calls to one tool or protocol method.

    After the last outcome it is repeated, or with `repeat_last=False` nothing is left and each further call is an
    overrun. Used from several threads: the test's and the server's.
    """

    def __init__(self, subject: str, outcomes: Iterable[Outcome], *, repeat_last: bool = True) -> None:
        self.subject = subject
        self.outcomes = _checked(subject, outcomes)
        self.repeat_last = repeat_last
        self._taken = 0
        self._lock = threading.Lock()
        if not self.outcomes:
            raise MockSetupError(f"the script of {subject} has no outcomes: give it at least one, such as returns('x')")

    def take(self) -> Outcome | None:
        """The outcome of one more call; None when the script is used up."""
        with self._lock:
            position = self._taken
            self._taken += 1
        if position < len(self.outcomes):
            return self.outcomes[position]
        return self.outcomes[-1] if self.repeat_last else None

    @property
    def left(self) -> tuple[Outcome, ...]:
        """The outcomes that no call has come to yet."""
        return self.outcomes[self._taken :]

    @property
    def overrun(self) -> int:
        """How many calls came after the script was used up; always 0 when the last outcome repeats."""
        return 0 if self.repeat_last else max(0, self._taken - len(self.outcomes))

    def __repr__(self) -> str:
        return f"<Script of {self.subject}: {min(self._taken, len(self.outcomes))} of {len(self.outcomes)} used>"


def _checked(subject: str, outcomes: object) -> tuple[Outcome, ...]:
    """What is no outcome is refused here, as the call that it is meant for may never come."""
    how = "write a list of outcomes, such as [error('busy'), returns('x')]"
    if isinstance(outcomes, str) or not isinstance(outcomes, Iterable):
        raise MockSetupError(f"the script of {subject} is {outcomes!r}: {how}")
    script = tuple(cast("Iterable[object]", outcomes))
    for outcome in script:
        if not isinstance(outcome, Outcome):
            raise MockSetupError(f"the script of {subject} has {outcome!r}, which is no outcome: {how}")
    return cast("tuple[Outcome, ...]", script)
