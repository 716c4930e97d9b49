"""All report formats, ours and anybody's: registered by one manager through one hook."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from mcpquality_reports import hookspecs
from mcpquality_reports.base import Format, Report
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.plugins import brought, plugin_manager

ALL = "all"
"""In place of a format's name: every format, into a folder."""

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _load(module: str, name: str = "REPORT") -> Report:
    return cast("Report", getattr(import_module(f"mcpquality_reports.{module}"), name))


def _no_cyclonedx() -> str:
    if find_spec("cyclonedx"):
        return ""
    return "it is made with cyclonedx-python-lib, which is not installed: pip install 'pytest-mcpquality[vex]'"


BUILT_IN = (
    Format("terminal", "mcpquality.txt", "plain text, the verdict last", partial(_load, "terminal")),
    Format("html", "mcpquality.html", "one page for people, without network or scripts", partial(_load, "html")),
    Format("json", "mcpquality.json", "everything, for `mcpquality report`", partial(_load, "json_report")),
    Format("sarif", "mcpquality.sarif", "everything, for SARIF viewers", partial(_load, "sarif")),
    Format(
        "sarif-github", "mcpquality-github.sarif", "SARIF within the limits of GitHub's code scanning",
        partial(_load, "sarif_github"),
    ),
    Format("markdown", "mcpquality.md", "a CI job's summary page", partial(_load, "markdown", "SUMMARY")),
    Format(
        "markdown-comment", "mcpquality-comment.md", "the comment that `mcpquality comment` posts",
        partial(_load, "markdown", "COMMENT"),
    ),
    Format(
        "github-annotations", "mcpquality-annotations.txt", "lines that GitHub Actions shows beside the code",
        partial(_load, "annotations"),
    ),
    Format("junit", "mcpquality-junit.xml", "gates as test cases, for CI servers", partial(_load, "junit")),
    Format("gl-sast", "gl-sast-report.json", "GitLab's SAST report", partial(_load, "gitlab_security", "SAST")),
    Format(
        "gl-dependency", "gl-dependency-scanning-report.json", "GitLab's dependency scanning report",
        partial(_load, "gitlab_security", "DEPENDENCY"),
    ),
    Format(
        "gl-secret", "gl-secret-detection-report.json", "GitLab's secret detection report",
        partial(_load, "gitlab_security", "SECRET"),
    ),
    Format(
        "gl-codequality", "gl-code-quality-report.json", "GitLab's code quality report",
        partial(_load, "gitlab_codequality"),
    ),
    Format(
        "vex", "mcpquality.cdx.json", "CycloneDX VEX: vulnerable dependencies and what was said of them",
        partial(_load, "vex"), _no_cyclonedx,
    ),
    Format("badge", "mcpquality.svg", "the verdict as an image", partial(_load, "badge", "SVG")),
    Format("badge-json", "mcpquality-badge.json", "the verdict for shields.io", partial(_load, "badge", "ENDPOINT")),
)  # fmt: skip
"""Our own formats, in the order in which they are listed."""


class _BuiltIn:
    """Our own formats, brought in the way a third party brings its own."""

    @hookspecs.hookimpl(tryfirst=True)
    def mcpquality_reports(self) -> Sequence[Format]:
        return BUILT_IN


def load_formats(plugins: Sequence[object] = ()) -> Mapping[str, Format]:
    """Every format there is by its name: ours, then by name those of installed plugins and of `plugins`.

    Raises:
        UsageError: A plugin cannot be loaded, or what it brings is no format, or has a name or file that is taken.
    """
    manager = plugin_manager(hookspecs, _BuiltIn(), plugins)
    ours, *others = brought(manager.hook.mcpquality_reports, "report formats")
    theirs = [each for formats in others for each in formats]
    _check([*ours, *theirs])
    return {each.name: each for each in (*ours, *sorted(theirs, key=lambda each: each.name))}


@cache
def installed() -> Mapping[str, Format]:
    """Every format there is in this environment, looked for once."""
    return load_formats()


def load(name: str) -> Report:
    """The report of that name, ready to render.

    Raises:
        UsageError: There is none, or it cannot be made here.
    """
    found = find(name, installed())
    if problem := found.problem():
        raise UsageError(f"the report format {name!r} cannot be used: {problem}")
    return found.load()


def find(name: str, formats: Mapping[str, Format]) -> Format:
    """The format of that name.

    Raises:
        UsageError: There is none; the message names the nearest and all there are.
    """
    if name not in formats:
        near = difflib.get_close_matches(name, formats, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise UsageError(f"there is no report format {name!r}: {hint}There are {', '.join(sorted(formats))}")
    return formats[name]


def _check(formats: Sequence[object]) -> None:
    names, files = set[str](), set[str]()
    for each in formats:
        if not isinstance(each, Format):
            what = f"a plugin brings {type(each).__name__!r} as a report format, which is no Format"
            raise UsageError(f"{what}. Repair or uninstall the plugin.")
        if not _NAME.fullmatch(each.name) or each.name == ALL or not _FILE.fullmatch(each.file):
            raise UsageError(
                f"a plugin brings a report format named {each.name!r} with the file {each.file!r}, which cannot be "
                "a format's. Repair or uninstall the plugin."
            )
        if each.name in names or each.file in files:
            raise UsageError(
                f"two report formats are named {each.name!r} or write {each.file!r}: "
                "uninstall one of the plugins that bring them"
            )
        names.add(each.name)
        files.add(each.file)
