"""SARIF 2.1.0, read as the standard says: what is not there has the standard's default.

Severity is the rule's `security-severity` where there is one, else the level: the result's own, else what the
invocation overrides, else the rule's default, else a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mcpquality_scanners.errors import ToolOutputError
from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Region,
    Severity,
    Suppression,
    SuppressionKind,
)
from mcpquality_scanners.foreign.interface import Reading
from mcpquality_scanners.foreign.places import Places
from mcpquality_scanners.foreign.shapes import Json, a_list, an_object
from mcpquality_scanners.pragmas import NO_REASON
from mcpquality_scanners.severity import SARIF, by_security_severity, by_word
from mcpquality_scanners.text import one_line

_NOTHING: Json = {}
_FINE = frozenset({"pass", "notApplicable"})
_CWE = re.compile(r"(?:^|/)cwe-0*(\d+)\b", re.IGNORECASE)
_SECRET_TAGS = frozenset({"secret", "secrets"})
_SECRET_CWES = frozenset({259, 321, 798})
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def is_sarif(document: object) -> bool:
    """Whether a JSON document is meant as SARIF."""
    return isinstance(document, dict) and "runs" in document and ("version" in document or "$schema" in document)


def read_sarif(document: object, places: Places, *, scanner: str, category: Category, prefix: bool = False) -> Reading:
    """The findings of all runs, under the name of `scanner`; with `prefix`, rules are named after their tool.

    Raises:
        ToolOutputError: It is no SARIF 2.1.0.
    """
    log = an_object(document)
    if log.get("version") != "2.1.0":
        version = one_line(str(log.get("version")), 20)
        raise ToolOutputError(f"the SARIF file is of version {version}, not 2.1.0: have it written as 2.1.0")
    runs = [_Run(an_object(run), places, scanner, category, prefix=prefix) for run in a_list(log.get("runs"))]
    problems = [problem for run in runs for problem in run.problems()]
    if not runs:
        problems.append("The SARIF file holds no run: nothing was looked at. Write it anew.")
    return Reading(
        findings=tuple(finding for run in runs for finding in run.findings()),
        seen=tuple(sorted({path for run in runs for path in run.seen()})),
        problems=tuple(dict.fromkeys(problems)),
    )


class _Run:
    """One run of a SARIF file."""

    def __init__(self, run: Json, places: Places, scanner: str, category: Category, *, prefix: bool) -> None:
        self._run = run
        self._places = places
        self._scanner = scanner
        self._category = category
        tool = an_object(run.get("tool"))
        self._driver = an_object(tool.get("driver"))
        self._extensions = [an_object(extension) for extension in a_list(tool.get("extensions"))]
        self.name = one_line(str(self._driver.get("name") or "unknown tool"), 60)
        self._prefix = f"{re.sub(r'[^a-z0-9]+', '-', self.name.lower()).strip('-')}/" if prefix else ""
        self._overrides = _overrides(run)

    def problems(self) -> Iterator[str]:
        """What kept the tool from looking."""
        if "results" not in self._run:
            yield f"{self.name} wrote no results, not even an empty list: it has not looked. Write the file anew."
        for invocation in map(an_object, a_list(self._run.get("invocations"))):
            if invocation.get("executionSuccessful") is False:
                yield f"{self.name} says that it did not run to its end. Write the file anew."
            for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
                for notification in map(an_object, a_list(invocation.get(kind))):
                    if notification.get("level") == "error":
                        words = one_line(_text(notification.get("message")), 200)
                        yield f"{self.name} says: {words or 'an error without words'}"

    def seen(self) -> Iterator[str]:
        """The files that it says it analysed."""
        for artifact in map(an_object, a_list(self._run.get("artifacts"))):
            path = self._path(an_object(artifact.get("location")))
            if path:
                yield path

    def findings(self) -> Iterator[Finding]:
        """Its results, but for those that say that all is well or that are gone."""
        for result in map(an_object, a_list(self._run.get("results"))):
            if result.get("kind") not in _FINE and result.get("baselineState") != "absent":
                yield self._finding(result)

    def _finding(self, result: Json) -> Finding:
        rule = self._rule(result)
        tags = _tags(result, rule)
        cwe = tuple(sorted({int(number) for tag in tags for number in _CWE.findall(tag)}))
        category = self._category
        if _SECRET_TAGS & {tag.lower() for tag in tags} or _SECRET_CWES & set(cwe):
            category = Category.SECRET
        severity, native = self._severity(result, rule)
        identifier = one_line(str(result.get("ruleId") or rule.get("id") or "unknown-rule"), 120)
        title = _text(rule.get("shortDescription")) or str(rule.get("name") or "")
        # A message about a secret may quote it.
        message = "" if category is Category.SECRET else _message(result, rule)
        return Finding(
            scanner=self._scanner,
            rule=self._prefix + identifier,
            severity=severity,
            message=one_line(message or title or identifier),
            location=self._location(result),
            title=one_line(title, 120),
            category=category,
            native_severity=native,
            cwe=cwe,
            references=_https(rule.get("helpUri")),
            suppression=_suppression(result),
        )

    def _rule(self, result: Json) -> Json:
        """The rule's description: by index, in the driver or an extension, else by id; ids may go on behind a `/`."""
        reference = an_object(result.get("rule"))
        component = an_object(reference.get("toolComponent"))
        number = component.get("index")
        owner = self._driver
        if isinstance(number, int) and 0 <= number < len(self._extensions):
            owner = self._extensions[number]
        index = result.get("ruleIndex", reference.get("index", -1))
        rules = [an_object(rule) for rule in a_list(owner.get("rules"))]
        if isinstance(index, int) and 0 <= index < len(rules):
            return rules[index]
        wanted = str(result.get("ruleId") or reference.get("id") or "")
        known = {str(rule.get("id")): rule for part in (self._driver, *self._extensions) for rule in _rules(part)}
        return known.get(wanted) or known.get(wanted.rpartition("/")[0]) or _NOTHING

    def _severity(self, result: Json, rule: Json) -> tuple[Severity, str]:
        for owner in (result, rule):
            score = str(an_object(owner.get("properties")).get("security-severity", ""))
            severity = by_security_severity(score)
            if severity is not None:
                return severity, f"security-severity {score}"
        level = self._level(result, rule)
        return by_word(SARIF, level), level

    def _level(self, result: Json, rule: Json) -> str:
        if result.get("kind", "fail") != "fail":
            return "none"
        default = an_object(rule.get("defaultConfiguration")).get("level")
        identifier = str(result.get("ruleId") or rule.get("id") or "")
        level = result.get("level") or self._overrides.get(identifier) or default or "warning"
        return one_line(str(level), 20)

    def _location(self, result: Json) -> Location | None:
        first = an_object(next(iter(a_list(result.get("locations"))), _NOTHING))
        physical = an_object(first.get("physicalLocation"))
        path = self._path(an_object(physical.get("artifactLocation")))
        if not path:
            path = self._path(an_object(result.get("analysisTarget")))
        return Location(path, _region(an_object(physical.get("region")))) if path else None

    def _path(self, location: Json) -> str:
        uri, base = location.get("uri"), location.get("uriBaseId")
        index = location.get("index")
        artifacts = a_list(self._run.get("artifacts"))
        if not isinstance(uri, str) and isinstance(index, int) and 0 <= index < len(artifacts):
            location = an_object(an_object(artifacts[index]).get("location"))
            uri, base = location.get("uri"), location.get("uriBaseId")
        if not isinstance(uri, str) or not uri:
            return ""
        return self._places.resolve(_absolute(uri, base, an_object(self._run.get("originalUriBaseIds"))))


