"""The structured content of a tool's result is what its output schema says."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject, Unseen
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.asked import probes_of, rest_unseen
from pytest_mcpquality.health.checks.protocol.fitting import NotCheckedError, problem_of
from pytest_mcpquality.health.definitions import Wire, mapping, text
from pytest_mcpquality.health.observation import Observation
from pytest_mcpquality.health.probes.answers import ToolCall

RULE: Final = Rule(
    "mcp-protocol-structured-content",
    Group.PROTOCOL,
    Severity.HIGH,
    "A result is not what the output schema says",
    "A tool with an output schema must answer with structured content that fits it. Clients check that, and drop the "
    "result with an error of their own; what does not check, goes on with data of another form.",
    "Make schema and result from one type, as the SDKs do from annotations; or leave the output schema out.",
    references=("https://modelcontextprotocol.io/specification/2025-11-25/server/tools#output-schema",),
)


class StructuredContent:
    """A finding for each tool; tools that were not called are named by the check for that."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which results do not fit."""
        probes = probes_of(observed, "structured content")
        if isinstance(probes, Outcome):
            return probes
        hits: list[Hit] = []
        unseen: list[Unseen] = list(rest_unseen(observed, probes))
        schemas = _output_schemas(observed)
        for call in probes.calls:
            if call.tool in schemas and call.how.valid and call.answer.accepted:
                try:
                    problem = _problem(schemas[call.tool], call)
                except NotCheckedError as error:
                    unseen.append(Unseen(f"{observed.server}: structured content of the tool {call.tool}", str(error)))
                    continue
                if problem:
                    hits.append(Hit(RULE, Subject(observed.server, "tool", call.tool), problem))
        return Outcome(tuple(hits), tuple(unseen))


def _output_schemas(observed: Observation) -> dict[str, Wire]:
    tools = observed.definitions.tools if observed.definitions is not None else ()
    return {text(tool, "name"): mapping(tool["outputSchema"]) for tool in tools if tool.get("outputSchema")}


def _problem(schema: Wire, call: ToolCall) -> str:
    result = call.answer.result or {}
    if result.get("structuredContent") is None:
        return "has an output schema, and answered without structured content"
    problem = problem_of(schema, result["structuredContent"])
    return f"answered with structured content that does not fit its output schema: {problem}" if problem else ""
