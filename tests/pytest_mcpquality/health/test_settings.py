from __future__ import annotations

from datetime import date

import pytest

from mcpquality_scanners.findings import Subject
from pytest_mcpquality.health.settings import Allowed, HealthSettings, ServerSettings

DAY = date(2030, 1, 31)


@pytest.mark.parametrize(
    ("settings", "tool", "read_only", "may"),
    [
        (ServerSettings(), "search", False, False),
        (ServerSettings(), "search", True, True),
        (ServerSettings(safe_tools=("get_*",)), "get_time", False, True),
        (ServerSettings(safe_tools=("get_*",)), "set_time", False, False),
        (ServerSettings(unsafe_tools=("search",)), "search", True, False),
        (ServerSettings(safe_tools=("*",), unsafe_tools=("delete_*",)), "delete_all", True, False),
    ],
)
def test_a_tool_is_called_only_when_marked_or_named_safe(
    settings: ServerSettings, tool: str, *, read_only: bool, may: bool
) -> None:
    assert settings.may_call(tool, read_only=read_only) is may


@pytest.mark.parametrize(
    ("allowed", "covers"),
    [
        (Allowed(rule="mcp-speed-call", reason="slow", expires=DAY), True),
        (Allowed(rule="mcp-speed-*", reason="slow", expires=DAY, server="ti*", name="now"), True),
        (Allowed(rule="mcp-alive-*", reason="slow", expires=DAY), False),
        (Allowed(rule="*", reason="slow", expires=DAY, server="other"), False),
        (Allowed(rule="*", reason="slow", expires=DAY, name="later"), False),
        (Allowed(rule="*", reason="slow", expires=date(2030, 1, 30)), False),
    ],
)
def test_an_allowance_covers_what_it_names_until_its_last_day(allowed: Allowed, *, covers: bool) -> None:
    assert allowed.covers("mcp-speed-call", Subject("time", "tool", "now"), DAY) is covers


def test_a_server_without_settings_of_its_own_has_those_of_all() -> None:
    own = ServerSettings(timeout=5)
    settings = HealthSettings(servers={"slow": own}, skip=("mcp-speed-*",))
    assert settings.of("slow") is own
    assert settings.of("other") == ServerSettings()
    assert settings.skips("mcp-speed-call")
    assert not settings.skips("mcp-alive-start")
