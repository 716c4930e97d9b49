"""detect-secrets: passwords, keys and tokens in any text file.

What it leaves out without a word is looked at all the same. Files that are not UTF-8, and those whose names
it skips (`*.css`, `*.lock`, `*.map`, ...), are copied as UTF-8 under a name it takes, outside of the tree.
Its filters for lock files, swagger, allowed lines and arguments of calls are switched off: allowed lines
become suppressed findings, and `Client("AKIA...")` is where keys stand. A filter of ours, which filters
nothing, notes each file as the tool comes to it; and a file of ours with known secrets has to be found.

It tells the same secret in the same file once. Where a comment allows that one place, the file is looked at
again with the tool's own reading of the comments, so that a second place without a comment shows.

No secret and no hash of one leaves this module. Nothing is sent anywhere: verification is off.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

from mcpquality_scanners.base import Completed, ScanContext, Tool
from mcpquality_scanners.batches import batches
from mcpquality_scanners.clock import Clock, SystemClock
from mcpquality_scanners.errors import ToolError, ToolOutputError
from mcpquality_scanners.findings import (
    Category,
    Command,
    Confidence,
    Finding,
    Location,
    Region,
    ScanResult,
    ScanStatus,
    Severity,
    SuppressionKind,
    Unseen,
)
from mcpquality_scanners.options import Option, OptionKind, Weaker
from mcpquality_scanners.outputs import check_end, entries, json_object, mapping, member, typed
from mcpquality_scanners.parallel import run_batches
from mcpquality_scanners.pragmas import ALLOWLIST, apply_pragmas
from mcpquality_scanners.roles import is_documentation, is_test
from mcpquality_scanners.secrets import placeholder
from mcpquality_scanners.secrets.baseline import DEFAULT as BASELINE
from mcpquality_scanners.secrets.baseline import Baseline, read_baseline
from mcpquality_scanners.secrets.history import Version, versions_since
from mcpquality_scanners.secrets.noise import is_checksum
from mcpquality_scanners.secrets.text import in_clear_text
from mcpquality_scanners.severity import SECRET
from mcpquality_scanners.text import one_line
from mcpquality_scanners.textfiles import TextFile, as_text, read_text_file

OPTIONS = (
    Option("disable-plugins", OptionKind.LIST, (), "Detectors to leave out, by class name: KeywordDetector."),
    Option("base64-limit", OptionKind.NUMBER, 4.5, "Entropy over which Base64 text is a finding.", minimum=0.1),
    Option("hex-limit", OptionKind.NUMBER, 3.0, "Entropy over which hexadecimal text is a finding.", minimum=0),
    Option("baseline", OptionKind.TEXT, BASELINE, 'The project\'s list of known secrets, from the root; "": none.'),
    Option("random-in-tests", OptionKind.FLAG, False, "List text in tests that only looks random, too."),
    Option(
        "since",
        OptionKind.TEXT,
        None,
        "A commit: look also at what the commits after it added and took away again (`--since`).",
        weaker=Weaker.NEVER,
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of secret weighs: in code, in tests, documentation and examples, and how sure it is.

    detect-secrets itself rates nothing.
    """

    severity: Severity = SECRET
    in_tests: Severity = SECRET
    confidence: Confidence = Confidence.HIGH


# A token in its issuer's own format is one wherever it stands.
_TOKEN = Kind()
# Test keys and sample tokens are made for the test.
_SAMPLED = Kind(SECRET, Severity.MEDIUM, Confidence.HIGH)
# Told by the name beside it alone: `password = "..."`.
_NAMED = Kind(SECRET, Severity.MEDIUM, Confidence.MEDIUM)
# Named so, but its value reads as if one were to be filled in: `secret`, `your-client-secret`, `<token>`.
_FILLED_IN = Kind(Severity.MEDIUM, Severity.LOW, Confidence.LOW)
# Told by looking random alone: checksums and identifiers do, too.
_RANDOM = Kind(Severity.MEDIUM, Severity.LOW, Confidence.LOW)
_ARMOURED = "Private Key"
_ADDRESS = Kind(Severity.LOW, Severity.INFO, Confidence.LOW)

