"""Which file of the list does a name in the data mean?

Data come from other machines, containers and installed packages, so that a name may have another beginning
than the file has here. What is done, in this order: the very file; for a file of an installed package, the
one file that ends with all that stands behind `site-packages`; else, beginnings are exchanged for others
(`/app` for `src`), and where several exchanges are possible the one that explains most names decides. A name
that this leaves open is never guessed.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

Parts = tuple[str, ...]
Exchange = tuple[Parts, Parts]
"""A beginning in the data, and the one that stands for it here."""

_INSTALLED = ("site-packages", "dist-packages")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Match:
    """The file a name means; None when it means no file of the list, or may mean several (`ambiguous`)."""

    path: str | None
    ambiguous: bool = False


_STRANGER = Match(None)
_AMBIGUOUS = Match(None, ambiguous=True)


class PathMap:
    """Answers the question for all names of the data, which explain one another."""

    def __init__(self, root: Path, files: Iterable[str], names: Iterable[str]) -> None:
        self._roots = {_parts(str(root)), _parts(os.path.realpath(root))}
        self._files = {_parts(path): path for path in files}
        self._by_last: defaultdict[str, list[Parts]] = defaultdict(list)
        for parts in self._files:
            self._by_last[parts[-1]].append(parts)
        self._support: Counter[Exchange] = Counter()
        for name in set(names):
            self._support.update(self._exchanges(_parts(name)))

    def find(self, names: Sequence[str]) -> Match:
        """The file meant by a record with these names (more than one where a format leaves it open)."""
        matches = [self._find(_parts(name)) for name in names]
        paths = {match.path for match in matches if match.path is not None}
        if len(paths) == 1 and not any(match.ambiguous for match in matches):
            return Match(paths.pop())
        return _AMBIGUOUS if paths or any(match.ambiguous for match in matches) else _STRANGER

    def _find(self, parts: Parts) -> Match:
        exact = self._exact(parts)
        if exact is not None:
            return Match(exact)
        tail = _installed_tail(parts)
        if tail:
            return self._installed(tail)
        return self._exchanged(parts)

    def _exact(self, parts: Parts) -> str | None:
        if parts in self._files:
            return self._files[parts]
        inside = (parts[len(root) :] for root in self._roots if parts[: len(root)] == root)
        return next((self._files[rest] for rest in inside if rest in self._files), None)

    def _installed(self, tail: Parts) -> Match:
        candidates = [parts for parts in self._by_last[tail[-1]] if parts[-len(tail) :] == tail]
        shortest = min(map(len, candidates), default=0)
        nearest = [parts for parts in candidates if len(parts) == shortest]
        if len(nearest) == 1:
            return Match(self._files[nearest[0]])
        return _AMBIGUOUS if nearest else _STRANGER

    def _exchanged(self, parts: Parts) -> Match:
        possible = [
            (support, exchange)
            for exchange, support in self._support.items()
            if parts[: len(exchange[0])] == exchange[0]
        ]
        most = max((support for support, _exchange in possible), default=0)
        best = [exchange for support, exchange in possible if support == most]
        # Of equally good ones the shortest beginning, which leaves most of the name to be compared.
        least = min((len(old) for old, _new in best), default=0)
        targets = {(*new, *parts[len(old) :]) for old, new in best if len(old) == least}
        found = [self._files[target] for target in targets if target in self._files]
        if len(found) > 1:
            return _AMBIGUOUS
        return Match(found[0]) if found else _STRANGER

    def _exchanges(self, parts: Parts) -> list[Exchange]:
        """The exchanges that would make `parts` the file with the longest common end."""
        if not parts or self._exact(parts) is not None or _installed_tail(parts):
            return []
        common = [(_common_end(parts, file), file) for file in self._by_last[parts[-1]]]
        longest = max((length for length, _file in common), default=0)
        return [
            (parts[: len(parts) - length], file[: len(file) - length]) for length, file in common if length == longest
        ]


def _parts(name: str) -> Parts:
    """The components of a path of any system; an absolute one begins with `/` or its drive."""
    normal = name.replace("\\", "/")
    parts = tuple(part for part in normal.split("/") if part not in {"", "."})
    return ("/", *parts) if normal.startswith("/") and not _DRIVE.match(normal) else parts


def _installed_tail(parts: Parts) -> Parts:
    """What stands behind the last `site-packages`; empty when there is none."""
    last = max((index for index, part in enumerate(parts) if part in _INSTALLED), default=-1)
    return parts[last + 1 :] if last >= 0 else ()


def _common_end(first: Parts, second: Parts) -> int:
    length = 0
    for one, two in zip(reversed(first), reversed(second), strict=False):
        if one != two:
            break
        length += 1
    return length
