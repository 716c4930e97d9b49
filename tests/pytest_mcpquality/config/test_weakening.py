from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.config.weakening import weakened

Load = Callable[..., Settings]


def test_the_defaults_are_not_weak(load: Load) -> None:
    assert weakened(load()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "fail-on = 'low'",
        "timeout = 1",
        "jobs = 9",
        "exclude = []",
        "format = ['json']",
        "coverage.lines = 100",
        "scanners.semgrep.config = ['bundled', 'p/python']",
        "scanners.semgrep.depth = 9",
        "scanners.bandit.enabled = true",
        "select = ['bandit', 'coverage', 'semgrep']",
    ],
)
def test_what_is_as_strict_or_stricter_is_not_weak(load: Load, text: str) -> None:
    assert weakened(load(text)) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("scanners.bandit.enabled = false", "bandit is switched off by mcpquality.toml"),
        ("skip = ['bandit']", "bandit is switched off by mcpquality.toml"),
        ("fail-on = 'critical'", 'fail-on = "critical" instead of "high", set by mcpquality.toml'),
        ("exclude = ['src/']", 'exclude = ["src/"] instead of [], set by mcpquality.toml'),
        ("offline = true", "offline = true instead of false, set by mcpquality.toml"),
        (
            "allow-incomplete = ['files']",
            'allow-incomplete = ["files"] instead of [], set by mcpquality.toml',
        ),
        ("coverage.lines = 79.5", "coverage.lines = 79.5 instead of 80, set by mcpquality.toml"),
        ("coverage.lines = false", "coverage.lines = false instead of 80, set by mcpquality.toml"),
        (
            "scanners.bandit.own-ignore = true",
            "scanners.bandit.own-ignore = true instead of false, set by mcpquality.toml",
        ),
        (
            "scanners.semgrep.config = ['p/python']",
            'scanners.semgrep.config = ["p/python"] instead of ["bundled"], set by mcpquality.toml',
        ),
        ("scanners.semgrep.depth = 1", "scanners.semgrep.depth = 1 instead of 1.5, set by mcpquality.toml"),
        (
            "scanners.bandit.only = 'x'",
            'scanners.bandit.only = "x" instead of "", set by mcpquality.toml: nothing else is looked for',
        ),
        # Nobody has said what weakens it, so that everything does.
        ("scanners.bandit.profile = 'x'", 'scanners.bandit.profile = "x", set by mcpquality.toml'),
        ("tools.semgrep = 'path'", 'tools.semgrep = "path", set by mcpquality.toml'),
        ("[[suppress]]\nrule = '*'\nreason = 'x'", '1 suppression in mcpquality.toml: "*"'),
    ],
)
def test_what_is_weaker_is_said_with_who_set_it(load: Load, text: str, sentence: str) -> None:
    assert weakened(load(text)) == (sentence,)


def test_other_sources_are_named_too(load: Load) -> None:
    settings = load(environ={"MCPQUALITY_FAIL_ON": "critical"}, overrides={"select": ["bandit", "coverage"]})
    assert weakened(settings) == (
        "semgrep is not selected by --scanner",
        'fail-on = "critical" instead of "high", set by MCPQUALITY_FAIL_ON',
    )


def test_the_settings_of_a_scanner_that_is_off_are_left_out(load: Load) -> None:
    assert weakened(load("skip = ['bandit']\nscanners.bandit.skips = ['B101']")) == (
        "bandit is switched off by mcpquality.toml",
    )


def test_suppressions_are_listed_in_one_sentence(load: Load) -> None:
    text = """
        suppress = [
            { rule = "B1*", reason = "x", path = "tests/**", scanner = "bandit" },
            { rule = "y", reason = "x", expires = 1999-01-01 },
        ]
    """
    assert weakened(load(text)) == ('2 suppressions in mcpquality.toml: "B1*" of bandit in "tests/**", "y"',)
