"""zizmor: flaws in GitHub Actions workflows, actions and Dependabot settings.

It is handed explicit files without any configuration, says on standard error which of them it has completed, and
leaves out with a warning those that do not parse. Comments are read by us, so that what they hide still shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import Category, Finding, Location, Region, Unseen
from mcpquality_scanners.foreign.interface import Look, Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object
from mcpquality_scanners.options import Option
from mcpquality_scanners.outputs import entries, json_value, mapping, member
from mcpquality_scanners.pragmas import NO_REASON, Note, Notes, Pragma, apply_pragmas
from mcpquality_scanners.severity import ZIZMOR, by_word, confidence
from mcpquality_scanners.text import last_lines, one_line

_ABOUT = re.compile(r"(?:^|/)(?:\.github/workflows/[^/]+\.ya?ml|action\.ya?ml|\.github/dependabot\.ya?ml)$")
_COMPLETED = re.compile(r"completed (.+?)\s*$", re.MULTILINE)
_NO_INPUT = 3
_EXITS = frozenset({0, 1, _NO_INPUT, 10, 11, 12, 13, 14})

_IGNORE = re.compile(r"#\s*zizmor:\s*ignore\[([\w\-, ]+)\](.*)")


def _ignoring(_path: str, text: str) -> Notes:
    found: dict[int, tuple[Note, ...]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        match = _IGNORE.search(line)
        if match:
            rules = frozenset(rule.strip() for rule in match[1].split(","))
            found[number] = (Note(number, rules, one_line(match[2].strip(" \t-:#"), 200) or NO_REASON),)
    return found


IGNORE = Pragma("zizmor: ignore", _ignoring)
"""`# zizmor: ignore[template-injection] why`, on any line of the finding."""


class Zizmor:
    """See the module."""

    name = "zizmor"
    title = "zizmor: flaws in GitHub Actions"
    category = Category.CODE
    weight = 2
    command = "zizmor"
    locked = True
    needs_network = False
    subject = "GitHub workflow or action"
    options: tuple[Option, ...] = ()
    link = "https://docs.zizmor.sh/"

    def concerns(self, context: ScanContext) -> tuple[str, ...]:
        """Workflows, actions, Dependabot settings."""
        return tuple(path for path in context.files if _ABOUT.search(path))

    async def look(self, look: Look) -> Reading:
        """See `ForeignTool.look`."""
        completed = await look.run(
            # The audits that need the network ask GitHub about other people's actions, with the user's token.
            "--format", "json-v1", "--offline", "--no-config", "--no-progress", "--no-ignores", "--color", "never",
            targets=tuple(f"./{path}" for path in look.files),
            exits=_EXITS,
        )  # fmt: skip
        words = completed.stderr.decode("utf-8", "replace")
        if completed.exit_code in {1, _NO_INPUT}:
            # One input that it cannot read among several is a warning; the only one is an error.
            fatal = next(
                (line for line in words.splitlines() if line.startswith("fatal:")), last_lines(completed.stderr, 1)
            )
            raise ToolOutputError(f"zizmor ended with {completed.exit_code}: {one_line(fatal, 200)}")
        reading = self.read(json_value(completed.stdout, "zizmor", completed.stderr), look.places)
        done = {look.places.resolve(name) for name in _COMPLETED.findall(words)}
        unseen = tuple(
            Unseen(path, "zizmor could not read it: no valid workflow") for path in look.files if path not in done
        )
        return Reading(reading.findings, tuple(path for path in look.files if path in done), unseen)

    def read(self, document: object, places: Places) -> Reading:
        """See `ForeignTool.read`."""
        if not isinstance(document, list):
            raise ToolOutputError("what zizmor printed is not of the expected shape")
        findings = [_finding(entry, places) for entry in cast("list[object]", document)]
        return Reading(apply_pragmas(findings, places.root, IGNORE))

    def explain(self, rule: str) -> str | None:  # noqa: ARG002 - its rules are its own
        """Nothing: its rules are described where its findings point."""
        return None


def _finding(entry: object, places: Places) -> Finding:
    rule = one_line(member(entry, "ident", str, "zizmor"), 80)
    rated = mapping(entry, "determinations", "zizmor")
    word = member(rated, "severity", str, "zizmor")
    description = one_line(member(entry, "desc", str, "zizmor"), 160)
    url = member(entry, "url", str, "zizmor")
    location, annotation = _primary(entry, places)
    return Finding(
        scanner="zizmor",
        rule=rule,
        severity=by_word(ZIZMOR, word),
        message=f"{description}: {annotation}" if annotation else description,
        location=location,
        title=description,
        confidence=confidence(member(rated, "confidence", str, "zizmor")),
        category=Category.CODE,
        native_severity=one_line(word, 20),
        references=(url,) if url.startswith("https://") else (),
    )


def _primary(entry: object, places: Places) -> tuple[Location | None, str]:
    """The place that a finding is about, and what is said of it; the others only explain it."""
    locations = list(_locations(entry))
    main = next((one for one in locations if one[0].get("kind") == "Primary"), next(iter(locations), None))
    if main is None:
        return None, ""
    symbolic, concrete = main
    local = an_object(an_object(symbolic.get("key")).get("Local"))
    # The name that was given; older versions call it otherwise.
    name = next((str(local[key]) for key in ("verbatim_path", "given_path") if local.get(key)), "")
    place = an_object(concrete.get("location"))
    points = (an_object(place.get("start_point")), an_object(place.get("end_point")))
    numbers = [member(point, key, int, "zizmor") + 1 for point in points for key in ("row", "column")]
    annotation = one_line(str(symbolic.get("annotation") or ""), 160)
    return Location(places.resolve(name), Region(*numbers)), annotation


def _locations(entry: object) -> Iterator[tuple[Json, Json]]:
    for location in map(an_object, a_list(entries(entry, "locations", "zizmor"))):
        yield an_object(location.get("symbolic")), an_object(location.get("concrete"))
