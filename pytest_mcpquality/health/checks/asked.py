"""What checks of probes share: the answer to a question, or the outcome that says why there is none."""

from __future__ import annotations

from mcpquality_scanners.findings import Unseen
from pytest_mcpquality.health.check import Outcome
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Probes, Question
from pytest_mcpquality.health.probes.exposure import Exposure, HttpAnswer, Knock


def answer_to(observed: Observation, question: Question) -> Answer | Outcome:
    """The answer; where it was not asked, what was not seen and why."""
    answer = observed.probes.questions.get(question) if observed.probes is not None else None
    return answer if answer is not None else not_asked(observed, f"what it answers to {question.value}")


def probes_of(observed: Observation, what: str) -> Probes | Outcome:
    """Everything that was asked; where nothing was, `what` was not seen, and why."""
    return observed.probes if observed.probes is not None else not_asked(observed, what)


def rest_unseen(observed: Observation, probes: Probes) -> tuple[Unseen, ...]:
    """Where not all was asked, that the rest was not: in the same words for all checks, so that it is said once."""
    what = f"{observed.server}: the rest of what it is asked on purpose"
    return (Unseen(what, probes.stopped),) if probes.stopped else ()


def not_asked(observed: Observation, what: str) -> Outcome:
    """`what` was not asked for, and why."""
    if observed.probes is not None and observed.probes.stopped:
        return Outcome(unseen=rest_unseen(observed, observed.probes))
    why = observed.failure.text if observed.failure is not None else "it was not asked for"
    return Outcome(unseen=(Unseen(f"{observed.server}: {what}", why),))


def exposure_of(observed: Observation, what: str) -> Exposure | Outcome:
    """Who can reach it; nothing to look at where it is a process, unseen where it was not reached."""
    if not observed.over_http:
        return Outcome()
    return observed.exposure if observed.exposure is not None else not_asked(observed, what)


def knocked(observed: Observation, exposure: Exposure, knock: Knock) -> HttpAnswer | Outcome:
    """The answer to a request; where none came, what was not seen and why."""
    answer = exposure.answers.get(knock)
    what = f"{observed.server}: what it answers to {knock.value}"
    if answer is None:
        return Outcome(unseen=(Unseen(what, _not_knocked(exposure.answers.get(Knock.PLAIN))),))
    if answer.failure:
        return Outcome(unseen=(Unseen(what, answer.failure),))
    return answer


def _not_knocked(plain: HttpAnswer | None) -> str:
    if plain is None or plain.accepted:
        return "there was no more time"
    status = f"answered {plain.status}" if plain.status else "did not answer"
    return f"it {status} to {Knock.PLAIN.value} outside of a session"
