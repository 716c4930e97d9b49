"""From the settings to a client and a choice: whom to ask for documentation, with which key, about what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.config.docs_keys import DOCS
from pytest_mcpquality.config.settings import Setting, Settings, Source
from pytest_mcpquality.remediation.choosing.choosing import Chooser
from pytest_mcpquality.remediation.choosing.configured import parse
from pytest_mcpquality.remediation.choosing.registry import Plugins
from pytest_mcpquality.remediation.settings import API_URL, MCP_URL, MEMORY_ONLY, DocsSettings
from pytest_mcpquality.remediation.values import TransportKind

API_KEY = "CONTEXT7_API_KEY"
"""The variable of the keys; the other two are the addresses."""

_VARIABLES = {"api-url": "CONTEXT7_API_URL", "mcp-url": "CONTEXT7_MCP_URL"}


def enabled(settings: Settings) -> bool:
    """Whether documentation is asked for at all."""
    return bool(settings.setting(f"{DOCS}.enabled").value)


def deadline(settings: Settings) -> float:
    """Seconds that a run has for all questions."""
    return float(cast("float", settings.setting(f"{DOCS}.deadline").value))


def chooser(settings: Settings) -> Chooser:
    """What chooses the questions: the configuration, the installed plugins, the tables.

    Raises:
        UsageError: An entry of the configuration cannot be asked, or a plugin cannot be loaded.
    """
    rules = settings.setting(f"{DOCS}.rules")
    entries = parse(cast("tuple[str, ...]", rules.value), f"{rules.origin}: {rules.key.name}")
    return Chooser(entries, Plugins())


def client_settings(settings: Settings, environ: Mapping[str, str]) -> DocsSettings:
    """What the client needs to know.

    Raises:
        UsageError: Something in it cannot be.
    """
    reading = _Reading(settings, environ)
    with_key = reading.may_send_key()
    file = reading.text("api-key-file")
    return DocsSettings(
        transport=reading.transport,
        api_url=reading.address("api-url") or API_URL,
        mcp_url=reading.address("mcp-url") or MCP_URL,
        mcp_command=reading.items("mcp-command"),
        api_keys=_keys(environ) if with_key else (),
        api_key_file=Path(file).expanduser() if file and with_key else None,
        api_key_command=reading.items("api-key-command") if with_key else (),
        timeout=reading.number("timeout"),
        deadline=reading.number("deadline"),
        cache=reading.cache(),
        offline=settings.offline,
    )


def keeps_key_back(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether there is a key that is not sent, since a file in the scanned folder chooses the address."""
    reading = _Reading(settings, environ)
    sources = (API_KEY in environ, reading.text("api-key-file"), reading.items("api-key-command"))
    return any(sources) and not reading.may_send_key()


def _keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(filter(None, re.split(r"[\s,]+", environ.get(API_KEY, ""))))


class _Reading:
    """Reads the table, with the variables that Context7's own programs know."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ

    @property
    def transport(self) -> TransportKind:
        return TransportKind(self.text("transport"))

    def setting(self, name: str) -> Setting:
        return self._settings.setting(f"{DOCS}.{name}")

    def text(self, name: str) -> str:
        return cast("str | None", self.setting(name).value) or ""

    def number(self, name: str) -> float:
        return float(cast("float", self.setting(name).value))

    def items(self, name: str) -> tuple[str, ...]:
        return cast("tuple[str, ...]", self.setting(name).value)

    def address(self, name: str) -> str:
        """An address: variables win over the file, ours over Context7's."""
        variable = self._variable(name)
        return variable or self.text(name)

    def _variable(self, name: str) -> str:
        if self.setting(name).origin.source >= Source.ENVIRONMENT:
            return ""
        return self._environ.get(_VARIABLES[name], "").strip()

    def may_send_key(self) -> bool:
        """Whether nobody but the user chose where a key would go: the change under review has no say in it."""
        if self.transport is TransportKind.REST:
            return bool(self._variable("api-url")) or not self._in_tree("api-url")
        if self.items("mcp-command"):
            return not self._in_tree("mcp-command")
        return bool(self._variable("mcp-url")) or not self._in_tree("mcp-url")

    def cache(self) -> str:
        """Where answers are kept.

        Raises:
            UsageError: It is an address of another kind; or a file in the scanned folder names a file: it may be any,
                and it would be written to.
        """
        setting, spec = self.setting("cache"), self.text("cache")
        scheme, is_address, _ = spec.partition("://")
        if is_address and scheme not in {"redis", "rediss"}:
            raise UsageError(
                f"{setting.origin}: {setting.key.name} must be the path of a file, {MEMORY_ONLY!r} or the address of a "
                "server, such as redis://localhost:6379/0"
            )
        if spec in {"", MEMORY_ONLY} or is_address or not self._in_tree("cache"):
            return spec
        raise UsageError(
            f"{setting.origin}: {setting.key.name} names a file, which a file in the scanned folder may not: use "
            f"{setting.key.variable}, or a file that is given with --config"
        )

    def _in_tree(self, name: str) -> bool:
        return self.setting(name).origin.source is Source.FILE and not self._settings.file_given
