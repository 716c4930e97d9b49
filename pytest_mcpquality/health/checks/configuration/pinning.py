"""What is fetched to start the server is one version."""

from __future__ import annotations

from typing import Final

from mcpquality_scanners.findings import Severity, Subject
from pytest_mcpquality.health.check import Group, Hit, Outcome, Rule
from pytest_mcpquality.health.checks.configuration.entries import command_line
from pytest_mcpquality.health.checks.configuration.packages import Package, packages
from pytest_mcpquality.health.observation import Observation

RULE: Final = Rule(
    "mcp-configuration-unpinned",
    Group.CONFIGURATION,
    Severity.MEDIUM,
    "The server's package is not pinned",
    "Each start may fetch another version than the one that was reviewed, and whoever takes over the package runs code "
    "on this machine with the next start.",
    "Name one version: `npx -y name@1.2.3`, `uvx name@1.2.3`, `uvx --from name==1.2.3 command`, or an image with its "
    "digest, `name@sha256:...`. Lock the definitions with --update-lock, so that a new version shows what it changed.",
    cwe=(1357, 494),
    references=("https://owasp.org/www-project-mcp-top-10/",),
)
_HOW: Final = {"npm": "as name@1.2.3", "PyPI": "as name==1.2.3 or name@1.2.3", "image": "by a full version or digest"}


class Unpinned:
    """A finding for each package."""

    rules = (RULE,)

    def look(self, observed: Observation) -> Outcome:
        """Which packages have no version."""
        entry = observed.entry
        if entry is None:
            return Outcome()
        loose = [package for package in packages(command_line(entry)) if not package.pinned]
        return Outcome(tuple(Hit(RULE, Subject(observed.server), f"{entry.place}: {_said(each)}") for each in loose))


def _said(package: Package) -> str:
    what = "image" if package.kind == "image" else f"{package.kind} package"
    return f"the {what} {package.written!r} is not pinned {_HOW[package.kind]}"
