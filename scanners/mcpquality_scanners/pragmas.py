"""Comments in the code that say "this is fine": read by us, so that what they hide still shows.

The tools are run with their own handling switched off; a finding on a line with the tool's comment becomes a
suppressed finding with that line and the words behind the comment as its reason.

Each `Pragma` follows the tool it belongs to. Where the tool would take a comment for more than it says
(Bandit takes `# nosec B999`, a rule it does not know, for all rules), the narrower reading is used.
"""

from __future__ import annotations

import dataclasses
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.bandit_help import RULES
from mcpquality_scanners.findings import Finding, Suppression, SuppressionKind
from mcpquality_scanners.text import one_line

NO_REASON = "no reason given"
"""What a suppression says when the comment says nothing."""


@dataclass(frozen=True, slots=True)
class Note:
    """One comment: the line it stands on, the rules it is about (none: all) and the words behind it."""

    line: int
    rules: frozenset[str] = frozenset()
    reason: str = NO_REASON

    def covers(self, finding: Finding) -> bool:
        """Whether the comment is about this finding, by rule id, its last part, or the rule's title."""
        return not self.rules or any(_same_rule(rule, finding) for rule in self.rules)


Notes = Mapping[int, tuple[Note, ...]]
"""The comments that cover a line, by line number from 1."""


@dataclass(frozen=True, slots=True)
class Pragma:
    """A tool's way of saying "this is fine".

    Attributes:
        name: The word people know it by.
        parsing: From a file's relative path and its text to the notes that cover its lines.
        first_line_only: Whether a comment has to cover the finding's first line, not any line of its region.
    """

    name: str
    parsing: Callable[[str, str], Notes]
    first_line_only: bool = False

    def lines(self, finding: Finding) -> Iterable[int]:
        """The lines on which a comment about `finding` may stand."""
        region = finding.location.region if finding.location else None
        if region is None:
            return ()
        last = region.start_line if self.first_line_only else max(region.start_line, region.end_line)
        return range(region.start_line, last + 1)


def apply_pragmas(
    findings: Iterable[Finding],
    root: Path,
    pragma: Pragma,
    *,
    lines_of: Callable[[Finding], Iterable[int]] | None = None,
) -> tuple[Finding, ...]:
    """The same findings in the same order, those with a comment on one of their lines suppressed.

    `lines_of` tells on which lines a comment counts, where a finding's region does not. Each file that has
    findings is read once; one that cannot be read suppresses nothing.
    """
    notes: dict[str, Notes] = {}
    lines = lines_of or pragma.lines
    return tuple(_apply(finding, root, pragma, notes, lines) for finding in findings)


def _apply(
    finding: Finding,
    root: Path,
    pragma: Pragma,
    known: dict[str, Notes],
    lines_of: Callable[[Finding], Iterable[int]],
) -> Finding:
    if finding.location is None or finding.suppression is not None:
        return finding
    path = finding.location.path
    if path not in known:
        known[path] = pragma.parsing(path, _text(root / path))
    for line in lines_of(finding):
        for note in known[path].get(line, ()):
            if note.covers(finding):
                why = Suppression(SuppressionKind.PRAGMA, note.reason, note.line)
                return dataclasses.replace(finding, suppression=why)
    return finding


def _same_rule(named: str, finding: Finding) -> bool:
    # Semgrep puts the path of the rule file before a rule's id; people write it with and without.
    ours, theirs = finding.rule.lower(), named.lower()
    return (
        ours == theirs or ours.endswith(f".{theirs}") or theirs.endswith(f".{ours}") or theirs == finding.title.lower()
    )


