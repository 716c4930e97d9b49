from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.findings import Severity
from mcpquality_scanners.options import Option, OptionKind
from pytest_mcpquality.config.keys import all_keys
from pytest_mcpquality.config.settings import Origin, Output, Settings, Source
from pytest_mcpquality.policy import SuppressionRule

if TYPE_CHECKING:
    from mcpquality_scanners.base import Scanner

Load = Callable[..., Settings]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fial-on = 1", "mcpquality.toml:1: fial-on is not known; did you mean fail-on?"),
        ("fail_on = 'high'", "mcpquality.toml:1: fail_on is not known; did you mean fail-on?"),
        ("zzz = 1", "zzz is not known; there are: allow-incomplete, "),
        ("skips = []", "skips is not known here; did you mean scanners.bandit.skips?"),
        ("cache-dir = '/x'", "cache-dir cannot be set in a file: use the variable MCPQUALITY_CACHE_DIR"),
        ("[tool.mcpquality]", "tool is not known: [tool.mcpquality] is for pyproject.toml"),
        (
            "fail-on = 'hihg'",
            "must be one of: critical, high, medium, low, info, not 'hihg'; did you mean high?",
        ),
        ("fail-on = 3", "fail-on must be one of: critical, high, medium, low, info, not 3"),
        ("select = 'bandit'", "select must be a list of strings, not 'bandit'"),
        ("select = ['bandti']", "select names 'bandti', which is no scanner; did you mean bandit?"),
        ("skip = ['']", "skip names '', which is no scanner; there are: bandit, coverage, semgrep"),
        ("allow-incomplete = ['file']", "which is no scanner; did you mean files?"),
        ("exclude = ['./']", "exclude holds './', which names no file"),
        ("exclude = [1, {}]", "exclude must be a list of strings, not [1, a table]"),
        ("format = ['jsn=x']", "format names 'jsn', which is no format; did you mean json?"),
        ("format = ['json=']", "format has no usable path after the = of 'json='"),
        ('format = ["json=a\\u0000"]', "format has no usable path"),
        ("format = []", "format must name at least one report; there are: html, json, terminal"),
        ("jobs = -1", "jobs must be at least 0, not -1"),
        ("jobs = true", "jobs must be a whole number, not true"),
        ("jobs = 0x" + "f" * 9000, "jobs must be a whole number, not a number that large"),
        ("timeout = nan", "timeout must be a number, not nan"),
        ("timeout = inf", "timeout must be a number, not inf"),
        ("timeout = 0", "timeout must be at least 1, not 0"),
        ("offline = 'yes'", "offline must be true or false, not 'yes'"),
        ("jobs" + ".a" * 3000 + " = 1", "jobs must be a whole number, not a table"),
        (
            "scanners = ['bandit']",
            "scanners must be a table: to choose among the scanners use select and skip",
        ),
        ("scanners.bandit = 1", "scanners.bandit must be a table"),
        ("scanners.bandti.x = 1", "scanners.bandti is not known; did you mean bandit?"),
        (
            "[scanners.bandit]\nskip = []",
            "mcpquality.toml:2: scanners.bandit.skip is not known here; did you mean skip?",
        ),
        ("[scanners.bandit]\nskisp = []", "scanners.bandit.skisp is not known; did you mean skips?"),
        ("[scanners.coverage]", "mcpquality.toml:1: scanners.coverage belongs into [coverage]"),
        ("[coverage]\nlines = true", "coverage.lines must be a number, or false to switch it off, not true"),
        ("[tools]\nruff = '1'", "tools.ruff is not known; there are: bandit, semgrep"),
        ("[tools]\nbandit = '>=1'", 'tools.bandit must be a version such as "1.2.3", or "path", not \'>=1\''),
        ("tools = 1", "tools must be a table"),
        ("suppress = 1", "suppress must be an array of tables: write [[suppress]]"),
        ("suppress = [1]", "suppress must be an array of tables: write [[suppress]]"),
        ("[suppress]\nrule = 'x'", "mcpquality.toml:1: suppress must be an array of tables"),
        ("[[suppress]]\nrule = 'x'", "mcpquality.toml:1: suppress has no reason, which every entry needs"),
        ("[[suppress]]\nreason = 'x'", "suppress has no rule, which every entry needs"),
        ("[[suppress]]\nrule = 'x'\nreason = ' '", "mcpquality.toml:3: suppress.reason must not be empty"),
        ("[[suppress]]\nrule = 'x'\nresaon = 'y'", "suppress.resaon is not known; did you mean reason?"),
        ("[[suppress]]\nrule = 1\nreason = 'y'", "suppress.rule must be a string, not 1"),
        (
            "[[suppress]]\nrule = 'x'\nreason = 'y'\npath = '/'",
            "suppress.path holds '/', which names no file",
        ),
        ("[[suppress]]\nrule = 'x'\nreason = 'y'\nscanner = 'bandt'", "no scanner; did you mean bandit?"),
        (
            "[[suppress]]\nrule = 'x'\nreason = 'y'\nexpires = 'soon'",
            "must be a date such as 2030-12-31, not 'soon'",
        ),
        ("[[suppress]]\nrule = 'x'\nreason = 'y'\nexpires = 2030-01-01T00:00:00", "must be a date such as"),
        (
            "[[suppress]]\nrule = 'x'\nreason = 'y'\nexpires = 2030",
            "must be a date such as 2030-12-31, not 2030",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named(load: Load, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(text)
    assert message in str(caught.value)
    assert str(caught.value).count("\n") <= 2, "nothing but what was planted is complained about"


def test_all_problems_are_reported_together(load: Load) -> None:
    text = "jobs = -1\n[[suppress]]\nrule = 'x'\n[scanners.bandit]\nskips = 3\n"
    with pytest.raises(UsageError) as caught:
        load(text, environ={"MCPQUALITY_JOSB": "1"}, overrides={"timeout": 0, "fial-on": "high"})
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert lines == [
        "6 problems in the configuration:",
        "mcpquality.toml:1: jobs must be at least 0, not -1",
        "mcpquality.toml:5: scanners.bandit.skips must be a list of strings, not 3",
        "environment variable 'MCPQUALITY_JOSB' sets nothing; did you mean MCPQUALITY_JOBS?",
        "--timeout must be at least 1, not 0",
        "command line: fial-on is not known; did you mean fail-on?",
        "mcpquality.toml:2: suppress has no reason, which every entry needs",
    ]


def test_lines_are_found_in_every_way_to_write_a_key(load: Load) -> None:
    text = '"jobs" = 0\r\nscanners . "bandit".skips = ["a=b",\r\n]\r\n[ coverage ]  # the gate\r\nlines = 90\r\n'
    settings = load(text)
    names = ("jobs", "scanners.bandit.skips", "coverage.lines")
    assert [settings.setting(name).origin.line for name in names] == [1, 2, 5]


def test_a_key_in_an_inline_table_is_found_by_the_table(load: Load) -> None:
    settings = load("# first\nscanners = { bandit = { skips = ['B101'] } }\n")
    assert settings.setting("scanners.bandit.skips").origin.line == 2


def test_suppressions_are_kept_with_their_lines(load: Load) -> None:
    text = (
        "[[suppress]]\nrule = 'B1*'\nreason = 'tests'\npath = 'tests/**'\nscanner = 'bandit'\n"
        "expires = 2030-01-31\n[[suppress]]\nrule = 'x'\nreason = 'y'\nexpires = '2031-02-03'\n"
    )
    first, second = load(text).suppressed
    assert first.rule == SuppressionRule("B1*", "tests", "tests/**", "bandit", date(2030, 1, 31))
    assert second.rule == SuppressionRule("x", "y", expires=date(2031, 2, 3))
    assert [str(one.origin) for one in (first, second)] == ["mcpquality.toml:1", "mcpquality.toml:7"]


def test_tools_that_are_set_are_told_apart_from_those_that_are_not(load: Load) -> None:
    assert load("tools.bandit = 'path'").tools == {"bandit": "path"}
    assert load("tools.bandit = '1.9.4rc1.post2'").tools == {"bandit": "1.9.4rc1.post2"}


def test_a_limit_that_is_off_is_none_and_one_of_zero_is_zero(load: Load) -> None:
    assert load("coverage.lines = false").scanners["coverage"].options["lines"] is None
    assert load("coverage.lines = 0").scanners["coverage"].options["lines"] == 0


def test_skip_switches_off_and_select_leaves_the_others_out(load: Load) -> None:
    settings = load("skip = ['bandit']")
    assert {name: one.off for name, one in settings.scanners.items()} == {
        "semgrep": "",
        "bandit": "switched off by mcpquality.toml",
        "coverage": "",
    }
    settings = load("", overrides={"select": ["bandit"]})
    assert settings.scanners["bandit"].off == ""
    assert settings.scanners["semgrep"].off == "not selected by --scanner"


@pytest.mark.parametrize("text", ["skip = ['bandit']", "scanners.bandit.enabled = false", "select = ['semgrep']"])
def test_the_command_line_switches_on_what_a_file_switched_off(load: Load, text: str) -> None:
    settings = load(text, overrides={"select": ["bandit"]})
    assert settings.scanners["bandit"].off == ""
    assert settings.scanners["bandit"].asked


def test_a_variable_switches_on_what_a_file_switched_off(load: Load) -> None:
    settings = load("skip = ['bandit']", environ={"MCPQUALITY_SCANNERS__BANDIT__ENABLED": "yes"})
    assert settings.scanners["bandit"].off == ""


def test_the_command_line_skips_what_a_file_selects(load: Load) -> None:
    settings = load("select = ['bandit', 'semgrep']", overrides={"skip": ["bandit"]})
    assert settings.scanners["bandit"].off == "switched off by --skip"
    assert not settings.scanners["bandit"].asked
    assert settings.scanners["semgrep"].asked


def test_restating_the_default_does_not_bring_back_what_was_not_selected(load: Load) -> None:
    settings = load("select = ['bandit']\nscanners.semgrep.enabled = true\n")
    assert settings.scanners["semgrep"].off == "not selected by mcpquality.toml"


@pytest.mark.parametrize("off", ["skip = ['bandit']", "scanners.bandit.enabled = false"])
def test_to_select_and_switch_off_in_one_place_is_an_error(load: Load, off: str) -> None:
    with pytest.raises(UsageError, match=r"toml:1: bandit is selected, and switched off by .* \(mcpquality.toml:2\)"):
        load(f"select = ['bandit', 'semgrep']\n{off}\n")


def test_a_run_without_any_scanner_is_an_error(load: Load) -> None:
    with pytest.raises(UsageError, match="no scanner is left to run: all are switched off by --skip"):
        load(overrides={"skip": ["bandit", "semgrep", "coverage"]})


def test_a_scanner_is_asked_for_by_name_only(load: Load) -> None:
    assert not any(one.asked for one in load("scanners.bandit.skips = ['B101']").scanners.values())
    assert load("scanners.bandit.enabled = true").scanners["bandit"].asked
    assert load("select = ['bandit']").scanners["bandit"].asked


@pytest.mark.parametrize(
    ("text", "environ", "asked"),
    [
        ("", {}, False),
        ("[coverage]\n", {}, True),
        ("[coverage]\nlines = 90\n", {}, True),
        ("[coverage]\nenabled = false\n", {}, False),
        ("", {"MCPQUALITY_COVERAGE__LINES": "90"}, True),
    ],
)
def test_coverage_is_asked_for_by_its_table(load: Load, text: str, environ: dict[str, str], *, asked: bool) -> None:
    assert load(text, environ=environ).scanners["coverage"].asked is asked


def test_a_scanners_own_time_holds_unless_a_later_source_sets_all(load: Load) -> None:
    text = "timeout = 100\nscanners.bandit.timeout = 7\n"
    assert load(text).scanners["bandit"].timeout == 7
    assert load(text).scanners["semgrep"].timeout == 100
    settings = load(text, overrides={"timeout": 50})
    assert {one.timeout for one in settings.scanners.values()} == {50}


def test_paths_of_reports_count_from_the_file_or_from_the_working_folder(load: Load, tmp_path: Path) -> None:
    settings = load('format = ["terminal", "json=out/a=b.json"]')
    assert settings.outputs == (Output("terminal"), Output("json", tmp_path / "out/a=b.json"))
    settings = load(overrides={"format": ["json=../up.json"]})
    assert settings.outputs == (Output("json", Path("../up.json")),)


@pytest.mark.parametrize("path", ["../up.json", "/etc/passwd", "link/out.json"])
def test_a_file_in_the_tree_cannot_write_outside_of_it(load: Load, tmp_path: Path, path: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path.parent)
    with pytest.raises(UsageError, match=r"lies outside of the scanned folder; only --format may write there"):
        load(f'format = ["json={path}"]')


@pytest.mark.parametrize("formats", [["terminal", "json"], ["json=a", "html=a"]])
def test_two_reports_in_one_place_are_an_error(load: Load, formats: list[str]) -> None:
    with pytest.raises(UsageError, match="--format: two reports would go to"):
        load(overrides={"format": formats})


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("MCPQUALITY_OFFLINE", "Yes", "offline", True),
        ("MCPQUALITY_OFFLINE", "0", "offline", False),
        ("MCPQUALITY_JOBS", " 4 ", "jobs", 4),
        ("MCPQUALITY_TIMEOUT", "1.5", "timeout", 1.5),
        ("MCPQUALITY_FAIL_ON", "info", "fail-on", "info"),
        ("MCPQUALITY_SKIP", "bandit, semgrep,", "skip", ("bandit", "semgrep")),
        ("MCPQUALITY_EXCLUDE", "", "exclude", ()),
        ("MCPQUALITY_EXCLUDE", '["a,b", "c"]', "exclude", ("a,b", "c")),
        ("MCPQUALITY_COVERAGE__LINES", "0", "coverage.lines", 0),
        ("MCPQUALITY_COVERAGE__LINES", "False", "coverage.lines", None),
        ("MCPQUALITY_TOOLS__BANDIT", "path", "tools.bandit", "path"),
        ("MCPQUALITY_SCANNERS__BANDIT__OWN_IGNORE", "1", "scanners.bandit.own-ignore", True),
        ("MCPQUALITY_SCANNERS__BANDIT__PROFILE", "p", "scanners.bandit.profile", "p"),
    ],
)
def test_variables_are_read_by_kind(load: Load, name: str, text: str, key: str, value: object) -> None:
    setting = load(environ={name: text}).setting(key)
    assert setting.value == value
    assert type(setting.value) is type(value)
    assert setting.origin == Origin(Source.ENVIRONMENT, name)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("MCPQUALITY_OFFLINE", "on", "MCPQUALITY_OFFLINE must be true or false, not 'on'"),
        ("MCPQUALITY_OFFLINE", "", "MCPQUALITY_OFFLINE is empty: unset it, or give it a value"),
        ("MCPQUALITY_JOBS", "two", "MCPQUALITY_JOBS must be a whole number, not 'two'"),
        ("MCPQUALITY_JOBS", "9" * 6000, "MCPQUALITY_JOBS must be a whole number, not inf"),
        ("MCPQUALITY_TIMEOUT", "nan", "MCPQUALITY_TIMEOUT must be a number, not nan"),
        ("MCPQUALITY_EXCLUDE", "[ab].py", "MCPQUALITY_EXCLUDE must be a list of strings, not '[ab].py'"),
        ("MCPQUALITY_EXCLUDE", "[1]", "MCPQUALITY_EXCLUDE must be a list of strings, not [1]"),
        ("MCPQUALITY_EXCLUDE", "['a']\nb = 1", "MCPQUALITY_EXCLUDE must be a list of strings"),
        ("MCPQUALITY_BANDIT_SKIPS", "B1", "did you mean MCPQUALITY_SCANNERS__BANDIT__SKIPS?"),
        ("MCPQUALITY_SUPPRESS", "x", "environment variable 'MCPQUALITY_SUPPRESS' sets nothing"),
        ("MCPQUALITY_\udcff", "x", r"environment variable 'MCPQUALITY_\udcff' sets nothing"),
    ],
)
def test_what_is_wrong_with_a_variable_is_named(load: Load, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(environ={name: text})
    assert message in str(caught.value)


def test_the_cache_folder_comes_from_its_variable(load: Load) -> None:
    assert load(environ={"MCPQUALITY_CACHE_DIR": "/some/where"}).cache_dir == Path("/some/where")


def test_unknown_severity_cannot_be_the_threshold(load: Load) -> None:
    assert {load(f"fail-on = '{one}'").fail_on for one in ("critical", "info")} == {
        Severity.CRITICAL,
        Severity.INFO,
    }
    with pytest.raises(UsageError, match="must be one of"):
        load("fail-on = 'unknown'")


def test_a_scanner_with_two_options_of_one_name_is_refused(scanners: tuple[Scanner, ...]) -> None:
    broken = type(scanners[0])("third", (Option("timeout", OptionKind.NUMBER, 1, "Mine."),))  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="the scanner third has two options named 'timeout'"):
        all_keys((broken,), ())
