"""What holds for each check of ours: a server that is fine passes it, and one that was not seen does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.health.check import Check, Group, Rule
from pytest_mcpquality.health.definitions import Definitions, Wire
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import Answer, Arguments, Probes, Question, ToolCall
from pytest_mcpquality.health.probes.calls import for_no_object, plan, wrong_calls
from pytest_mcpquality.health.registry import BUILT_IN
from pytest_mcpquality.health.settings import ServerSettings
from tests.support.observations import FAILED, exposed, looked, observed

OWN = [
    check
    for check in BUILT_IN
    if check.rules[0].group in {Group.ALIVE, Group.PROTOCOL, Group.ROBUSTNESS, Group.SPEED, Group.EXPOSURE}
    or check.rules[0].id == "mcp-poisoning-result"
]
RULES = [rule for check in OWN for rule in check.rules]


@pytest.mark.parametrize("check", OWN, ids=lambda check: check.rules[0].id)
@pytest.mark.parametrize("seen", [observed(), exposed()], ids=["process", "HTTP"])
def test_a_server_that_is_fine_passes(check: Check[Observation], seen: Observation) -> None:
    outcome = check.look(seen)
    assert outcome.hits == ()
    assert outcome.unseen == ()


@pytest.mark.parametrize("check", OWN, ids=lambda check: check.rules[0].id)
def test_one_that_was_not_reached_does_not(check: Check[Observation]) -> None:
    outcome = check.look(FAILED)
    assert outcome.unseen or outcome.hits
    assert all(unseen.reason == "exited with 3: KeyError: 'q'" for unseen in outcome.unseen)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_is_wrong_and_how_to_put_it_right(rule: Rule) -> None:
    assert re.fullmatch(rf"mcp-{rule.group.value}-[a-z-]+", rule.id)
    assert rule.help.endswith(".")
    assert rule.fix.endswith(".")
    assert not rule.title.endswith(".")
    assert all(reference.startswith("https://") for reference in rule.references)


KEYS = st.sampled_from(
    [
        "name",
        "inputSchema",
        "outputSchema",
        "annotations",
        "properties",
        "required",
        "content",
        "text",
        "isError",
        "type",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
WIRE = st.dictionaries(KEYS, JSON, max_size=4)


@given(WIRE, WIRE, JSON)
def test_nothing_that_a_server_sends_breaks_one(tool: Wire, result: Wire, capability: object) -> None:
    definitions = Definitions("notes", "2025-11-25", tools=(tool,), capabilities={"resources": capability})
    plan(definitions, ServerSettings(safe_tools=("*",)))
    wrong_calls(definitions, ServerSettings(safe_tools=("*",)))
    for_no_object(definitions, ServerSettings())
    answer = Answer(0.1, result=result)
    calls = tuple(ToolCall(str(tool.get("name")), how, answer) for how in Arguments)
    probes = Probes(dict.fromkeys(Question, answer), {"prompts/list": answer}, calls=calls)
    for check in OWN:
        check.look(observed(first=looked(definitions=definitions), probes=probes))
