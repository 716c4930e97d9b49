"""The findings by rule: what is wrong and how to put it right once, and every place beneath it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from mcpquality_reports import comparison, digest, text
from mcpquality_reports.page import limits
from mcpquality_reports.page.prose import Piece, line, markdown, pieces
from mcpquality_reports.snippets import Line, Snippets
from mcpquality_scanners.findings import Confidence, Finding, Package, Reach
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.remediation import Remediation
from mcpquality_scanners.results import Results


@dataclass(frozen=True, slots=True)
class Place:
    """A finding as its rule lists it.

    `standing` is `new` or `existing`, or empty where nothing was compared; `message` is empty where the rule's own
    says it already.
    """

    where: str
    standing: str
    facts: tuple[str, ...]
    message: tuple[Piece, ...]
    snippet: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """How to put it right: who says so, as a sentence, and the text made harmless; empty where the fix says it all."""

    origin: str
    url: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's findings as the page shows them; `number` is its place among all rules, `new` counts new findings."""

    number: int
    group: digest.RuleGroup
    message: tuple[Piece, ...]
    facts: tuple[str, ...]
    cwe: tuple[int, ...]
    fix: tuple[Piece, ...]
    links: tuple[str, ...]
    document: Document | None
    places: limits.Part[Place]
    new: int
    unfolded: bool

    @property
    def total(self) -> int:
        """How many findings there are, shown or not."""
        return len(self.group.findings)


def rules(results: Results, sources: ReadLines) -> limits.Part[Rule]:
    """The rules, worst first, as far as there is room for them."""
    groups = digest.groups(results.findings)
    maker = _Maker(results, sources)
    room, made = limits.Room(limits.RULES_ROOM), list[Rule]()
    for number, group in enumerate(groups):
        rule = maker.rule(number + 1, group)
        if not room.fits(*_texts(rule)):
            break
        made.append(rule)
    return limits.Part(tuple(made), len(groups) - len(made))


def _texts(rule: Rule) -> Iterable[str]:
    yield from (piece.text for piece in (*rule.message, *rule.fix))
    yield from rule.facts
    yield from (link * 2 for link in rule.links)
    # The markup of a rule is as long as a short message.
    yield " " * 500


class _Maker:
    """Makes rules one after the other, worst first, out of what room there is for all of them."""

    def __init__(self, results: Results, sources: ReadLines) -> None:
        self._snippets = Snippets((*results.findings, *results.suppressed), sources)
        self._with_code = limits.MOST_SNIPPETS
        self._places = limits.Room(limits.PLACES_ROOM)
        self._words = limits.Room(limits.WORDS_ROOM)
        self._documents = limits.Room(limits.DOCUMENTS_ROOM)
        self._is_new = comparison.is_new(results)
        self._standing = _standing(results, self._is_new)
        self._remediation: Mapping[tuple[str, str], Remediation] = digest.remediation(results)

    def rule(self, number: int, group: digest.RuleGroup) -> Rule:
        places = self._part(group)
        said = self._remediation.get((group.scanner, group.rule))
        return Rule(
            number=number,
            group=group,
            message=pieces(group.head.message),
            facts=tuple(_facts(group)),
            cwe=tuple(sorted({number for finding in group.findings for number in finding.cwe})),
            fix=pieces(group.fix),
            links=tuple(link for link in group.references if text.safe_url(link)),
            document=self._document(said, group) if said else None,
            places=places,
            new=sum(map(self._is_new, group.findings)),
            unfolded=number <= limits.OPEN_RULES,
        )

    def _document(self, one: Remediation, group: digest.RuleGroup) -> Document:
        # What is not fetched is where the findings' own advice is from: once is enough.
        body = markdown(one.text) if one.source.is_documentation or not group.fix else Markup()
        if body and not self._documents.fits(body):
            body = markdown("There is no room for it here: it is in the JSON report.")
        url = text.safe_url(one.url) or ""
        return Document(line(digest.origin(one)), "" if url in one.text else url, body)

    def _part(self, group: digest.RuleGroup) -> limits.Part[Place]:
        made: list[Place] = []
        for finding in group.findings:
            place = where(finding)
            if not self._places.fits(place):
                break
            made.append(self._place(finding, place, group.head.message))
        return limits.Part(tuple(made), len(group.findings) - len(made))

    def _place(self, finding: Finding, place: str, known: str) -> Place:
        own = () if finding.message == known else pieces(finding.message)
        if own and not self._words.fits(*(piece.text for piece in own)):
            own = (Piece("text", "[its own words are in the JSON report]"),)
        self._with_code -= 1
        return Place(
            where=place,
            standing=self._standing(finding),
            facts=tuple(_place_facts(finding)),
            message=own,
            snippet=self._snippets.of(finding) if self._with_code >= 0 else (),
        )


def _standing(results: Results, is_new: Callable[[Finding], bool]) -> Callable[[Finding], str]:
    if results.comparison is None:
        return lambda _finding: ""
    return lambda finding: "new" if is_new(finding) else "existing"


def where(finding: Finding) -> str:
    """Where a finding is: in a file, in an MCP server, in a package."""
    if finding.location is None and finding.subject is not None:
        return subject(finding)
    return text.place(finding.location, finding.package)


def subject(finding: Finding) -> str:
    """The MCP server, and the tool, prompt or resource of it, that a finding is about; empty when there is none."""
    about = finding.subject
    if about is None:
        return ""
    return line(f"{about.server}: {about.kind} {about.name}" if about.kind or about.name else f"{about.server}")


def _place_facts(finding: Finding) -> Iterable[str]:
    if finding.package is not None:
        yield from map(line, _package_facts(finding.package))
    if finding.subject is not None and finding.location is not None:
        yield subject(finding)
    if finding.also_found_by:
        yield line(f"also found by {', '.join(finding.also_found_by)}")


def _package_facts(package: Package) -> Iterable[str]:
    fixed = ", ".join(package.fixed) or "no version yet"
    yield f"{package.name} {package.installed}, fixed in {fixed}"
    if package.upgrade:
        refused = ", which the project's own requirements do not allow" if package.upgrade_allowed is False else ""
        yield f"upgrade to {package.upgrade}{refused}"
    if len(package.dependency_path) > 1:
        yield f"needed through {' > '.join(package.dependency_path)}"
    if package.reach is not Reach.UNKNOWN:
        yield package.reach.value
    if package.epss is not None:
        yield f"EPSS {package.epss * 100:.1f} %"
    if package.known_exploited:
        yield "known to be exploited (CISA)"


def _facts(group: digest.RuleGroup) -> Iterable[str]:
    """What the tool itself says about the rule, in a few words each."""
    natives = dict.fromkeys(one.native_severity for one in group.findings if one.native_severity)
    if natives:
        yield line(f"{group.scanner} says {', '.join(natives)}")
    confidences = dict.fromkeys(one.confidence for one in group.findings)
    if set(confidences) != {Confidence.UNKNOWN}:
        yield "confidence " + ", ".join(confidence.value for confidence in confidences)
    aliases = dict.fromkeys(alias for one in group.findings for alias in one.aliases)
    if aliases:
        yield line("also known as " + ", ".join(aliases))
