"""`[tool.mcpquality.health]` and its tables, from the text of a file to what holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Severity
from pytest_mcpquality.config.files import find_document
from pytest_mcpquality.config.loading import load_settings
from pytest_mcpquality.config.weakening import weakened
from pytest_mcpquality.health.configuring import health_settings
from pytest_mcpquality.health.settings import HealthSettings, Limits

RULES = ("mcp-alive-start", "mcp-speed-call", "mcp-speed-start")

WHOLE = """\
[health]
fail-on = "medium"
skip = ["mcp-speed-*"]
timeout = 30
call-limit = 1.5
safe-tools = ["get_*"]
allow-incomplete = ["flaky"]
jobs = 3

[health.servers.slow]
start-limit = 20
output-limit = 5
unsafe-tools = ["get_all"]
arguments = { get_time = { zone = "UTC" } }
headers = { Authorization = "Bearer ${TOKEN}", X-Other = "${NONE}" }

[[health.allow]]
rule = "mcp-alive-*"
reason = "moves next week"
expires = 2030-01-31
server = "slow"
"""


def load(
    root: Path, text: str, environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
) -> HealthSettings:
    (root / "mcpquality.toml").write_text(text, encoding="utf-8")
    variables = environ or {}
    settings = load_settings(
        root,
        config_file=None,
        environ={name: value for name, value in variables.items() if name.startswith("MCPQUALITY_")},
        overrides=overrides or {},
        scanners=(),
        tools=(),
        formats=("terminal", "json"),
        prefix="mcp-health-",
    )
    assert not [sentence for sentence in weakened(settings) if "health" in sentence], "a scan has no say in this"
    return health_settings(settings, find_document(root, None), RULES, variables)


def test_without_a_table_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.fail_on is Severity.HIGH
    assert settings.general.limits == Limits()
    assert settings.general.timeout == 60
    assert settings.jobs >= 4
    assert settings.weakened == ()


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE, {"TOKEN": "secret"})
    assert (settings.fail_on, settings.skip, settings.jobs) == (Severity.MEDIUM, ("mcp-speed-*",), 3)
    assert settings.accepted == ("flaky",)
    assert settings.of("other").limits == Limits(call=1.5)
    slow = settings.of("slow")
    assert slow.limits == Limits(start=20, call=1.5, output=5)
    assert (slow.timeout, slow.safe_tools, slow.unsafe_tools) == (30, ("get_*",), ("get_all",))
    assert slow.arguments == {"get_time": {"zone": "UTC"}}
    assert slow.headers["Authorization"] == "Bearer secret"
    assert slow.missing == ("${NONE} has no value: set the variable NONE",)
    assert "secret" not in repr(slow)
    (allowed,) = settings.allowed
    assert (allowed.rule, allowed.server, allowed.expires) == ("mcp-alive-*", "slow", date(2030, 1, 31))


def test_what_is_looser_than_by_default_is_named(tmp_path: Path) -> None:
    sentences = "\n".join(load(tmp_path, WHOLE).weakened)
    assert 'health.skip = ["mcp-speed-*"] instead of [], set by mcpquality.toml' in sentences
    assert "health.call-limit = 1.5 instead of 0.5" in sentences
    assert "health.servers.slow.start-limit = 20 instead of 10, set by mcpquality.toml" in sentences
    assert "1 x health.allow in mcpquality.toml: mcp-alive-* of slow until 2030-01-31" in sentences
    assert "fail-on" not in sentences


def test_a_variable_and_an_option_win_over_the_tables(tmp_path: Path) -> None:
    text = "[health.servers.slow]\ntimeout = 5\ncall-limit = 9\n"
    settings = load(tmp_path, text, {"MCPQUALITY_HEALTH__CALL_LIMIT": "2"}, {"health.timeout": 7})
    assert (settings.of("slow").timeout, settings.of("slow").limits.call) == (7, 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("health = 1", "mcpquality.toml:1: health must be a table"),
        ("[health]\nfial-on = 'high'", "mcpquality.toml:2: health.fial-on is not known; did you mean fail-on?"),
        ("[health]\nskip = ['mcp-sped-call']", "names 'mcp-sped-call', which is no rule; did you mean mcp-speed-call?"),
        ("[health]\nreport = ['jsn']", "names 'jsn', which is no format; did you mean json?"),
        ("[health]\nreport = ['json=../r.json']", "lies outside of the scanned folder"),
        ("[health]\nservers = 1", "mcpquality.toml:2: health.servers must be a table of servers"),
        ("[health.servers]\na = 1", "mcpquality.toml:2: health.servers.a must be a table"),
        ("[health.servers.a]\ntimout = 1", "mcpquality.toml:2: health.servers.a.timout is not known; did you mean"),
        ("[health.servers.a]\ntimeout = 0", "health.servers.a.timeout must be at least 1, not 0"),
        ("[health.servers.a]\narguments = 1", "health.servers.a.arguments must be a table of tools"),
        ("[health.servers.a.arguments]\nb = 1", "must have a table of arguments for b, not 1"),
        ("[health.servers.a]\nheaders = {x = 1}", "health.servers.a.headers must be a table of texts"),
        ("[health]\nallow = 1", "health.allow must be an array of tables: write [[health.allow]]"),
        ("[[health.allow]]\nrule = 'mcp-*'\nreason = 'x'", "health.allow has no expires, which every entry needs"),
        ("[[health.allow]]\nrule = 'mcp-x'", "names 'mcp-x', which is no rule"),
        ("[[health.allow]]\nrule = 1", "health.allow.rule must be a string, not 1"),
        ("[[health.allow]]\nreason = ' '", "mcpquality.toml:2: health.allow.reason must not be empty"),
        ("[[health.allow]]\nexpires = 'soon'", "health.allow.expires must be a date such as 2030-12-31, not 'soon'"),
        ("[[health.allow]]\nexpires = 2030-01-01T00:00:00", "health.allow.expires must be a date"),
        ("[[health.allow]]\nresaon = 'x'", "health.allow.resaon is not known; did you mean reason?"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text)
    assert says in str(raised.value)


def test_a_wrong_option_is_called_what_it_is_called_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--mcp-health-timeout must be at least 1, not 0\.5"):
        load(tmp_path, "", overrides={"health.timeout": 0.5})
    with pytest.raises(UsageError, match="--mcp-health-skip: names 'x', which is no rule"):
        load(tmp_path, "", overrides={"health.skip": ["x"]})
