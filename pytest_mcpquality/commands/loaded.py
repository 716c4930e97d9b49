"""Settings as every command loads them: checked against all scanners, tools and report formats there are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mcpquality_reports.registry import ALL, installed
from mcpquality_scanners.base import Scanner
from mcpquality_scanners.toolchain import SPECS
from pytest_mcpquality.config.loading import load_settings
from pytest_mcpquality.config.settings import Settings
from pytest_mcpquality.outputs import expanded


def settings_for(
    root: Path,
    scanners: Sequence[Scanner],
    *,
    config_file: Path | None = None,
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    prefix: str = "",
) -> Settings:
    """The settings that hold for `root`; the names of this command line's options start with `prefix`.

    Raises:
        UsageError: Something in the configuration, the environment or the options is wrong.
    """
    formats = installed()
    settings = load_settings(
        root,
        config_file=config_file,
        environ=os.environ if environ is None else environ,
        overrides=overrides or {},
        scanners=scanners,
        tools=tuple(SPECS),
        formats=(*formats, ALL),
        prefix=prefix,
    )
    return replace(
        settings,
        outputs=expanded(settings.outputs, formats),
        health_outputs=expanded(settings.health_outputs, formats),
    )
