"""All checks of servers, ours and anybody's: registered by one manager through one hook."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.plugins import brought, plugin_manager
from pytest_mcpquality.health import hookspecs
from pytest_mcpquality.health.check import Check, Rule
from pytest_mcpquality.health.checks.alive.start import Start
from pytest_mcpquality.health.checks.alive.stop import Stop
from pytest_mcpquality.health.checks.configuration.auth import ConfiguredAuth
from pytest_mcpquality.health.checks.configuration.pinning import Unpinned
from pytest_mcpquality.health.checks.configuration.plain_http import ConfiguredPlainHttp
from pytest_mcpquality.health.checks.configuration.privileges import Privileges
from pytest_mcpquality.health.checks.configuration.secrets import Secrets
from pytest_mcpquality.health.checks.configuration.shell import Shell
from pytest_mcpquality.health.checks.contract.descriptions import Descriptions
from pytest_mcpquality.health.checks.contract.drift import Drift, Unstable
from pytest_mcpquality.health.checks.contract.names import Names
from pytest_mcpquality.health.checks.contract.order import Order
from pytest_mcpquality.health.checks.contract.schemas import Schemas
from pytest_mcpquality.health.checks.exposure.auth import NoAuth
from pytest_mcpquality.health.checks.exposure.cors import Cors
from pytest_mcpquality.health.checks.exposure.network import Network
from pytest_mcpquality.health.checks.exposure.plain import PlainHttp
from pytest_mcpquality.health.checks.exposure.rebinding import Rebinding
from pytest_mcpquality.health.checks.exposure.session_checks import SessionUnchecked
from pytest_mcpquality.health.checks.exposure.sessions import SessionIds
from pytest_mcpquality.health.checks.poisoning.instructions import Instructions
from pytest_mcpquality.health.checks.poisoning.invisible import Invisible
from pytest_mcpquality.health.checks.poisoning.results import PoisonedResults
from pytest_mcpquality.health.checks.poisoning.shadowing import Shadowing
from pytest_mcpquality.health.checks.protocol.answers import Answers
from pytest_mcpquality.health.checks.protocol.claimed import Claimed
from pytest_mcpquality.health.checks.protocol.http_version import HttpVersion
from pytest_mcpquality.health.checks.protocol.methods import UnknownMethod
from pytest_mcpquality.health.checks.protocol.ping import Ping
from pytest_mcpquality.health.checks.protocol.results import Results
from pytest_mcpquality.health.checks.protocol.stdout import Stdout
from pytest_mcpquality.health.checks.protocol.structured import StructuredContent
from pytest_mcpquality.health.checks.protocol.unclaimed import Unclaimed
from pytest_mcpquality.health.checks.protocol.version import Version
from pytest_mcpquality.health.checks.robustness.arguments import WrongArguments
from pytest_mcpquality.health.checks.robustness.leaks import ErrorLeaks
from pytest_mcpquality.health.checks.robustness.not_called import NotCalled
from pytest_mcpquality.health.checks.robustness.survives import Survives
from pytest_mcpquality.health.checks.robustness.tools import UnknownTool
from pytest_mcpquality.health.checks.speed.blocked import Blocked
from pytest_mcpquality.health.checks.speed.calls import SlowCalls
from pytest_mcpquality.health.checks.speed.lists import SlowLists
from pytest_mcpquality.health.checks.speed.output import Output
from pytest_mcpquality.health.checks.speed.ping import SlowPing
from pytest_mcpquality.health.checks.speed.start import SlowStart
from pytest_mcpquality.health.observation import Observation

BUILT_IN: tuple[Check[Observation], ...] = (
    Start(),
    Stop(),
    Stdout(),
    Answers(),
    Results(),
    Ping(),
    UnknownMethod(),
    Claimed(),
    Unclaimed(),
    Version(),
    HttpVersion(),
    StructuredContent(),
    Drift(),
    Unstable(),
    Order(),
    Names(),
    Schemas(),
    Descriptions(),
    Instructions(),
    Invisible(),
    Shadowing(),
    PoisonedResults(),
    Rebinding(),
    NoAuth(),
    PlainHttp(),
    Network(),
    Cors(),
    SessionIds(),
    SessionUnchecked(),
    Survives(),
    WrongArguments(),
    UnknownTool(),
    ErrorLeaks(),
    NotCalled(),
    SlowStart(),
    SlowLists(),
    SlowPing(),
    SlowCalls(),
    Blocked(),
    Output(),
    Secrets(),
    Unpinned(),
    ConfiguredPlainHttp(),
    ConfiguredAuth(),
    Shell(),
    Privileges(),
)
"""Our own checks, by group: alive, protocol, contract, poisoning, exposure, robustness, speed, configuration."""

_ID = re.compile(r"mcp-[a-z]+(-[a-z0-9]+)+")


class _BuiltIn:
    """Our own checks, brought in the way a third party brings its own."""

    @hookspecs.hookimpl(tryfirst=True)
    def mcpquality_health_checks(self) -> Sequence[Check[Observation]]:
        return BUILT_IN


def load_checks(plugins: Sequence[object] = ()) -> tuple[Check[Observation], ...]:
    """Every check there is: ours, then those of installed plugins (entry points) and of `plugins`.

    Raises:
        UsageError: A plugin cannot be loaded, or what it brings is no check, or has a rule whose id is taken or none.
    """
    manager = plugin_manager(hookspecs, _BuiltIn(), plugins)
    checks = tuple(check for each in brought(manager.hook.mcpquality_health_checks, "checks") for check in each)
    _check(checks)
    return checks


def rules_of(checks: Sequence[Check[Observation]]) -> dict[str, Rule]:
    """Everything that the checks can find, by its id."""
    return {rule.id: rule for check in checks for rule in check.rules}


def _check(checks: Sequence[Check[Observation]]) -> None:
    seen: set[str] = set()
    for check in checks:
        rules = getattr(check, "rules", None)
        if not rules or not hasattr(check, "look"):
            what = f"a plugin brings {type(check).__name__!r} as a check, but it has no rules or no look()"
            raise UsageError(f"{what}. Repair or uninstall the plugin.")
        for rule in check.rules:
            if not _ID.fullmatch(rule.id) or rule.id in seen:
                problem = "which two rules have" if rule.id in seen else "which is none: it must be mcp-<group>-<name>"
                raise UsageError(f"a check has a rule with the id {rule.id!r}, {problem}. Repair or uninstall it.")
            seen.add(rule.id)
