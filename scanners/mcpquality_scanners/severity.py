"""Every tool's own scale on ours, as tables; the source of each row stands beside it.

A word that a table does not know is `UNKNOWN`, never a guess: tools add words between versions.
"""

from __future__ import annotations

from collections.abc import Mapping

from cvss import CVSS2, CVSS3, CVSS4, CVSSError  # type: ignore[import-untyped]

from mcpquality_scanners.findings import Confidence, Severity

SEMGREP: Mapping[str, Severity] = {
    # Semgrep's rule syntax reference: CRITICAL, HIGH, MEDIUM, LOW, and the older ERROR, WARNING, INFO,
    # which it documents as equal to HIGH, MEDIUM and LOW.
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "ERROR": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "INFO": Severity.LOW,
    # Rules that only take stock of what is there (rule syntax reference, "experiment" and "inventory").
    "INVENTORY": Severity.INFO,
    "EXPERIMENT": Severity.INFO,
}

BANDIT: Mapping[str, Severity] = {
    # Bandit's `constants.RANKING`; its confidence is kept beside it and does not change the severity
    # (as DefectDojo's Bandit parser has it).
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "UNDEFINED": Severity.UNKNOWN,
}

OSV: Mapping[str, Severity] = {
    # `database_specific.severity` of the GitHub Advisory Database, in OSV records whose vector is missing.
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}

NPM: Mapping[str, Severity] = {
    # npm's advisories; DefectDojo's parser takes any other word for info, which is a guess we do not make.
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFO": Severity.INFO,
}

LABELS: Mapping[str, Severity] = {
    # Snyk's, Trivy's and OWASP dependency-check's own words where there is no CVSS score. The last takes them from
    # whoever wrote the advisory: CVSS v2 knows no CRITICAL, npm says MODERATE, RetireJS lower case.
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFO": Severity.INFO,
    "NONE": Severity.INFO,
}

ZIZMOR: Mapping[str, Severity] = {
    # zizmor's `determinations.severity`.
    "HIGH": Severity.HIGH,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
    "INFORMATIONAL": Severity.INFO,
}

SARIF: Mapping[str, Severity] = {
    # SARIF 2.1.0, 3.27.10; where no level is to be found, it is a warning.
    "ERROR": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "NOTE": Severity.INFO,
    "NONE": Severity.INFO,
}

CONFIDENCE: Mapping[str, Confidence] = {
    # The words of Bandit (`issue_confidence`) and of Semgrep's rule metadata (`confidence`).
    "HIGH": Confidence.HIGH,
    "MEDIUM": Confidence.MEDIUM,
    "LOW": Confidence.LOW,
}

CVSS_BANDS: tuple[tuple[float, Severity], ...] = (
    # FIRST, CVSS v3.1 section 5 and v4.0 section 6, qualitative severity rating scale.
    (9.0, Severity.CRITICAL),
    (7.0, Severity.HIGH),
    (4.0, Severity.MEDIUM),
    (0.1, Severity.LOW),
    (0.0, Severity.INFO),
)

MAX_SCORE = 10.0
"""Where every version of CVSS ends."""

SECRET = Severity.HIGH
"""detect-secrets prints no severity; DefectDojo rates its findings high, and so do we."""


def by_word(table: Mapping[str, Severity], word: str) -> Severity:
    """The severity of a tool's word, in any letter case; `UNKNOWN` when the table does not know it."""
    return table.get(word.strip().upper(), Severity.UNKNOWN)


def confidence(word: str) -> Confidence:
    """The confidence of a tool's word, in any letter case."""
    return CONFIDENCE.get(word.strip().upper(), Confidence.UNKNOWN)


def by_security_severity(text: str) -> Severity | None:
    """The severity of a SARIF rule's `security-severity`, a score written as text; None when it says nothing.

    GitHub takes 0 for "no security severity", and so do we.
    """
    try:
        score = float(text)
    except ValueError:
        return None
    return by_score(score) if 0 < score <= MAX_SCORE else None


def by_score(score: float) -> Severity:
    """The severity of a CVSS base score from 0.0 to 10.0."""
    return next((severity for least, severity in CVSS_BANDS if score >= least), Severity.UNKNOWN)


def by_vector(vector: str) -> tuple[float, Severity] | None:
    """Base score and severity of a CVSS vector (2.0, 3.x or 4.0); None when it is not one."""
    try:
        if vector.startswith("CVSS:4"):
            score = CVSS4(vector).base_score
        elif vector.startswith("CVSS:3"):
            score = CVSS3(vector).scores()[0]
        else:
            score = CVSS2(vector).scores()[0]
    except (CVSSError, ValueError, KeyError):
        return None
    return None if score is None else (float(score), by_score(float(score)))
