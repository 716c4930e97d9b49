"""From what was asked for to a plan of the gate: the same for the command and for pytest."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.registry import load_scanners
from pytest_mcpquality.commands.loaded import settings_for
from pytest_mcpquality.config.docs_keys import DOCS
from pytest_mcpquality.config.files import find_document
from pytest_mcpquality.config.health_keys import HEALTH
from pytest_mcpquality.config.settings import Output, Settings, Source
from pytest_mcpquality.health.configuring import health_settings, names
from pytest_mcpquality.health.gate import HealthPlan
from pytest_mcpquality.health.locking import find_lock
from pytest_mcpquality.health.registry import load_checks, rules_of
from pytest_mcpquality.health.selecting import candidates
from pytest_mcpquality.mcp.servers import load_servers
from pytest_mcpquality.orchestrator import environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line says.

    Attributes:
        root: The project's folder.
        target: The folder as the user wrote it.
        config: Files to read servers (JSON) or settings (TOML) from, in place of those in the project.
        overrides: The other options, by key below `[tool.mcpquality.health]`.
        update_lock: Whether the lock file is to be written anew.
        prefix: What the names of the options start with.
        docs: False where nobody is to be asked for documentation; None for what is configured.
    """

    root: Path
    target: str
    config: Sequence[str] = ()
    overrides: Mapping[str, object]
    update_lock: bool = False
    prefix: str = ""
    docs: bool | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The plan, the reports that are to be written, and all settings."""

    plan: HealthPlan
    outputs: tuple[Output, ...]
    settings: Settings


def prepare(asked: Asked, environ: Mapping[str, str] | None = None) -> Prepared:
    """Read all there is to read, and start nothing.

    Raises:
        UsageError: Something in the options, the configuration or a file is wrong.
    """
    variables = os.environ if environ is None else environ
    config_file, files = _config_files(asked)
    named = {f"{HEALTH}.{name}": value for name, value in asked.overrides.items()} | {f"{DOCS}.enabled": asked.docs}
    overrides = {name: value for name, value in named.items() if value is not None}
    settings = settings_for(
        asked.root,
        load_scanners(),
        config_file=config_file,
        overrides=overrides,
        environ=variables,
        prefix=asked.prefix,
    )
    checks = load_checks()
    document = find_document(asked.root, config_file)
    files = files or _files_of_the_configuration(settings)
    given = files or (() if config_file else None)
    servers = load_servers(asked.root, variables, files=given, config_file=config_file)
    own = health_settings(settings, document, rules_of(checks), variables)
    found = candidates(servers, names(settings, "select"), own, asked.root)
    _check_tables([one.name for one in found], own.servers, whole=not given)
    lock = find_lock(
        asked.root,
        _lock_path(settings, given=config_file is not None),
        [path.absolute().parent for path in files],
        update=asked.update_lock,
    )
    plan = HealthPlan(asked.root, asked.target, found, own, checks, lock, environment())
    return Prepared(plan, settings.health_outputs, settings)


def _config_files(asked: Asked) -> tuple[Path | None, tuple[Path, ...]]:
    """The file with our settings, if one was given, and the files with servers."""
    paths = [Path(text) for text in asked.config]
    ours = [path for path in paths if path.suffix == ".toml"]
    if len(ours) > 1:
        option = f"--{asked.prefix}config"
        raise UsageError(f"{option} names two files with settings, {ours[0]} and {ours[1]}: keep one of them")
    return (ours[0] if ours else None), tuple(path for path in paths if path not in ours)


def _files_of_the_configuration(settings: Settings) -> tuple[Path, ...]:
    base = _base(settings, "config")
    return tuple(base / name for name in names(settings, "config"))


def _lock_path(settings: Settings, *, given: bool) -> Path | None:
    setting = settings.setting(f"{HEALTH}.lock")
    if not isinstance(setting.value, str):
        return None
    path = _base(settings, "lock") / setting.value
    # A file of the tree is part of the change under review: it does not say what is overwritten elsewhere.
    inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(settings.root))
    if setting.origin.source is Source.FILE and not given and not inside:
        raise UsageError(f"{setting.origin}: {path} lies outside of the project; only --lock may name such a file")
    return path


def _base(settings: Settings, key: str) -> Path:
    """From where a path counts: in a file from its folder, else from the working folder."""
    from_file = settings.setting(f"{HEALTH}.{key}").origin.source is Source.FILE
    return settings.file.parent if from_file and settings.file else Path()


def _check_tables(known: Sequence[str], tables: Mapping[str, object], *, whole: bool) -> None:
    """A table for a server that there is not is a slip, unless only some of the servers were read."""
    unknown = [name for name in tables if name not in known]
    if whole and unknown:
        there = ", ".join(known) or "none"
        raise UsageError(f"{HEALTH}.servers.{unknown[0]}: there is no such server; there are: {there}")
