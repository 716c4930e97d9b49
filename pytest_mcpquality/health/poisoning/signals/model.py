"""What a signal is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_mcpquality.health.poisoning.signals.vocabulary import Words

# What comes before a match that forbids it: "do not", "never include your".
_FORBIDDEN: Final = re.compile(r"(?:\bnot|n't|\bnever|\bavoid|\bwithout|\bcannot|\bno)(?:,? (?:or )?\w+){0,3},? ?$")
_BEFORE: Final = 32

_LOOKED_FOR: Final = re.compile(
    r"\b(?:detect|scan|flag|block|recogni[sz]e|match|phrase|pattern|attempt|injection|jailbreak|attack|payload)\w*\b.*"
    r"\b(?:such as|like|e\.g\.|for example|including|phrases?|patterns?|says?|words?)\b"
)


@dataclass(frozen=True, slots=True)
class Signal:
    """One way to say something that a description has no reason to say.

    Attributes:
        family: What it stands for, in words that complete "the text ...". Two signals of one family count once.
        weight: How much it counts; `score.THRESHOLD` is enough by itself.
        pattern: Searched in one normalised sentence.
        needs: Groups of words of which each has to be in the sentence, as masks: any of the bits of each will do.
        orders: Whether it is an order, which is none where the sentence forbids it.
        gate: Has to be in the sentence too; what is searched first where it is quicker than the pattern.
        hints: Parts of words of which one has to be in the text; empty where any text may match.
    """

    family: str
    weight: float
    pattern: re.Pattern[str]
    needs: tuple[int, ...] = ()
    orders: bool = False
    gate: re.Pattern[str] | None = None
    hints: tuple[str, ...] = ()

    def in_text(self, text: str) -> Iterator[re.Match[str]]:
        """Where it is in a whole text."""
        for hint in self.hints or ("",):
            if hint in text:
                yield from self.pattern.finditer(text)
                return

    def may_be_in(self, mask: int) -> bool:
        """Whether a sentence that holds the groups in `mask` is worth a search."""
        return all(mask & need for need in self.needs)

    def in_sentence(self, sentence: str) -> Sequence[re.Match[str]]:
        """Where it is in a sentence, and meant as said."""
        if (self.gate or self.pattern).search(sentence) is None:
            return ()
        return [match for match in self.pattern.finditer(sentence) if self._meant(sentence[: match.start()])]

    def _meant(self, before: str) -> bool:
        return not (self.orders and _FORBIDDEN.search(before[-_BEFORE:])) and not _mentioned(before)


def _mentioned(before: str) -> bool:
    """Whether what follows is quoted as an example of what is looked for: a scanner's own description."""
    quotes = before.count('"') + before.count("`") + before.count("\u201c") - before.count("\u201d")
    return quotes % 2 == 1 and _LOOKED_FOR.search(before) is not None


def signal(
    family: str,
    weight: float,
    *patterns: str,
    needs: tuple[Words | int, ...] = (),
    orders: bool = False,
    gate: str = "",
    hints: str = "",
) -> Signal:
    """A signal: any of the patterns, where each of `needs` is; `hints` are separated by spaces."""
    masks = tuple(need if isinstance(need, int) else need.bit for need in needs)
    pattern = re.compile("|".join(patterns), re.DOTALL)
    return Signal(family, weight, pattern, masks, orders, re.compile(gate) if gate else None, tuple(hints.split()))
