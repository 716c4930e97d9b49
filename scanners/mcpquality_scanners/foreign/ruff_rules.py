"""What Ruff's S rules weigh: Ruff itself rates nothing.

They are ports of Bandit's tests, with the same numbers. Severity and CWE are those that Bandit 1.9.4 gives for
the same number; of several, the usual one. A finding of both is one finding then, by line and CWE.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcpquality_scanners.findings import Severity

_HIGH, _MEDIUM, _LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW

RATINGS: Mapping[str, tuple[Severity, int]] = {
    "S101": (_LOW, 703), "S102": (_MEDIUM, 78), "S103": (_MEDIUM, 732), "S104": (_MEDIUM, 605),
    "S105": (_LOW, 259), "S106": (_LOW, 259), "S107": (_LOW, 259), "S108": (_MEDIUM, 377),
    "S110": (_LOW, 703), "S112": (_LOW, 703), "S113": (_MEDIUM, 400),
    "S201": (_HIGH, 94), "S202": (_HIGH, 22),
    "S301": (_MEDIUM, 502), "S302": (_MEDIUM, 502), "S303": (_MEDIUM, 327), "S304": (_HIGH, 327),
    "S305": (_MEDIUM, 327), "S306": (_MEDIUM, 377), "S307": (_MEDIUM, 78), "S308": (_MEDIUM, 79),
    "S310": (_MEDIUM, 22), "S311": (_LOW, 330), "S312": (_HIGH, 319), "S313": (_MEDIUM, 20),
    "S314": (_MEDIUM, 20), "S315": (_MEDIUM, 20), "S316": (_MEDIUM, 20), "S317": (_MEDIUM, 20),
    "S318": (_MEDIUM, 20), "S319": (_MEDIUM, 20), "S321": (_HIGH, 319), "S323": (_MEDIUM, 295),
    "S324": (_HIGH, 327),
    "S401": (_HIGH, 319), "S402": (_HIGH, 319), "S403": (_LOW, 502), "S404": (_LOW, 78),
    "S405": (_LOW, 20), "S406": (_LOW, 20), "S407": (_LOW, 20), "S408": (_LOW, 20), "S409": (_LOW, 20),
    "S411": (_HIGH, 20), "S412": (_HIGH, 284), "S413": (_HIGH, 327), "S415": (_HIGH, 319),
    "S501": (_HIGH, 295), "S502": (_HIGH, 327), "S503": (_MEDIUM, 327), "S504": (_LOW, 327),
    "S505": (_HIGH, 326), "S506": (_MEDIUM, 20), "S507": (_HIGH, 295), "S508": (_MEDIUM, 319),
    "S509": (_MEDIUM, 319),
    "S601": (_MEDIUM, 78), "S602": (_HIGH, 78), "S603": (_LOW, 78), "S604": (_MEDIUM, 78), "S605": (_HIGH, 78),
    "S606": (_LOW, 78), "S607": (_LOW, 78), "S608": (_MEDIUM, 89), "S609": (_HIGH, 155),
    "S610": (_MEDIUM, 89), "S611": (_MEDIUM, 89), "S612": (_MEDIUM, 94),
    "S701": (_HIGH, 94), "S702": (_MEDIUM, 80), "S704": (_MEDIUM, 79),
}  # fmt: skip

UNRATED = (Severity.MEDIUM, 0)
"""A rule that is newer than this table, or that Bandit has no more."""

SEEMS_SAFE = "seems safe"
"""In Ruff's message about a shell that is handed a constant: Bandit rates these low, and so do we."""
