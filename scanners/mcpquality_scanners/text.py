"""Foreign text made fit to be shown: no control characters, no reordering, one line, a limited length."""

from __future__ import annotations

import re
import unicodedata

# Terminal sequences (ECMA-48): CSI ... final byte, and OSC ... BEL or ST.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")

# Unicode's control, format (bidirectional overrides are among them) and surrogate characters.
_DROPPED = frozenset({"Cc", "Cf", "Cs"})


def one_line(text: str, limit: int = 300) -> str:
    """`text` on one line of at most `limit` characters, an ellipsis at the end where it was cut.

    Terminal sequences, control and format characters and lone surrogates are dropped; any run of white space
    becomes one space.
    """
    plain = " ".join(_ESCAPES.sub("", text).split())
    kept = "".join(character for character in plain if unicodedata.category(character) not in _DROPPED)
    return kept if len(kept) <= limit else f"{kept[: limit - 1].rstrip()}…"


def last_lines(output: bytes, count: int = 3, limit: int = 300) -> str:
    """The last `count` lines of a tool's output that say something, joined by ` | `; empty when none does.

    Bytes that are not UTF-8 are shown as the replacement character.
    """
    lines = [line for line in (one_line(line, limit) for line in _tail(output).splitlines()) if line]
    return " | ".join(lines[-count:])


def _tail(output: bytes) -> str:
    # More than a screenful is never shown, so a megabyte of noise need not be decoded.
    return output[-16 * 1024 :].decode("utf-8", "replace")