def _text(path: Path) -> str:
    """The file's text, never failing: what cannot be read or decoded holds no pragma."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


def _lines(text: str) -> list[str]:
    # Not `splitlines`: form feeds and Unicode separators end no line for any of the tools.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _python_comments(text: str) -> dict[int, str] | None:
    """The comments of Python code by line; None when it does not tokenize."""
    source = io.StringIO("\n".join(_lines(text)))
    try:
        return {
            token.start[0]: token.string
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        }
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None


def _candidates(text: str, word: str, *, python: bool) -> Iterator[tuple[int, str]]:
    """Lines, or comments of Python code, that hold `word` in any letter case, with their numbers."""
    lines = {number: line for number, line in enumerate(_lines(text), start=1) if word in line.lower()}
    comments = _python_comments(text) if python and lines else None
    for number, line in lines.items():
        candidate = line if comments is None else comments.get(number, "")
        if word in candidate.lower():
            yield number, candidate


# What other tools' comments begin with: no reason, though they often stand behind one of ours.
_OTHER_PRAGMAS = re.compile(
    r"(?:noqa|nosec|nosem(?:grep)?|type:|pylint:|pyright:|mypy:|ruff:|fmt:|isort:|pragma:|eslint|NOSONAR)\b",
    re.IGNORECASE,
)
_COMMENT_ENDS = re.compile(r"\s*(?:\*/|-->|\*\)|#\}|--%>)\s*$")
_SEPARATORS = " \t-\u2013\u2014:;,.=#/"  # with the dashes people type


def _reason(rest: str) -> str:
    """The words behind a pragma, cleaned and capped."""
    for part in re.split(r"#|//", _COMMENT_ENDS.sub("", rest)):
        words = one_line(part.strip(_SEPARATORS), 200)
        if words.startswith("(") and words.endswith(")"):
            words = words[1:-1].strip()
        if words and not _OTHER_PRAGMAS.match(words):
            return words
    return NO_REASON


_NOSEC = re.compile(r"#\s*nosec\b:?")
_NOSEC_WORD = re.compile(r"[\s,]*([A-Za-z0-9_]+)(?![\w])")
_BANDIT_NAMES = {rule.name: number for number, rule in RULES.items()}


def _nosec(_path: str, text: str) -> Notes:
    found: dict[int, tuple[Note, ...]] = {}
    for number, comment in _candidates(text, "nosec", python=True):
        match = _NOSEC.search(comment)
        if match:
            rules, rest = _bandit_rules(comment[match.end() :])
            found[number] = (Note(number, rules, _reason(rest)),)
    return found


def _bandit_rules(rest: str) -> tuple[frozenset[str], str]:
    """The rule ids and names that a `nosec` begins with, as ids, and what follows them."""
    rules: set[str] = set()
    end = 0
    while match := _NOSEC_WORD.match(rest, end):
        word = match.group(1)
        if not re.fullmatch(r"[Bb]\d+", word) and word not in _BANDIT_NAMES:
            break
        rules.add(_BANDIT_NAMES.get(word, word.upper()))
        end = match.end()
    return frozenset(rules), rest[end:]


_NOSEMGREP = re.compile(r"(?<![\w-])nosem(?:grep)?(?![\w-])", re.IGNORECASE)
_NOSEMGREP_RULES = re.compile(r"\s*[:=]\s*([\w./@-]*\w(?:\s*,\s*[\w./@-]*\w)*)")
_COMMENT_STARTS = re.compile(r"#|//|/\*|<!--|--|;|%|\(\*|^\s*\*")


def _nosemgrep(path: str, text: str) -> Notes:
    found: dict[int, tuple[Note, ...]] = {}
    python = path.endswith((".py", ".pyi", ".pyw"))
    lines = _lines(text) if "nosem" in text.lower() else []
    for number, comment in _candidates(text, "nosem", python=python):
        note = _nosemgrep_note(number, comment)
        if note is None:
            continue
        found[number] = (*found.get(number, ()), note)
        # On a line of its own it is about the next one.
        if _stands_alone(lines[number - 1]):
            found[number + 1] = (*found.get(number + 1, ()), note)
    return found


def _nosemgrep_note(number: int, comment: str) -> Note | None:
    match = _NOSEMGREP.search(comment)
    if match is None or not _COMMENT_STARTS.search(comment[: match.start()]):
        return None
    rest = comment[match.end() :]
    named = _NOSEMGREP_RULES.match(rest)
    if named is None:
        return Note(number, reason=_reason(rest))
    rules = frozenset(rule.strip() for rule in named.group(1).split(","))
    return Note(number, rules, _reason(rest[named.end() :]))


def _stands_alone(line: str) -> bool:
    match = _NOSEMGREP.search(line)
    return match is not None and not re.search(r"\w", line[: match.start()])


_ALLOWLIST = re.compile(r"(?:#|//|/\*|(?<!\S)'|--|;|<!--[# \t]*)[ \t]*pragma: ?(?:allow|white)list[ -]secret(?!\w)")
_ALLOWLIST_NEXT = re.compile(
    r"^[ \t]*(?:#|//|/\*|'|--|;|<!--[# \t]*)[ \t]*pragma: ?(?:allow|white)list[ -]nextline[ -]secret(?!\w)"
)


def _allowlist(_path: str, text: str) -> Notes:
    # Not by Python's tokens: a secret inside a long string can only be marked inside that string.
    found: dict[int, tuple[Note, ...]] = {}
    for number, line in _candidates(text, "pragma:", python=False):
        if match := _ALLOWLIST_NEXT.search(line):
            covered = number + 1
        elif match := _ALLOWLIST.search(line):
            covered = number
        else:
            continue
        note = Note(number, reason=_reason(line[match.end() :]))
        found[covered] = (*found.get(covered, ()), note)
    return found


NOSEC = Pragma("nosec", _nosec)
"""Bandit: `# nosec`, `# nosec B602, B607 why`, `# nosec: pickle`; on any line of the statement."""

NOSEMGREP = Pragma("nosemgrep", _nosemgrep, first_line_only=True)
"""Semgrep: `# nosemgrep`, `// nosem: rule-a, rule-b why`; on the first line or alone on the one before."""

ALLOWLIST = Pragma("pragma: allowlist secret", _allowlist)
"""detect-secrets: `# pragma: allowlist secret why`; `allowlist nextline secret` alone on the line before."""