def _absolute(uri: str, base: object, bases: Json) -> str:
    """The URI with its bases in front, as far as the file tells them, as a path."""
    seen: set[str] = set()
    while isinstance(base, str) and base not in seen and ":" not in uri.partition("/")[0]:
        seen.add(base)
        location = an_object(bases.get(base))
        uri = str(location.get("uri") or "") + uri
        base = location.get("uriBaseId")
    return uri if uri.startswith("file:") else _unquoted(uri)


def _unquoted(uri: str) -> str:
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), uri) if "%" in uri else uri


def _overrides(run: Json) -> dict[str, str]:
    """Levels that the run's command line set, by rule id."""
    found: dict[str, str] = {}
    for invocation in map(an_object, a_list(run.get("invocations"))):
        for override in map(an_object, a_list(invocation.get("ruleConfigurationOverrides"))):
            level = an_object(override.get("configuration")).get("level")
            if isinstance(level, str):
                found[str(an_object(override.get("descriptor")).get("id"))] = level
    return found


def _rules(component: Json) -> Iterable[Json]:
    return map(an_object, a_list(component.get("rules")))


def _tags(result: Json, rule: Json) -> list[str]:
    owners = (an_object(result.get("properties")), an_object(rule.get("properties")))
    tags = [str(tag) for owner in owners for tag in a_list(owner.get("tags"))]
    # Some tools list weaknesses beside the tags.
    tags += [str(weakness) for owner in owners for weakness in a_list(owner.get("cwe"))]
    taxa = [an_object(an_object(relation).get("target")).get("id") for relation in a_list(rule.get("relationships"))]
    return tags + [f"cwe-{taxon}" if str(taxon).isdigit() else str(taxon) for taxon in taxa]


def _message(result: Json, rule: Json) -> str:
    message = an_object(result.get("message"))
    text = message.get("text")
    if not isinstance(text, str):
        strings = an_object(rule.get("messageStrings"))
        text = _text(strings.get(str(message.get("id"))))
    arguments = a_list(message.get("arguments"))

    def filled(match: re.Match[str]) -> str:
        number = int(match[1][:3])
        return str(arguments[number]) if number < len(arguments) else match[0]

    return _PLACEHOLDER.sub(filled, text)


def _region(region: Json) -> Region | None:
    numbers = [region.get(key) for key in ("startLine", "startColumn", "endLine", "endColumn")]
    start, column, end, end_column = (
        number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 0 for number in numbers
    )
    return Region(start, column, max(start, end), end_column) if start else None


def _suppression(result: Json) -> Suppression | None:
    """Why it does not count: all of its suppressions have to be accepted, as the standard says."""
    entries = [an_object(entry) for entry in a_list(result.get("suppressions"))]
    if not entries or any(entry.get("status", "accepted") != "accepted" for entry in entries):
        return None
    kind = SuppressionKind.PRAGMA if entries[0].get("kind") == "inSource" else SuppressionKind.CONFIG
    return Suppression(kind, one_line(str(entries[0].get("justification") or NO_REASON), 200))


def _https(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value.startswith("https://") else ()


def _text(value: object) -> str:
    text = an_object(value).get("text")
    return text if isinstance(text, str) else ""
