"""From the configuration to what holds in a run of the gate."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from mcpquality_scanners.findings import Severity
from pytest_mcpquality.config.files import Document
from pytest_mcpquality.config.health_keys import ALLOW, HEALTH
from pytest_mcpquality.config.loading import complain
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.config.weakening import weakened_health
from pytest_mcpquality.health.allowing import read_allowed, unknown_rule
from pytest_mcpquality.health.server_tables import ServerTables, general, read_server_tables
from pytest_mcpquality.health.settings import JOBS, Allowed, HealthSettings


def health_settings(
    settings: Settings, document: Document | None, rules: Collection[str], environ: Mapping[str, str]
) -> HealthSettings:
    """What holds for the servers.

    Args:
        settings: All settings, checked.
        document: The configuration file that they are from, for its tables of servers and of what is allowed.
        rules: Ids of all rules there are.
        environ: Values for variables in headers.

    Raises:
        UsageError: Something in the tables is wrong; the message names each place.
    """
    tables = read_server_tables(document, settings, environ) if document else ServerTables()
    allowed, wrong = read_allowed(document, rules) if document else ((), [])
    skip = names(settings, "skip")
    complain([*_unknown_rules(settings, skip, rules), *tables.problems, *wrong])
    return HealthSettings(
        fail_on=Severity(settings.setting(f"{HEALTH}.fail-on").value),
        skip=skip,
        allowed=allowed,
        accepted=names(settings, "allow-incomplete"),
        jobs=cast("int", settings.setting(f"{HEALTH}.jobs").value) or max(JOBS, os.cpu_count() or 1),
        general=general(settings),
        servers=tables.settings,
        weakened=(*weakened_health(settings), *tables.weakened, *_allowances(document, allowed)),
    )


def names(settings: Settings, key: str) -> tuple[str, ...]:
    """The texts of one of the lists in `[tool.mcpquality.health]`."""
    return cast("tuple[str, ...]", settings.setting(f"{HEALTH}.{key}").value)


def _unknown_rules(settings: Settings, skip: Sequence[str], rules: Collection[str]) -> list[str]:
    place = settings.setting(f"{HEALTH}.skip").origin
    return [f"{place}: {problem}" for pattern in skip if (problem := unknown_rule(pattern, rules))]


def _allowances(document: Document | None, allowed: Sequence[Allowed]) -> list[str]:
    if not allowed or document is None:
        return []
    listed = ", ".join(f"{one.rule} of {one.server or 'all servers'} until {one.expires}" for one in allowed)
    return [f"{len(allowed)} x {HEALTH}.{ALLOW} in {document.name}: {listed}"]
