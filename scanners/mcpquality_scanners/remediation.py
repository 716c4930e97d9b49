"""How to put a rule's findings right, who says so, and as of when."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class RemediationSource(enum.Enum):
    """Who gave the advice, the best first; only what Context7 says is fetched."""

    CONTEXT7 = "context7"
    STALE = "context7 (stale)"
    OWN_HELP = "own help"
    TOOL = "tool"
    CWE = "cwe"
    ADVISORY = "advisory"

    @property
    def is_documentation(self) -> bool:
        """Whether it is text of strangers that a documentation service has sent."""
        return self in {RemediationSource.CONTEXT7, RemediationSource.STALE}


@dataclass(frozen=True, slots=True)
class Remediation:
    """How to put a rule's findings right: text of strangers, which every report has to make harmless.

    Attributes:
        scanner: Of the rule.
        rule: Its id.
        title: The rule's short name, or its id.
        text: Markdown.
        source: Who says so.
        library: Id of the library that the text is about (`/pallets/flask`); empty where it is about none.
        url: Where it can be read, https; empty when there is no such place.
        retrieved: As of when: ISO 8601, UTC, seconds; empty for what comes with this program or with the finding.
    """

    scanner: str
    rule: str
    title: str
    text: str
    source: RemediationSource
    library: str = ""
    url: str = ""
    retrieved: str = ""
