"""One value against its key: what fits is kept as a setting, what does not becomes a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcpquality_scanners.options import OptionKind, shown
from pytest_mcpquality.config.keys import FILES, ON_PATH, Key, KeyPath
from pytest_mcpquality.config.settings import Origin, Setting, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)*", re.ASCII)
"""A release as PEP 440 normalises it: no ranges, no local part; what is installed has to be one thing."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a configuration may name: its keys, and the scanners, tools and report formats there are."""

    keys: Mapping[KeyPath, Key]
    scanners: Collection[str]
    tools: Collection[str]
    formats: Collection[str]


@dataclass(slots=True)
class Reading:
    """What one source of settings came to: those that fit, by path, and what is wrong with the others."""

    settings: dict[KeyPath, Setting] = field(default_factory=dict[KeyPath, Setting])
    problems: list[str] = field(default_factory=list[str])

    def add(self, vocabulary: Vocabulary, key: Key, value: object, origin: Origin) -> None:
        """Check a value and keep it, or say what is wrong with it.

        A file's name needs the key beside it; the name of a variable or a command-line option says it.
        """
        wrong = problems_of(vocabulary, key, value)
        if not wrong:
            self.settings[key.path] = Setting(key, key.option.normalise(value), origin)
        subject = f"{origin}: {key.name}" if origin.source is Source.FILE else str(origin)
        self.problems += [f"{subject} {problem}" for problem in wrong]


def problems_of(vocabulary: Vocabulary, key: Key, value: object) -> list[str]:
    """What is wrong with a value, as the ends of sentences; empty when it fits."""
    problem = key.option.problem(value)
    if problem:
        known = key.option.choices if key.option.kind is OptionKind.CHOICE else ()
        return [problem + (did_you_mean(value, known) if isinstance(value, str) else "")]
    kept = key.option.normalise(value)
    if isinstance(kept, tuple):
        return list(_item_problems(vocabulary, key, kept))
    if key.path[0] == "tools" and kept != ON_PATH and not _VERSION.fullmatch(str(kept)):
        return [f'must be a version such as "1.2.3", or "{ON_PATH}", not {shown(kept)}']
    return []


def _item_problems(vocabulary: Vocabulary, key: Key, items: tuple[str, ...]) -> Iterable[str]:
    match key.path:
        case ("select",) | ("skip",):
            return _unknown(items, vocabulary.scanners, "scanner")
        case ("allow-incomplete",):
            return _unknown(items, (*vocabulary.scanners, FILES), "scanner")
        case ("format",) | ("health", "report"):
            return _format_problems(items, vocabulary.formats)
        case ("exclude",):
            return pattern_problems(items)
        case _:
            return ()


def _format_problems(items: tuple[str, ...], formats: Collection[str]) -> list[str]:
    if not items:
        return [f"must name at least one report; there are: {', '.join(sorted(formats))}"]
    unknown = _unknown([item.partition("=")[0] for item in items], formats, "format")
    unusable = [item for item in items if item.partition("=")[1:] == ("=", "") or "\0" in item]
    return unknown + [f"has no usable path after the = of {shown(item)}" for item in unusable]


def _unknown(names: Iterable[str], known: Collection[str], what: str) -> list[str]:
    return [f"names {shown(name)}, which is no {what}" + nearest(name, known) for name in names if name not in known]


def pattern_problems(patterns: Iterable[str]) -> list[str]:
    """What is wrong with patterns of files: those that are made of dots and slashes alone name nothing."""
    return [f"holds {shown(item)}, which names no file" for item in patterns if not item.strip("./ ")]


def nearest(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them when none is near."""
    return did_you_mean(name, known) or f"; there are: {', '.join(sorted(known)) or 'none'}"


def did_you_mean(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name when a known one is near, else nothing."""
    import difflib  # noqa: PLC0415 - not needed where all is well

    folded = {_folded(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_folded(name[:100]), folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")
