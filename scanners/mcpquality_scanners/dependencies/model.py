"""What manifests say, as values: who asks for what, and which exact versions stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, cast

from packaging.requirements import Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.text import one_line

_CREDENTIALS = re.compile(r"//[^/@\s]+@")

_BOMS = (
    # UTF-32's little-endian mark starts with UTF-16's, so it has to come first.
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


class UnreadableError(ValueError):
    """A manifest, or a line of it, that cannot be made sense of; the message is the reason to show."""


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where a version was asked for: a manifest relative to the root, and the line (0: none was found).

    An empty path stands for an installed environment.
    """

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One exact version: the PEP 503 name, the PEP 440 version in its normal form, and where it stands."""

    name: str
    version: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requirement on a package of the registry, as a manifest states it."""

    requirement: Requirement
    origin: Origin

    @property
    def name(self) -> str:
        """The PEP 503 name."""
        return canonicalize_name(self.requirement.name)

    @property
    def pin(self) -> Pin | None:
        """The exact version when the requirement allows no other, else None."""
        for specifier in self.requirement.specifier:
            if specifier.operator in {"==", "==="} and not specifier.version.endswith(".*"):
                return make_pin(self.requirement.name, specifier.version, self.origin)
        return None

    def met_by(self, pin: Pin) -> bool:
        """Whether that exact version is one the requirement allows, whatever its marker says."""
        return pin.name == self.name and self.requirement.specifier.contains(pin.version, prereleases=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything one manifest says.

    Attributes:
        manifest: Its path relative to the root; for an environment the path it was given by.
        pins: The exact versions in it.
        wanted: Its requirements on packages of the registry, the pinned ones included (empty for lock files).
        constraints: Requirements that limit the resolver and ask for nothing themselves.
        indexes: Option lines about where packages come from, as they stand in the file.
        prereleases: Whether the resolver may take pre-releases.
        python: The lowest Python the project supports (`3.12`), where it says so.
        files: Other files that were read for it, relative to the root.
        members: Folders whose projects a lock file locks, relative to the root ("" is the root).
        declared: Its requirements as they stand there, those that a lock file holds too; what limits versions.
        edges: Which packages need which others, by PEP 503 names, as far as it tells.
        roots: Packages that it says the project itself asks for.
        modules: What packages are imported by, where it tells.
        others: Names a lock file holds without a registry version (own projects, VCS, URLs).
        declares: Whether this is the place where a project's dependencies are stated.
        undeclared: Dependencies that it says exist without saying which; a lock file or another manifest may.
        sources: The requirements files that are said to hold them, relative to the root.
        complete: Whether exact versions in it may be taken for all there is, as in a requirements file.
        hashed: Whether each of its requirements has a hash, so that pip itself refuses what it does not list.
        unseen: What stands in it and cannot be audited.
        notes: What is worth knowing.
    """

    manifest: str
    pins: tuple[Pin, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    constraints: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    prereleases: bool = False
    python: str = ""
    files: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    declared: tuple[Wanted, ...] = ()
    edges: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    roots: frozenset[str] = frozenset()
    modules: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    others: frozenset[str] = frozenset()
    declares: bool = False
    complete: bool = False
    hashed: bool = False
    undeclared: tuple[Unseen, ...] = ()
    sources: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_project(self) -> bool:
        """Whether it states what a whole project needs, which the lock files around it lock."""
        return PurePosixPath(self.manifest).name in {"pyproject.toml", "setup.cfg", "Pipfile"}

    @property
    def loose(self) -> tuple[Wanted, ...]:
        """The requirements that leave the version open."""
        return tuple(wanted for wanted in self.wanted if wanted.pin is None)


def make_pin(name: str, version: str, origin: Origin) -> Pin | None:
    """A pin in normal form; None when the name or the version is not what PEP 508 and PEP 440 allow."""
    try:
        return Pin(canonicalize_name(name, validate=True), str(Version(version)), origin)
    except (InvalidName, InvalidVersion):
        return None


def scrub(text: str, limit: int = 300) -> str:
    """One line for people, of at most `limit` characters, without the credentials of URLs in it."""
    return one_line(_CREDENTIALS.sub("//", text), limit)


def read_text(path: Path) -> str:
    """The text of a manifest: UTF-8, or UTF-16 and UTF-32 with a byte order mark, as pip reads them.

    Raises:
        UnreadableError: It cannot be opened, or is in no such encoding.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from error
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError("is neither UTF-8 nor UTF-16 with a byte order mark") from error


def below(root: Path, path: Path) -> PurePath | None:
    """A path relative to the root once all links are followed; None when it leads out of it, or nowhere."""
    try:
        target = path.resolve()
        return target.relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL in the name, another tree
        return None


def as_table(value: object) -> dict[str, Any] | None:
    """The value when it is a TOML or JSON table, else None."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_strings(value: object, what: str) -> tuple[str, ...]:
    """A list of strings out of a document; a missing one is empty.

    Raises:
        UnreadableError: It is something else.
    """
    if value is None:
        return ()
    if isinstance(value, list):
        items = cast("list[object]", value)
        texts = tuple(item for item in items if isinstance(item, str))
        if len(texts) == len(items):
            return texts
    raise UnreadableError(f"{what} is not a list of strings")


def mention(name: str, lines: Iterable[str]) -> int:
    """Number of the first line that names the package, in any spelling of PEP 503; 0 for none."""
    spelling = r"[-_.]+".join(re.escape(part) for part in canonicalize_name(name).split("-"))
    pattern = re.compile(rf"(?<![\w.-]){spelling}(?![\w-]|\.\w)", re.IGNORECASE)
    for number, line in enumerate(lines, start=1):
        if pattern.search(line.split("#", 1)[0]):
            return number
    return 0
