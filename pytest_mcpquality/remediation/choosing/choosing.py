"""The choice: what the configuration says, then plugins, then the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mcpquality_scanners.findings import Category
from pytest_mcpquality.remediation.choosing.configured import Entry, entry_for
from pytest_mcpquality.remediation.choosing.libraries import library_of, python_libraries
from pytest_mcpquality.remediation.choosing.registry import Plugins
from pytest_mcpquality.remediation.choosing.topics import RULES, TOPICS, WEAKNESSES, Topic
from pytest_mcpquality.remediation.choosing.values import Question, Subject, Surroundings
from pytest_mcpquality.remediation.choosing.words import minor_version, package_name

_RUFF = re.compile(r"S(\d{3})")
_ANY_QUERY = "security best practices"

_CATEGORIES: Mapping[Category, str] = {
    Category.SECRET: "secrets",
    Category.COVERAGE: "tests",
}
"""Topics of what neither rule nor weakness tells."""

_CHECKS: Mapping[str, str] = {
    "alive": "server life",
    "protocol": "server protocol",
    "contract": "tool descriptions",
    "poisoning": "tool descriptions",
    "exposure": "server exposure",
    "robustness": "tool arguments",
    "speed": "server speed",
}
"""Topics of the checks of MCP servers, by group; how clients are configured no library's documentation tells."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses what is asked about a rule.

    Attributes:
        entries: What the configuration chooses.
        plugins: The installed plugins; None for none.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    plugins: Plugins | None = None

    def question(self, subject: Subject, surroundings: Surroundings) -> Question | None:
        """What to ask; None when there is nothing that documentation would help with."""
        usual = _usual(subject, surroundings)
        if entry := entry_for(subject, self.entries):
            return Question((entry.library,), entry.query or (usual.query if usual else _ANY_QUERY))
        return (self.plugins.question(subject, surroundings) if self.plugins else None) or usual


def topic_of(subject: Subject) -> str:
    """The topic that the tables have for a rule; empty when they have none."""
    rule = subject.rule
    bandit = _RUFF.fullmatch(rule) if subject.scanner == "ruff" else None
    by_rule = RULES.get(f"B{bandit[1]}" if bandit else rule)
    if by_rule or subject.category is Category.MCP:
        return by_rule or _CHECKS.get(subject.rule.removeprefix("mcp-").partition("-")[0], "")
    if subject.category is not Category.CODE:
        return _CATEGORIES.get(subject.category) or _by_weakness(subject)
    # The advice is about Python: a weakness in another language has other remedies.
    return _by_weakness(subject) if subject.is_python else ""


def _by_weakness(subject: Subject) -> str:
    return next((WEAKNESSES[number] for number in subject.cwe if number in WEAKNESSES), "")


def question_about(topic: Topic, surroundings: Surroundings) -> Question:
    """What to ask about a topic in a project: of the libraries it uses, else of the usual one."""
    # What the files in question import comes before what the project merely asks for.
    used = surroundings.used() if topic.libraries else ()
    package = next((package for package in used if package in topic.libraries), topic.default)
    if not package:
        return Question(python_libraries(surroundings.python), topic.query, topic.topic)
    return Question(_tried(package), topic.libraries.get(package) or topic.query, topic.topic)


def every_question(surroundings: Surroundings) -> Iterator[Question]:
    """What the tables would ask about the project if every rule had findings."""
    for topic in TOPICS.values():
        yield question_about(topic, surroundings)


def _usual(subject: Subject, surroundings: Surroundings) -> Question | None:
    if subject.package is not None:
        return _about_package(subject)
    named = topic_of(subject)
    return question_about(TOPICS[named], surroundings) if named else None


def _about_package(subject: Subject) -> Question | None:
    name = package_name(subject.package, subject.ecosystem) if subject.package else ""
    if subject.package is None or not name:
        return None
    version = minor_version(subject.package)
    query = f"migrate to {version}, breaking changes" if version else "security advisories, safe configuration"
    return Question((name,) if subject.ecosystem == "npm" else _tried(name), query)


def _tried(package: str) -> tuple[str, ...]:
    """The libraries to try for a package: where its id is known and turns out to be wrong, its name is searched for."""
    return tuple(dict.fromkeys((library_of(package), package)))
