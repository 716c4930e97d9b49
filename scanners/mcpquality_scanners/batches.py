"""One list of files cut into several argument lists, of about the same work each."""

from __future__ import annotations

import heapq
import math
import os
from collections.abc import Mapping

ARGUMENT_BYTES = 400_000
"""Bytes of file names one command line may hold: well under macOS's 1 MiB for arguments and environment."""

FILES = 1000
"""Files one process is handed at most, so that a crash costs little and its complaints can all be kept."""

_OVERHEAD = 16  # a pointer, the closing NUL and the `./` we put in front


def batches(
    weights: Mapping[str, int], count: int, *, limit: int = ARGUMENT_BYTES, most: int = FILES
) -> tuple[tuple[str, ...], ...]:
    """Cut the names into at least `count` balanced batches, as far as there are names; none is empty.

    `weights` tells how much work each name is (bytes will do). No batch holds more than `most` names, nor
    names of more than `limit` bytes; a single name that is longer than that has a batch of its own. Names are
    sorted inside a batch; the heaviest batch comes first. The same input gives the same batches.
    """
    cost = {name: len(os.fsencode(name)) + _OVERHEAD for name in weights}
    least = max(count, math.ceil(sum(cost.values()) / limit), math.ceil(len(weights) / most))
    # The heaviest name to the lightest batch; a batch that is full is taken off the heap.
    lightest = [(0, number, 0) for number in range(min(least, len(weights)))]
    filled: list[list[str]] = [[] for _ in lightest]
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        weight, number, size = _room(lightest, filled, cost[name], limit, most)
        filled[number].append(name)
        heapq.heappush(lightest, (weight + weights[name], number, size + cost[name]))
    full = sorted(filled, key=lambda names: (-sum(weights[name] for name in names), names))
    return tuple(tuple(sorted(names)) for names in full if names)


def _room(
    lightest: list[tuple[int, int, int]], filled: list[list[str]], cost: int, limit: int, most: int
) -> tuple[int, int, int]:
    """Take the lightest batch that has room off the heap; a new one where none has."""
    while lightest:
        weight, number, size = heapq.heappop(lightest)
        if len(filled[number]) < most and (size + cost <= limit or not filled[number]):
            return weight, number, size
    filled.append([])
    return 0, len(filled) - 1, 0