KINDS: Mapping[str, Kind] = {
    # The types of detect-secrets 1.5.0; one that is not here is taken for a token.
    "AWS Access Key": _TOKEN,
    "Artifactory Credentials": _TOKEN,
    "Azure Storage Account access key": _TOKEN,
    "Base64 High Entropy String": _RANDOM,
    "Basic Auth Credentials": _NAMED,
    "Cloudant Credentials": _TOKEN,
    "Discord Bot Token": _TOKEN,
    "GitHub Token": _TOKEN,
    "GitLab Token": _TOKEN,
    "Hex High Entropy String": _RANDOM,
    "IBM COS HMAC Credentials": _TOKEN,
    "IBM Cloud IAM Key": _TOKEN,
    "JSON Web Token": _SAMPLED,
    "Mailchimp Access Key": _TOKEN,
    "NPM tokens": _TOKEN,
    "OpenAI Token": _TOKEN,
    _ARMOURED: _SAMPLED,
    "Public IP (ipv4)": _ADDRESS,
    "PyPI Token": _TOKEN,
    "Secret Keyword": _NAMED,
    "SendGrid API Key": _TOKEN,
    "Slack Token": _TOKEN,
    "SoftLayer Credentials": _TOKEN,
    "Square OAuth Secret": _TOKEN,
    "Stripe Access Key": _TOKEN,
    "Telegram Bot Token": _TOKEN,
    "Twilio API Key": _TOKEN,
}

_FIX = (
    "Revoke it where it was issued, keep the new one in the environment or a secret store, and take the old "
    "one out of the history. If it is no secret, say so beside it and why: `# pragma: allowlist secret`."
)
_LINK = "https://github.com/Yelp/detect-secrets"

# `IGNORED_FILE_EXTENSIONS` of detect-secrets 1.5.0; should it skip others, they show as left out.
_SKIPPED_SUFFIXES = frozenset({
    ".7z", ".bin", ".bmp", ".bz2", ".class", ".css", ".dmg", ".doc", ".eot", ".exe", ".gif", ".gz",
    ".ico", ".iml", ".ipr", ".iws", ".jar", ".jpg", ".jpeg", ".lock", ".map", ".mo", ".pdf", ".png",
    ".prefs", ".psd", ".rar", ".realm", ".s7z", ".sum", ".svg", ".tar", ".tif", ".tiff", ".ttf", ".webp",
    ".woff", ".xls", ".xlsx", ".zip",
})  # fmt: skip
_LOCK_FILE = re.compile(
    r"(?:.*\.lock(?:file)?|.*\.resolved|.*\.sum|[\w.-]*(?:-lock|\.lock|-shrinkwrap)\.(?:json|ya?ml)|pylock[\w.-]*\.toml)",
    re.IGNORECASE,
)
_BASELINE_ENTRY = re.compile(r"""\s*"hashed_secret": "[0-9a-f]{40}",?\s*""")
_ENTROPY_PLUGINS = ("Base64HighEntropyString", "HexHighEntropyString")

_FILTERS = "detect_secrets.filters"
_ALLOWLIST_FILTER = f"{_FILTERS}.allowlist.is_line_allowlisted"
_FILTERS_OFF = (
    f"{_FILTERS}.heuristic.is_indirect_reference",
    f"{_FILTERS}.heuristic.is_lock_file",
    f"{_FILTERS}.heuristic.is_swagger_file",
)

_WITNESS_MODULE = "mcpquality_witness"
_PLACEHOLDER_MODULE = "mcpquality_placeholder"
_WITNESS = '''\
"""Filters that filter nothing: they note each file that detect-secrets comes to, and how each secret begins."""

import hashlib
import os

from mcpquality_placeholder import is_placeholder


def witness(filename):
    with open(os.environ["MCPQUALITY_WITNESS"], "ab") as log:
        log.write(os.fsencode(filename) + b"\\0")
    return False


def beginning(filename, secret):
    digest = hashlib.sha1(secret.encode("utf-8")).hexdigest()
    start = secret[: 4 if len(secret) >= 8 else len(secret) // 2].encode("utf-8", "replace").hex()
    with open(os.environ["MCPQUALITY_WITNESS"] + ".secrets", "a", encoding="ascii") as log:
        log.write(f"{digest} {len(secret)} {start} {is_placeholder(secret):d}\\n")
    return False
'''

