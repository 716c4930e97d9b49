"""`[tool.mcpquality.health.servers.NAME]`: what holds for one server and differs from what holds for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from mcpquality_scanners.options import Option, Value, shown
from pytest_mcpquality.config.checking import nearest
from pytest_mcpquality.config.files import Document, as_table
from pytest_mcpquality.config.health_keys import ARGUMENTS, EACH_SERVER, HEADERS, HEALTH, SERVERS
from pytest_mcpquality.config.rendering import toml_value
from pytest_mcpquality.config.settings import Origin, Settings, Source
from pytest_mcpquality.health.settings import Limits, ServerSettings
from pytest_mcpquality.mcp.variables import Expansion

_OPTIONS = {option.name: option for option in EACH_SERVER}
_TABLES = (ARGUMENTS, HEADERS)


@dataclass(slots=True)
class ServerTables:
    """What was read: settings by server, what is wrong, and what is looser than for all servers."""

    settings: dict[str, ServerSettings] = field(default_factory=dict[str, ServerSettings])
    problems: list[str] = field(default_factory=list[str])
    weakened: list[str] = field(default_factory=list[str])


def general(settings: Settings) -> ServerSettings:
    """What holds for a server without a table of its own."""
    return _settings({name: settings.setting(f"{HEALTH}.{name}").value for name in _OPTIONS})


def read_server_tables(document: Document, settings: Settings, environ: Mapping[str, str]) -> ServerTables:
    """All such tables of a configuration file."""
    tables = ServerTables()
    health = as_table(document.table.get(HEALTH)) or {}
    servers = as_table(health.get(SERVERS, {}))
    if servers is None:
        tables.problems.append(f"{_place(document)}: {HEALTH}.{SERVERS} must be a table of servers")
        return tables
    for name, raw in servers.items():
        _ServerTable(document, settings, Expansion(environ, settings.root), tables, name).read(raw)
    return tables


def _place(document: Document, *path: str) -> Origin:
    return Origin(Source.FILE, document.name, document.line((HEALTH, SERVERS, *path)))


@dataclass(frozen=True, slots=True)
class _ServerTable:
    document: Document
    settings: Settings
    expansion: Expansion
    tables: ServerTables
    name: str

    def read(self, raw: object) -> None:
        table = as_table(raw)
        if table is None:
            self._complain("", "must be a table")
            return
        values = {name: self._value(name, table) for name in _OPTIONS}
        arguments, headers = self._tables(ARGUMENTS, table), self._headers(table)
        for key in table:
            if key not in _OPTIONS and key not in _TABLES:
                self._complain(key, f"is not known{nearest(key, (*_OPTIONS, *_TABLES))}")
        missing = tuple(self.expansion.missing)
        self.tables.settings[self.name] = _settings(values, arguments, headers, missing)

    def _value(self, name: str, table: Mapping[str, object]) -> Value:
        """The table's own value, unless a variable or an option says another one for all servers."""
        option, for_all = _OPTIONS[name], self.settings.setting(f"{HEALTH}.{name}")
        if name not in table:
            return for_all.value
        if problem := option.problem(table[name]):
            self._complain(name, problem)
            return for_all.value
        if for_all.origin.source > Source.FILE:
            return for_all.value
        value = option.normalise(table[name])
        self._weigh(option, value)
        return value

    def _weigh(self, option: Option, value: Value) -> None:
        if option.weakens(value):
            instead = f"{toml_value(value)} instead of {toml_value(option.default)}, set by {self.document.name}"
            self.tables.weakened.append(f"{HEALTH}.{SERVERS}.{self.name}.{option.name} = {instead}")

    def _tables(self, key: str, table: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
        found = as_table(table.get(key, {}))
        if found is None:
            self._complain(key, "must be a table of tools")
            return {}
        arguments = {name: as_table(value) for name, value in found.items()}
        for name, value in arguments.items():
            if value is None:
                self._complain(key, f"must have a table of arguments for {name}, not {shown(found[name])}")
        return {name: value for name, value in arguments.items() if value is not None}

    def _headers(self, table: Mapping[str, object]) -> dict[str, str]:
        found = as_table(table.get(HEADERS, {}))
        if found is None or not all(isinstance(value, str) for value in found.values()):
            self._complain(HEADERS, "must be a table of texts")
            return {}
        return {name: self.expansion.fill(cast("str", value)) for name, value in found.items()}

    def _complain(self, key: str, problem: str) -> None:
        path = (self.name, key) if key else (self.name,)
        self.tables.problems.append(f"{_place(self.document, *path)}: {'.'.join((HEALTH, SERVERS, *path))} {problem}")


def _settings(
    values: Mapping[str, Value],
    arguments: Mapping[str, Mapping[str, object]] | None = None,
    headers: Mapping[str, str] | None = None,
    missing: tuple[str, ...] = (),
) -> ServerSettings:
    number = {name: cast("float", value) for name, value in values.items()}
    names = {name: cast("tuple[str, ...]", value) for name, value in values.items()}
    return ServerSettings(
        timeout=float(number["timeout"]),
        limits=Limits(
            start=float(number["start-limit"]), call=float(number["call-limit"]), output=int(number["output-limit"])
        ),
        safe_tools=names["safe-tools"],
        unsafe_tools=names["unsafe-tools"],
        arguments=arguments or {},
        headers=headers or {},
        missing=missing,
    )
