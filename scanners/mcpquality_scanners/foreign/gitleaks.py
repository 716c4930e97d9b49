"""gitleaks: secrets, by the rules of gitleaks 8.

It ends with 1 for leaks and for errors: it is told to end with another code for leaks. It hides four fifths of
every secret before it writes its report. Its own configuration, ignore file and comments in the tree have no say;
`gitleaks:allow` comments become suppressed findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import Category, Confidence, Finding, Location, Region, Severity
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import json_value, member
from mcpquality_scanners.pragmas import ALLOWLIST, NO_REASON, Note, Notes, Pragma, apply_pragmas
from mcpquality_scanners.roles import is_documentation, is_test
from mcpquality_scanners.secrets.text import SHOWN, beginning, in_clear_text
from mcpquality_scanners.severity import SECRET
from mcpquality_scanners.text import one_line

_LEAKS = 42  # the exit code that it is told to end with for leaks
_REDACTED = "80"  # percent of each secret that it hides

# Put together here, so that nobody takes our own source for a leak.
_CANARY = "aws_access_key_id = " + "AKIA" + "Q3EGVXAYPJ5MNR7W" + "\n"

_SCANNED = re.compile(r"scanned ~?(\d+) bytes")
_ALLOW = re.compile(r"gitleaks:allow(.*)")
_FIX = (
    "Revoke it where it was issued, keep the new one in the environment or a secret store, and take the old one out "
    "of the history. If it is no secret, say so beside it and why: `# gitleaks:allow`."
)


def _allowing(_path: str, text: str) -> Notes:
    found: dict[int, tuple[Note, ...]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        match = _ALLOW.search(line)
        if match:
            found[number] = (Note(number, reason=one_line(match[1].strip(" \t-:#*/"), 200) or NO_REASON),)
    return found


GITLEAKS_ALLOW = Pragma("gitleaks:allow", _allowing)
"""`# gitleaks:allow why`, on any line of the finding."""


class Gitleaks:
    """See the module."""

    name = "gitleaks"
    title = "gitleaks: credentials left in files"
    category = Category.SECRET
    weight = 10
    command = "gitleaks"
    locked = False
    needs_network = False
    subject = "file"
    options: tuple[Option, ...] = ()
    link = "https://github.com/gitleaks/gitleaks"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """All files."""
        return context.files

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        folder = look.scratch("canary/canary.txt", _CANARY).parent
        if not await _leaks(look, str(folder), "canary.json"):
            raise ToolError("gitleaks does not find a known secret: reinstall it")
        entries = await _leaks(look, ".", "report.json")
        findings = apply_pragmas(_findings(entries, look.places), look.context.root, ALLOWLIST)
        return Reading(
            apply_pragmas(findings, look.context.root, GITLEAKS_ALLOW),
            look.files,
            notes=("gitleaks does not tell which files it read; it leaves out lock files and binaries by itself.",),
        )

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        findings = apply_pragmas(_findings(_entries(document), places), places.root, ALLOWLIST)
        return Reading(apply_pragmas(findings, places.root, GITLEAKS_ALLOW))

    def explain(self, rule: str) -> str | None:  # noqa: ARG002 - its rules are its own
        """Nothing: its rules are in its own configuration."""
        return None


async def _leaks(look: Look, target: str, report: str) -> list[object]:
    """What it finds in a folder.

    Raises:
        ToolError: It could not look.
    """
    path = look.context.scratch / report
    config = look.scratch("gitleaks.toml", "[extend]\nuseDefault = true\n")
    nothing = look.scratch("none/.gitleaksignore").parent
    completed = await look.run(
        "dir", target, "--config", str(config), "--gitleaks-ignore-path", str(nothing), "--ignore-gitleaks-allow",
        "--redact=" + _REDACTED, "--exit-code", str(_LEAKS), "--no-banner", "--no-color", "--log-level", "info",
        "--report-format", "json", "--report-path", str(path),
        exits={0, _LEAKS},
    )  # fmt: skip
    try:
        entries = _entries(json_value(path.read_bytes(), "gitleaks", completed.stderr))
    except OSError as error:
        raise ToolOutputError("gitleaks wrote no report") from error
    if bool(entries) != (completed.exit_code == _LEAKS):
        raise ToolOutputError(f"gitleaks ended with {completed.exit_code} and {len(entries)} leaks in its report")
    scanned = _SCANNED.search(completed.stderr.decode("utf-8", "replace"))
    if scanned and scanned[1] == "0" and look.files:
        raise ToolOutputError("gitleaks read nothing (0 bytes)")
    return entries


def _entries(document: object) -> list[object]:
    # It writes `null` for no leaks in some versions.
    if document is None:
        return []
    if not isinstance(document, list):
        raise ToolOutputError("what gitleaks printed is not of the expected shape")
    return cast("list[object]", document)


def _findings(entries: Iterable[object], places: Places) -> Iterator[Finding]:
    for entry in entries:
        rule = one_line(member(entry, "RuleID", str, "gitleaks"), 80)
        path = places.resolve(member(entry, "File", str, "gitleaks"))
        start = max(1, member(entry, "StartLine", int, "gitleaks"))
        end = max(start, member(entry, "EndLine", int, "gitleaks"))
        commit = str(cast("dict[str, object]", entry).get("Commit") or "")
        message = in_clear_text(rule, _start(member(entry, "Secret", str, "gitleaks")))
        yield Finding(
            scanner="gitleaks",
            rule=rule,
            severity=Severity.MEDIUM if is_test(path) or is_documentation(path) else SECRET,
            message=f"{message}, in commit {one_line(commit, 12)}" if commit else message,
            # The lines of an older commit are not those of the file.
            location=Location(path, None if commit else Region(start, 0, end)),
            title=rule,
            confidence=Confidence.MEDIUM if rule.startswith("generic-") else Confidence.HIGH,
            category=Category.SECRET,
            cwe=(798,),
            references=("https://github.com/gitleaks/gitleaks",),
            fix=_FIX,
        )


def _start(secret: str) -> str:
    """The beginning of a secret; nothing of one that was hidden as a whole, nor of the armour around a key."""
    if secret.startswith(("REDACTED", "...", "-----")):
        return ""
    # Dots stand for what was hidden: what is left is a fifth.
    return one_line(secret[:-3][:SHOWN]) if secret.endswith("...") else beginning(secret)
