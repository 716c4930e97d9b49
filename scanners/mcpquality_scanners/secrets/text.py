"""How much of a secret is shown."""

from __future__ import annotations

from mcpquality_scanners.text import one_line

SHOWN = 4
"""Characters at the start of a secret that reports show, so that its owner knows which one it is."""

_SHORTEST = 8


def beginning(secret: str) -> str:
    """The first four characters of a secret, fewer of a short one; never more than half of it.

    >>> beginning("correct horse battery staple"), beginning("pass"), beginning("")
    ('corr', 'pa', '')
    """
    shown = SHOWN if len(secret) >= _SHORTEST else len(secret) // 2
    return one_line(secret[:shown])


def in_clear_text(kind: str, start: str) -> str:
    """The message about a secret of a kind that begins so.

    >>> in_clear_text("GitHub Token", "ghp_"), in_clear_text("Private Key", "")
    ('GitHub Token in clear text, beginning with ghp_', 'Private Key in clear text')
    """
    return f"{kind} in clear text" + (f", beginning with {start}" if start else "")
