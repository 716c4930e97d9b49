"""Which question a rule leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from mcpquality_scanners.bandit_help import RULES as BANDIT
from mcpquality_scanners.findings import Category, Package
from mcpquality_scanners.semgrep.rules import bundled_rules
from pytest_mcpquality.health.check import Group
from pytest_mcpquality.health.registry import load_checks, rules_of
from pytest_mcpquality.remediation.choosing.choosing import Chooser, every_question, topic_of
from pytest_mcpquality.remediation.choosing.configured import parse
from pytest_mcpquality.remediation.choosing.hookspecs import hookimpl
from pytest_mcpquality.remediation.choosing.libraries import LIBRARIES, MODULES, RENAMED
from pytest_mcpquality.remediation.choosing.registry import Plugins
from pytest_mcpquality.remediation.choosing.topics import RULES, TOPICS, WEAKNESSES
from pytest_mcpquality.remediation.choosing.values import Question, Subject, Surroundings
from pytest_mcpquality.remediation.choosing.words import is_library, problem
from pytest_mcpquality.resilience.cache.ttl import TTL_BY_TOPIC


@dataclass(frozen=True)
class Around:
    """What a test says is used."""

    packages: tuple[str, ...] = ()
    python: str = "12"

    def used(self) -> tuple[str, ...]:
        return self.packages


def ask(subject: Subject, *used: str, **choosing: Mapping[str, str] | Plugins) -> Question | None:
    return Chooser(**choosing).question(subject, Around(used))  # type: ignore[arg-type]


def test_a_shell_leads_to_the_documentation_of_python() -> None:
    asked = ask(Subject("bandit", "B602", cwe=(78,)))
    assert asked == Question(
        ("/python/cpython", "/websites/python_3_12"), "subprocess run without shell=True, argument list, shlex.quote"
    )


@pytest.mark.parametrize(
    "same",
    [
        Subject("ruff", "S602"),
        Subject("semgrep", "mcp-command-injection"),
        Subject("sarif", "js-like-id", cwe=(20, 78)),
    ],
)
def test_the_same_flaw_under_other_names_is_the_same_question(same: Subject) -> None:
    assert ask(same) == ask(Subject("bandit", "B602"))


def test_certificates_lead_to_the_client_that_the_code_uses() -> None:
    about = Subject("bandit", "B501", cwe=(295,))
    assert ask(about) == Question(("/psf/requests", "requests"), "verify TLS certificates, custom CA bundle")
    used = ask(about, "flask", "aiohttp", "requests")
    assert used is not None
    assert used.libraries[0] == "/aio-libs/aiohttp"


def test_without_a_rule_or_weakness_of_the_tables_nothing_is_asked() -> None:
    assert ask(Subject("bandit", "B101", cwe=(703,))) is None
    assert ask(Subject("mine", "house-style")) is None


def test_a_weakness_in_another_language_is_not_looked_up_in_pythons_documentation() -> None:
    about = Subject("semgrep", "their-rule", cwe=(78,))
    assert ask(about) is not None
    assert ask(Subject("semgrep", "their-rule", cwe=(78,), is_python=False)) is None


@pytest.mark.parametrize(
    ("category", "library"),
    [
        (Category.SECRET, "/python/cpython"),
        (Category.COVERAGE, "/pytest-dev/pytest"),
    ],
)
def test_what_no_rule_tells_the_category_does(category: Category, library: str) -> None:
    asked = ask(Subject("any", "any", category, is_python=False))
    assert asked is not None
    assert asked.libraries[0] == library


def test_checks_of_mcp_servers_are_asked_about_by_their_group() -> None:
    assert ask(Subject("mcp", "mcp-protocol-stdout", Category.MCP)) == Question(
        ("/modelcontextprotocol/python-sdk", "mcp"), "initialize, declared capabilities, logging to standard error"
    )
    built = ask(Subject("mcp", "mcp-exposure-rebinding", Category.MCP, cwe=(346, 350)), "fastmcp")
    assert built is not None
    assert built.libraries[0] == "/jlowin/fastmcp"
    # How a client is set up no library tells, and a third party's check is about anything.
    assert ask(Subject("mcp", "mcp-configuration-shell", Category.MCP, cwe=(78,))) is None
    assert ask(Subject("mcp", "mcp-house-style", Category.MCP)) is None


def test_every_check_has_a_topic_or_is_about_the_configuration() -> None:
    rules = rules_of(load_checks())
    without = [rule for rule in rules if not topic_of(Subject("mcp", rule, Category.MCP))]
    assert without == [name for name, rule in rules.items() if rule.group is Group.CONFIGURATION]


def advisory(name: str, fixed: tuple[str, ...] = (), upgrade: str = "", ecosystem: str = "pypi") -> Subject:
    package = Package(name, "1.0", fixed, upgrade)
    return Subject("pip-audit", "X", Category.DEPENDENCY, (), ("CVE-2018-18074",), package, ecosystem)


def test_an_advisory_leads_to_how_to_migrate_to_the_version_without_it() -> None:
    assert ask(advisory("requests", ("2.20.0", "2.31.0"))) == Question(
        ("/psf/requests", "requests"), "migrate to 2.20, breaking changes"
    )
    assert ask(advisory("requests", ("2.20.0",), "2.33.1")) == Question(
        ("/psf/requests", "requests"), "migrate to 2.33, breaking changes"
    )


def test_an_unknown_package_is_searched_for_by_its_name() -> None:
    assert ask(advisory("left-pad-py")) == Question(("left-pad-py",), "security advisories, safe configuration")


def test_names_of_npm_may_have_a_scope_and_a_dot() -> None:
    for name in ("@babel/traverse", "socket.io-parser"):
        asked = ask(advisory(name, ecosystem="npm"))
        assert asked is not None
        assert asked.libraries == (name,)
    assert ask(advisory("build.internal.example", ecosystem="npm")) is None


def test_a_package_of_npm_is_not_taken_for_the_one_of_pypi() -> None:
    asked = ask(advisory("requests", ecosystem="npm"))
    assert asked is not None
    assert asked.libraries == ("requests",)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "a b",
        "x" * 80,
        "https://host/x",
        "ghp_" + "a1B2" * 9,
        "é",
        "AKIAX",
        "0123456",
        "build.host",
    ],
)
def test_what_is_no_name_of_a_package_is_not_asked_about(name: str) -> None:
    assert ask(advisory(name)) is None


@pytest.mark.parametrize("version", ["", "abc", "v1.2", "s3cret", "123456.1"])
def test_what_is_no_version_does_not_become_part_of_the_query(version: str) -> None:
    asked = ask(advisory("requests", (version,)))
    assert asked is not None
    assert asked.query == "security advisories, safe configuration"


def test_only_digits_of_a_version_are_sent() -> None:
    asked = ask(advisory("requests", ("2.31.0+hunter2",)))
    assert asked is not None
    assert asked.query == "migrate to 2.31, breaking changes"


def test_the_configuration_wins() -> None:
    entries = parse(["b602 | /mine/guide | run programs our way", "CWE-89 | /mine/sql", "requests | /mine/http"])
    chooser = Chooser(entries)
    around = Around()
    assert chooser.question(Subject("bandit", "B602"), around) == Question(("/mine/guide",), "run programs our way")
    usual = Chooser().question(Subject("x", "y", cwe=(89,)), around)
    assert usual is not None
    assert chooser.question(Subject("x", "y", cwe=(89,)), around) == Question(("/mine/sql",), usual.query)
    asked = chooser.question(advisory("requests", ("2.0",)), around)
    assert asked == Question(("/mine/http",), "migrate to 2.0, breaking changes")
    assert chooser.question(Subject("x", "unknown"), around) is None


class Plugin:
    """Knows one rule, and breaks or talks nonsense about others."""

    @hookimpl
    def mcpquality_documentation(self, subject: Subject, surroundings: Surroundings) -> object:
        if subject.rule == "broken":
            raise SystemExit(0)
        if subject.rule == "nonsense":
            return "/a/b"
        if subject.rule == "leak":
            return Question(("/a/b",), "why is password='hunter2-hunter2' refused")
        if subject.rule == "B602":
            return Question(("/their/guide", "b", "c", "d"), f"on python 3.{surroundings.python}")
        return None


def test_a_plugin_wins_over_the_table_and_not_over_the_configuration() -> None:
    plugins = Plugins([Plugin()])
    about = Subject("bandit", "B602")
    assert ask(about, plugins=plugins) == Question(("/their/guide", "b", "c"), "on python 3.12")
    assert ask(Subject("bandit", "B506"), plugins=plugins) == ask(Subject("bandit", "B506"))
    chosen = Chooser(parse(["B602 | /mine/guide | q"]), plugins).question(about, Around())
    assert chosen == Question(("/mine/guide",), "q")


@pytest.mark.parametrize("rule", ["broken", "nonsense", "leak"])
def test_a_plugin_that_does_not_do_costs_no_advice(rule: str) -> None:
    about = Subject("any", rule, cwe=(78,))
    assert ask(about, plugins=Plugins([Plugin()])) == ask(Subject("bandit", "B602"))


def test_the_tables_hold_together() -> None:
    assert {*RULES.values(), *WEAKNESSES.values()} <= TOPICS.keys()
    assert RULES.keys() <= BANDIT.keys() | bundled_rules().keys() | rules_of(load_checks()).keys()
    assert {*MODULES.values(), *RENAMED.values()} <= LIBRARIES.keys()
    for topic in TOPICS.values():
        assert {*topic.libraries, topic.default} - {""} <= LIBRARIES.keys()
        assert topic.default in {"", *topic.libraries}
        assert topic.topic in {"", *TTL_BY_TOPIC}
    assert all(map(is_library, LIBRARIES.values()))
    for used in ((), tuple(LIBRARIES)):
        for asked in every_question(Around(used)):
            assert problem(asked.libraries, asked.query) == ""


def test_our_own_rules_all_have_a_topic() -> None:
    assert [rule for rule in bundled_rules() if not topic_of(Subject("semgrep", rule))] == []