# Put together here, so that nobody takes our own source for a leak; by the plug-in that has to find it.
_CANARIES = {
    "AWSKeyDetector": ("AWS Access Key", 'aws = "' + "AKIA" + 'QWERTZUIOPASDFGH"'),
    "PrivateKeyDetector": ("Private Key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
    "KeywordDetector": ("Secret Keyword", "pass" + 'word = "correct-horse-battery"'),
    "HexHighEntropyString": ("Hex High Entropy String", 'h = "' + "2b1189a188b44ad1" + '8c35e113ac6ceead"'),
    "Base64HighEntropyString": (
        "Base64 High Entropy String",
        # Of all the plug-ins, this one finds its halves, too.
        'b = "' + "c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxk" + 'IGNhdXNl"',  # pragma: allowlist secret - the canary
    ),
}

_NAMED_BINARIES = 200  # a repository may hold thousands of pictures

_SMALL = 1_000_000  # bytes below which more processes than jobs do not pay


class DetectSecretsScanner:
    """Runs detect-secrets over all text files."""

    name = "detect-secrets"
    title = "detect-secrets: credentials left in files"
    category = Category.SECRET
    options = OPTIONS
    weight = 40

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def scan(self, context: ScanContext) -> ScanResult:
        """See `Scanner.scan`.

        Raises:
            ToolError: detect-secrets cannot be had, or does not find what it must.
        """
        started = self._clock.monotonic()
        intake = _take_in(context)
        since = context.options["since"]
        if not intake.targets and not intake.unseen and since is None:
            return _nothing_to_do(intake, context.asked)
        baseline, problems = _baseline(context)
        tool = await context.tools.tool("detect-secrets")
        run = _Run(context, tool, self._clock, started + context.timeout)
        await run.check_canary()
        report = await run.all(intake.targets)
        sieve = _Sieve(context.root, bool(context.options["random-in-tests"]), baseline.name)
        hits = sieve.without_noise(report.hits)
        findings = apply_pragmas(_findings(hits, baseline), context.root, ALLOWLIST)
        again = await run.all(_with_allowed(intake.targets, findings), honour_pragmas=True)
        hidden = _hidden(report.hits, sieve.without_noise(again.hits), findings)
        findings += apply_pragmas(_findings(hidden, baseline), context.root, ALLOWLIST)
        past = await _past(context, run, report, sieve, str(since)) if since is not None else _Past()
        unseen = sorted({*intake.unseen, *report.unseen, *again.unseen, *past.unseen})
        names = {one.name for one in unseen}
        return ScanResult(
            scanner="detect-secrets",
            status=ScanStatus.INCOMPLETE if unseen or problems else ScanStatus.COMPLETE,
            findings=(*findings, *past.findings),
            seen=tuple(target.path for target in intake.targets if target.path not in names),
            unseen=tuple(unseen),
            problems=problems,
            notes=(*intake.notes, *sieve.notes(), *past.notes),
            version=tool.version,
            commands=tuple(run.commands),
            seconds=self._clock.monotonic() - started,
        )

    def explain(self, rule: str) -> str | None:
        """Help for a kind of secret such as `aws-access-key`, as Markdown."""
        title = next((title for title in KINDS if rule in {title, rule_of(title)}), None)
        if title is None:
            return None
        kind = KINDS[title]
        weight = f"Rated {kind.severity.value}, in tests and documentation {kind.in_tests.value}."
        if kind is _NAMED:
            weight += (
                f" A value that reads like a placeholder, such as `your-client-secret`, is rated "
                f"{_FILLED_IN.severity.value} and {_FILLED_IN.in_tests.value}."
            )
        what = f"# {rule_of(title)}\n\n{title} in clear text. {weight}"
        return f"{what}\n\n**Fix:** {_FIX}\n\n[detect-secrets]({_LINK})\n"


def _baseline(context: ScanContext) -> tuple[Baseline, tuple[str, ...]]:
    """The project's baseline; where it cannot be read, everything counts, and that is a problem."""
    try:
        return read_baseline(context.root, str(context.options["baseline"] or "")), ()
    except ToolError as error:
        return Baseline(), (str(error),)


def rule_of(title: str) -> str:
    """The rule id of a kind of secret, its name in lower case with hyphens (`github-token`)."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


# What is looked at, and where


@dataclass(frozen=True, slots=True)
class _Target:
    """A file to look at: its path below the root, and where the tool finds it (`folder`, `name`)."""

    path: str
    folder: Path
    name: str
    weight: int
    checksums: bool = False


@dataclass(frozen=True, slots=True)
class _Intake:
    """What became of the list of files."""

    targets: tuple[_Target, ...]
    unseen: tuple[Unseen, ...]
    notes: tuple[str, ...]


def _take_in(context: ScanContext) -> _Intake:
    targets: list[_Target] = []
    unseen: list[Unseen] = []
    binaries: list[str] = []
    copies = context.scratch / "copies"
    copies.mkdir()
    for path in context.files:
        try:
            content = read_text_file(context.root / path)
        except OSError as error:
            unseen.append(Unseen(path, f"cannot be read: {error.strerror}"))
            continue
        if content is None:
            binaries.append(path)
        else:
            targets.append(_target(context.root, copies / str(len(targets)), path, content))
    locks = sum(target.checksums for target in targets)
    return _Intake(tuple(targets), tuple(unseen), (*_binary_note(binaries), *_lock_note(locks)))


def _target(root: Path, copy: Path, path: str, content: TextFile) -> _Target:
    """The file itself where detect-secrets takes it as it is, or else a copy of its text."""
    # The tool takes a backslash for a slash.
    if content.is_utf8 and PurePosixPath(path).suffix not in _SKIPPED_SUFFIXES and "\\" not in path:
        return _Target(path, root, path, len(content.text), _holds_checksums(path))
    return _copied(copy, path, content)


def _holds_checksums(path: str) -> bool:
    name = path.rpartition("/")[2]
    return _LOCK_FILE.fullmatch(name) is not None


def _copied(copy: Path, path: str, content: TextFile) -> _Target:
    suffix = PurePosixPath(path).suffix
    kept = suffix if re.fullmatch(r"\.[a-z]+", suffix) and suffix not in _SKIPPED_SUFFIXES else ".txt"
    copy = copy.with_suffix(kept)
    # Line ends as they are: line numbers have to stay.
    copy.write_bytes(content.text.encode("utf-8", "replace"))
    return _Target(path, copy.parent, copy.name, len(content.text), _holds_checksums(path))


def _binary_note(binaries: Sequence[str]) -> tuple[str, ...]:
    if not binaries:
        return ()
    shown = ", ".join(one_line(path, 120) for path in binaries[:_NAMED_BINARIES])
    more = f" and {len(binaries) - _NAMED_BINARIES} more" if len(binaries) > _NAMED_BINARIES else ""
    return (f"Not applicable, as they hold no text: {shown}{more}.",)


def _lock_note(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} lock files: random-looking text is no finding there, checksums are what they hold.",)


def _nothing_to_do(intake: _Intake, asked: bool) -> ScanResult:
    problem = "There is no text file here for detect-secrets to look at. Leave it out, or give another folder."
    return ScanResult(
        "detect-secrets", ScanStatus.NOT_APPLICABLE, notes=intake.notes, problems=(problem,) if asked else ()
    )


# What comes back


@dataclass(frozen=True, slots=True)
class _Hit:
    """One result. The digest tells equal secrets apart from others and goes nowhere; `start` is all that is shown."""

    path: str
    line: int
    title: str
    digest: str = field(repr=False)
    start: str = ""
    length: int = 0
    placeholder: bool = False

    @property
    def kind(self) -> Kind:
        """What it weighs."""
        kind = KINDS.get(self.title, _TOKEN)
        return _FILLED_IN if kind is _NAMED and self.placeholder else kind


@dataclass(frozen=True, slots=True)
class _Report:
    hits: tuple[_Hit, ...]
    unseen: tuple[Unseen, ...]


def _findings(hits: Iterable[_Hit], baseline: Baseline) -> list[Finding]:
    """One finding a secret and line; the surest kind gives it its name, the others stand beside it."""
    return [_finding(together, baseline) for together in _grouped(hits)]


def _grouped(hits: Iterable[_Hit]) -> list[list[_Hit]]:
    grouped: dict[tuple[str, int, str], list[_Hit]] = {}
    for hit in sorted(hits, key=lambda hit: (hit.path, hit.line, hit.title)):
        grouped.setdefault((hit.path, hit.line, hit.digest), []).append(hit)
    return list(grouped.values())


def _finding(hits: Sequence[_Hit], baseline: Baseline) -> Finding:
    order = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
    hit, *others = sorted(hits, key=lambda hit: (order.index(hit.kind.confidence), hit.title))
    kind = hit.kind
    doubt = "; it reads like a placeholder" if kind is _FILLED_IN else ""
    return Finding(
        scanner="detect-secrets",
        rule=rule_of(hit.title),
        severity=kind.in_tests if is_test(hit.path) or is_documentation(hit.path) else kind.severity,
        message=in_clear_text(hit.title, hit.start) + doubt,
        location=Location(hit.path, Region(hit.line)),
        title=hit.title,
        confidence=kind.confidence,
        category=Category.SECRET,
        cwe=() if kind is _ADDRESS else (798,),
        references=(_LINK,),
        fix=_FIX,
        suppression=baseline.suppression(hit.path, hit.digest),
        also_found_by=tuple(f"detect-secrets:{rule_of(other.title)}" for other in others),
    )


@dataclass(slots=True)
class _Sieve:
    """Takes out what is noise, and counts it."""

    root: Path
    random_in_tests: bool
    baseline: str = ""
    checksums: int = 0
    vectors: int = 0

    def without_noise(self, hits: Iterable[_Hit], lines: dict[str, list[str]] | None = None) -> list[_Hit]:
        """The hits but for random-looking text that is a checksum, or stands in a test; `lines` are those of files."""
        kept: list[_Hit] = []
        lines = {} if lines is None else lines
        for together in _grouped(hits):
            random = all(KINDS.get(hit.title) is _RANDOM for hit in together)
            if not self._is_known(together[0], lines) and not (random and self._is_noise(together[0], lines)):
                kept += together
        return kept

    def _is_known(self, hit: _Hit, lines: dict[str, list[str]]) -> bool:
        """Whether it is an entry of the baseline itself."""
        return hit.path == self.baseline and _BASELINE_ENTRY.fullmatch(self._line(hit, lines)) is not None

    def _is_noise(self, hit: _Hit, lines: dict[str, list[str]]) -> bool:
        if is_test(hit.path) and not self.random_in_tests:
            self.vectors += 1
            return True
        found = is_checksum(self._line(hit, lines), hit.length, hexadecimal=hit.title.startswith("Hex"))
        self.checksums += found
        return found

    def _line(self, hit: _Hit, lines: dict[str, list[str]]) -> str:
        if hit.path not in lines:
            lines[hit.path] = _lines(self.root / hit.path)
        return lines[hit.path][hit.line - 1] if hit.line <= len(lines[hit.path]) else ""

    def notes(self) -> tuple[str, ...]:
        """What was left out, in words."""
        texts: list[str] = []
        if self.checksums:
            texts.append(
                f"{self.checksums} random-looking texts are not listed: their lines say that they are checksums."
            )
        if self.vectors:
            what = f"{self.vectors} random-looking texts in tests are not listed: they are what tests work on."
            texts.append(f"{what} `random-in-tests = true` lists them.")
        return tuple(texts)


def _lines(path: Path) -> list[str]:
    try:
        content = read_text_file(path)
    except OSError:
        return []
    return content.text.split("\n") if content else []


def _with_allowed(targets: Iterable[_Target], findings: Iterable[Finding]) -> tuple[_Target, ...]:
    """The files in which a comment allows something."""
    paths = {finding.location.path for finding in findings if _by_comment(finding) and finding.location}
    return tuple(target for target in targets if target.path in paths)


def _by_comment(finding: Finding) -> bool:
    """Whether a comment suppresses it: that is about one place; the baseline is about a secret wherever it stands."""
    return finding.suppression is not None and finding.suppression.kind is SuppressionKind.PRAGMA


def _hidden(first: Iterable[_Hit], second: Iterable[_Hit], findings: Iterable[Finding]) -> list[_Hit]:
    """Places of the second look whose secret the first look told of in an allowed place only."""
    allowed = {
        (finding.location.path, finding.location.region.start_line)
        for finding in findings
        if _by_comment(finding) and finding.location and finding.location.region
    }
    covered = {(hit.path, hit.digest) for hit in first if (hit.path, hit.line) in allowed}
    return [hit for hit in second if (hit.path, hit.digest) in covered and (hit.path, hit.line) not in allowed]


# What the commits of a change added and took away again


@dataclass(frozen=True, slots=True)
class _Past:
    """What was found in versions of files that are not in the tree any more."""

    findings: tuple[Finding, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    notes: tuple[str, ...] = ()


async def _past(context: ScanContext, run: _Run, now: _Report, sieve: _Sieve, since: str) -> _Past:
    """Secrets of the commits after `since` that are neither in the tree nor were there before."""
    history = await versions_since(context, since)
    before = await run.all(_version_targets(context, history.before, "before"))
    targets = _version_targets(context, history.after, "after")
    after = await run.all(targets)
    known = {hit.digest for hit in (*now.hits, *before.hits)}
    new = [hit for hit in after.hits if hit.digest not in known]
    lines = {target.path: _lines(target.folder / target.name) for target in targets}
    found: dict[str, Finding] = {}
    for together in _grouped(sieve.without_noise(new, lines)):
        found.setdefault(together[0].digest, _of_commit(together))
    unseen = (Unseen(*_version_name(one.name)[::-1]) for one in (*before.unseen, *after.unseen))
    note = f"{len(targets)} versions of files in the commits after {one_line(since, 60)} were looked at, too."
    return _Past(tuple(found.values()), tuple(unseen), (note,))


def _version_targets(context: ScanContext, versions: Iterable[Version], name: str) -> tuple[_Target, ...]:
    """Copies of the versions that hold text, each under the path `number commit/path`, in the order of the commits."""
    folder = context.scratch / name
    folder.mkdir()
    targets: list[_Target] = []
    for number, version in enumerate(versions):
        content = as_text(version.data)
        if content is not None:
            path = f"{number:06} {version.commit}/{version.path}"
            targets.append(_copied(folder / str(number), path, content))
    return tuple(targets)


def _version_name(path: str) -> tuple[str, str]:
    """Commit and path of a version."""
    name, _, plain = path.partition("/")
    return name.partition(" ")[2], plain


def _of_commit(hits: Sequence[_Hit]) -> Finding:
    """A finding about an older version: its line is not one of the file that may be there now."""
    commit, path = _version_name(hits[0].path)
    found = _finding([dataclasses.replace(hit, path=path) for hit in hits], Baseline())
    where = f"in line {hits[0].line} of commit {commit[:12]}, and taken away again: it stays in the history"
    return dataclasses.replace(found, message=f"{found.message}, {where}", location=Location(path))


# How it is run


class _Run:
    """One scan's processes: how they are started, and what is made of what they print."""

    def __init__(self, context: ScanContext, tool: Tool, clock: Clock, deadline: float) -> None:
        self.commands: list[Command] = []
        self._context = context
        self._tool = tool
        self._clock = clock
        self._deadline = deadline
        self._count = 0
        disabled = context.options["disable-plugins"]
        self._disabled = disabled if isinstance(disabled, tuple) else ()
        modules = context.scratch / "modules"
        modules.mkdir()
        (modules / f"{_WITNESS_MODULE}.py").write_text(_WITNESS, encoding="utf-8")
        source = inspect.getsource(placeholder)
        (modules / f"{_PLACEHOLDER_MODULE}.py").write_text(source, encoding="utf-8")

    async def check_canary(self) -> None:
        """See that known secrets are found.

        Raises:
            ToolError: They are not, or the tool does not run.
        """
        folder = self._context.scratch / "canary"
        folder.mkdir()
        wanted = {name: canary for name, canary in _CANARIES.items() if name not in self._disabled}
        text = "".join(f"{line}\n" for _title, line in wanted.values())
        # Two, since a single file takes another way through the tool than many.
        names = ("canary.py", "canary.txt")
        for name in names:
            (folder / name).write_text(text, encoding="utf-8")
        targets = tuple(_Target(name, folder, name, 0) for name in names)
        report = await self._batch(targets, honour_pragmas=False)
        missing = {f"{title} in {name}" for title, _line in wanted.values() for name in names} - {
            f"{hit.title} in {hit.path}" for hit in report.hits
        }
        if missing or report.unseen:
            what = ", ".join(sorted(missing)) or "it skips files"
            raise ToolError(f"detect-secrets does not find known secrets ({what}): reinstall it")

    async def all(self, targets: Iterable[_Target], *, honour_pragmas: bool = False) -> _Report:
        """Look at the targets, several processes side by side."""

        async def work(batch: tuple[_Target, ...]) -> _Report:
            return await self._batch(batch, honour_pragmas=honour_pragmas)

        outcome = await run_batches(_batches(targets, self._context.jobs), work, jobs=self._context.jobs)
        failed = tuple(Unseen(target.path, reason) for target, reason in outcome.failed)
        return _Report(
            tuple(hit for report in outcome.reports for hit in report.hits),
            (*failed, *(one for report in outcome.reports for one in report.unseen)),
        )

    async def _batch(self, targets: tuple[_Target, ...], *, honour_pragmas: bool) -> _Report:
        """Run detect-secrets over targets of one folder and one kind.

        Raises:
            ToolError: There was no time left.
            ToolOutputError: It crashed, or what it printed cannot be trusted.
        """
        remaining = self._deadline - self._clock.monotonic()
        if remaining <= 0:
            raise ToolError("detect-secrets had no time left: raise the timeout, or exclude files")
        self._count += 1
        witness = self._context.scratch / f"witness-{self._count}"
        options = self._options(targets[0], honour_pragmas=honour_pragmas)
        completed = await self._context.processes.run(
            (*options, *(f"./{target.name}" for target in targets)),
            cwd=targets[0].folder,
            timeout=remaining,
            env={"PYTHONPATH": str(self._context.scratch / "modules"), "MCPQUALITY_WITNESS": str(witness)},
        )
        self.commands.append(Command((*options, f"({len(targets)} files)"), completed.exit_code, completed.seconds))
        check_end(_discreet(completed), "detect-secrets", {0})
        document = json_object(completed.stdout, "detect-secrets", _discreet(completed).stderr)
        self._check_settings(document, targets[0], honour_pragmas=honour_pragmas)
        reached = _reached(witness) - _unopened(completed, targets)
        return _Report(
            tuple(_hits(mapping(document, "results", "detect-secrets"), targets, _beginnings(witness))),
            tuple(
                Unseen(target.path, "left out by detect-secrets, for no reason it gives")
                for target in targets
                if target.name not in reached
            ),
        )

    def _plugins_off(self, target: _Target) -> tuple[str, ...]:
        return (*self._disabled, *(_ENTROPY_PLUGINS if target.checksums else ()))

    def _options(self, target: _Target, *, honour_pragmas: bool) -> tuple[str, ...]:
        filters = _FILTERS_OFF if honour_pragmas else (*_FILTERS_OFF, _ALLOWLIST_FILTER)
        settings, disabled = self._context.options, self._plugins_off(target)
        limits = {
            "Base64HighEntropyString": ("--base64-limit", str(settings["base64-limit"])),
            "HexHighEntropyString": ("--hex-limit", str(settings["hex-limit"])),
        }
        return (
            str(self._tool.executable), "-c", "1", "scan", "--all-files", "--no-verify",
            *(part for name in filters for part in ("--disable-filter", name)),
            *(part for name in disabled for part in ("--disable-plugin", name)),
            # It crashes when told the limit of a detector that is off.
            *(part for name, limit in limits.items() if name not in disabled for part in limit),
            "--filter", f"{_WITNESS_MODULE}.witness", "--filter", f"{_WITNESS_MODULE}.beginning",
        )  # fmt: skip

    def _check_settings(self, document: Mapping[str, object], target: _Target, *, honour_pragmas: bool) -> None:
        """See that it looked with what it was told to look with.

        Raises:
            ToolOutputError: A detector is missing, or a filter is on that was switched off.
        """
        used = {member(entry, "name", str, "detect-secrets") for entry in _list(document, "plugins_used")}
        missing = _CANARIES.keys() - set(self._plugins_off(target)) - used
        if missing:
            raise ToolOutputError(f"detect-secrets looked without {', '.join(sorted(missing))}")
        filters = {member(entry, "path", str, "detect-secrets") for entry in _list(document, "filters_used")}
        hiding = filters & {*_FILTERS_OFF, *(() if honour_pragmas else (_ALLOWLIST_FILTER,))}
        if hiding:
            raise ToolOutputError(f"detect-secrets left lines out by {', '.join(sorted(hiding))}")


def _list(document: Mapping[str, object], key: str) -> list[object]:
    return entries(document, key, "detect-secrets")


def _batches(targets: Iterable[_Target], jobs: int) -> list[tuple[_Target, ...]]:
    """Batches of targets that lie in one folder and are looked at in one way."""
    groups: dict[tuple[Path, bool], dict[str, _Target]] = {}
    for target in targets:
        groups.setdefault((target.folder, target.checksums), {})[target.name] = target
    cut: list[tuple[_Target, ...]] = []
    for group in groups.values():
        weights = {name: target.weight for name, target in group.items()}
        total = sum(weights.values())
        count = 1 if total < _SMALL // 10 else jobs if total < _SMALL else jobs * 3
        cut += (tuple(group[name] for name in names) for names in batches(weights, count))
    return cut


def _discreet(completed: Completed) -> Completed:
    """The same without what an error quotes: it may be a line of the file, and a secret in it."""
    if b"Traceback" not in completed.stderr:
        return completed
    errors = re.findall(rb"^([\w.]+(?:Error|Exception))\b", completed.stderr, re.MULTILINE)
    return dataclasses.replace(completed, stderr=b"".join(errors[-1:]))


def _reached(witness: Path) -> set[str]:
    try:
        noted = witness.read_bytes()
    except FileNotFoundError:
        return set()
    return {os.fsdecode(name) for name in noted.split(b"\0")}


def _unopened(completed: Completed, targets: Iterable[_Target]) -> set[str]:
    """Files that it says it could not open; it says so on standard error alone."""
    words = os.fsdecode(completed.stderr)
    if "Unable to open file" not in words:
        return set()
    return {target.name for target in targets if f"Unable to open file: {target.name}" in words}


@dataclass(frozen=True, slots=True)
class _Noted:
    """What the witness noted of a secret."""

    length: int = 0
    start: str = ""
    placeholder: bool = False


def _beginnings(witness: Path) -> dict[str, _Noted]:
    """What was noted of each secret, by its digest."""
    try:
        lines = witness.with_name(f"{witness.name}.secrets").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    noted = (line.split(" ") for line in lines)
    return {
        digest: _Noted(int(length), one_line(bytes.fromhex(start).decode("utf-8", "replace")), flag == "1")
        for digest, length, start, flag in noted
    }


def _hits(
    results: Mapping[str, object], targets: Iterable[_Target], beginnings: Mapping[str, _Noted]
) -> Iterable[_Hit]:
    paths = {target.name: target.path for target in targets}
    for name, found in results.items():
        if name not in paths:
            raise ToolOutputError("detect-secrets tells of a file that it was not given")
        for item in cast("list[object]", typed(found, list, "an entry of detect-secrets")):
            digest = member(item, "hashed_secret", str, "detect-secrets")
            noted = beginnings.get(digest, _Noted())
            title = one_line(member(item, "type", str, "detect-secrets"), 80)
            yield _Hit(
                path=paths[name],
                line=max(1, member(item, "line_number", int, "detect-secrets")),
                title=title,
                digest=digest,
                # Of a private key it takes the line above for the secret.
                start="" if title == _ARMOURED else noted.start,
                length=noted.length,
                placeholder=noted.placeholder,
            )
