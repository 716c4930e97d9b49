from __future__ import annotations

from collections.abc import Sequence

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Severity
from pytest_mcpquality.health import hookspecs
from pytest_mcpquality.health.check import Check, Group, Outcome, Rule
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.registry import BUILT_IN, load_checks, rules_of


class Own:
    """A third party's check."""

    def __init__(self, name: str) -> None:
        self.rules = (Rule(name, Group.CONTRACT, Severity.LOW, "Title", "Help.", "Fix."),)

    def look(self, _: Observation) -> Outcome:
        return Outcome()


class Plugin:
    """What brings it."""

    def __init__(self, *checks: object) -> None:
        self._checks = checks

    @hookspecs.hookimpl
    def mcpquality_health_checks(self) -> Sequence[Check[Observation]]:
        return self._checks  # type: ignore[return-value]  # wrong ones are the point


class Broken:
    """One that cannot say."""

    @hookspecs.hookimpl
    def mcpquality_health_checks(self) -> Sequence[Check[Observation]]:
        raise SystemExit(0)


def test_ours_come_first_then_those_of_plugins() -> None:
    own = Own("mcp-contract-own")
    checks = load_checks([Plugin(own)])
    assert checks == (*BUILT_IN, own)
    assert rules_of(checks)["mcp-contract-own"].title == "Title"


def test_every_rule_of_ours_can_be_acted_on() -> None:
    rules = rules_of(load_checks())
    assert len(rules) == sum(len(check.rules) for check in BUILT_IN)
    for name, rule in rules.items():
        assert name.startswith(f"mcp-{rule.group.value}-")
        assert rule.title
        assert rule.help.endswith((".", ")")), name
        assert rule.fix.endswith((".", ")")), name
        assert all(link.startswith("https://") for link in rule.references)


@pytest.mark.parametrize(
    ("plugin", "says"),
    [
        (Plugin(Own("mcp-alive-start")), "'mcp-alive-start', which two rules have"),
        (Plugin(Own("speed")), "'speed', which is none: it must be mcp-<group>-<name>"),
        (Plugin(object()), "a plugin brings 'object' as a check, but it has no rules or no look()"),
        (Broken(), "a plugin cannot say which checks it brings: SystemExit: 0"),
    ],
)
def test_what_a_plugin_does_wrong_is_said(plugin: object, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_checks([plugin])
    assert says in str(raised.value)
