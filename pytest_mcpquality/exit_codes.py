"""What the command ends with beside a verdict's own code (`Verdict.exit_code`)."""

from __future__ import annotations

USAGE = 2
"""Wrong usage or configuration; nothing was run."""

INCOMPLETE = 3
"""Something could not be looked at, or could not be said: never green."""

INTERRUPTED = 130
"""Ended by Ctrl-C or by a signal that asks to end (128 and SIGINT's number, as shells have it)."""
