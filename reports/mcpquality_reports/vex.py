"""CycloneDX VEX: the vulnerable dependencies, and what was said of them.

A finding that counts is `in_triage`, since nobody has said whether the code can be hurt through it; a suppressed
one is `not_affected` with the reason as its detail. Packages without a known vulnerability are not listed: this is
no bill of materials. What was not seen stands in the properties of the document.
"""

# The library's classes are decorated by another that tells type checkers nothing of what they take and hold.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportArgumentType=false

from __future__ import annotations

import hashlib
import json
import re
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias, cast

from cyclonedx.model import Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.impact_analysis import ImpactAnalysisState
from cyclonedx.model.vulnerability import (
    BomTarget,
    Vulnerability,
    VulnerabilityAdvisory,
    VulnerabilityAnalysis,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from mcpquality_reports import digest
from mcpquality_reports.documents import document
from mcpquality_reports.ecosystems import ecosystem
from mcpquality_reports.text import one_line, safe_url, shorten, visible, without_surrogates
from mcpquality_scanners import severity as scales
from mcpquality_scanners.findings import Category, Finding, Severity
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://pytest-mcpquality.readthedocs.io/vex")
_Key: TypeAlias = tuple[str, str, str]
_SEVERITIES = {
    Severity.CRITICAL: VulnerabilitySeverity.CRITICAL,
    Severity.HIGH: VulnerabilitySeverity.HIGH,
    Severity.UNKNOWN: VulnerabilitySeverity.UNKNOWN,
    Severity.MEDIUM: VulnerabilitySeverity.MEDIUM,
    Severity.LOW: VulnerabilitySeverity.LOW,
    Severity.INFO: VulnerabilitySeverity.INFO,
}
_METHODS = {
    "CVSS:3.0": VulnerabilityScoreSource.CVSS_V3,
    "CVSS:3.1": VulnerabilityScoreSource.CVSS_V3_1,
    "CVSS:4.0": VulnerabilityScoreSource.CVSS_V4,
}


class VexReport:
    """The document, as JSON of CycloneDX 1.6."""

    def render(self, results: Results, sources: ReadLines) -> str:  # noqa: ARG002 - shows no code
        """See `Report.render`."""
        found = [each for each in (*results.findings, *results.suppressed) if each.category is Category.DEPENDENCY]
        bom = Bom(serial_number=uuid.uuid5(_NAMESPACE, _digest(results, found)), version=1)
        bom.metadata.timestamp = _started(results)
        target = Component(name=_name(results.target), type=ComponentType.APPLICATION, bom_ref="target")
        bom.metadata.component = target
        bom.metadata.tools.components.add(
            Component(
                name="mcpquality", version=one_line(results.environment.mcpquality), type=ComponentType.APPLICATION
            )
        )
        for item in _properties(results):
            bom.metadata.properties.add(item)
        components = {key: _component(*key) for key in map(_key, found) if key}
        for component in components.values():
            bom.components.add(component)
        for vulnerability in _vulnerabilities(found, components):
            bom.vulnerabilities.add(vulnerability)
        return _json(bom)


REPORT = VexReport()


def _json(bom: Bom) -> str:
    with warnings.catch_warnings():
        # The library misses the graph of dependencies, which a VEX does not tell about.
        warnings.simplefilter("ignore", UserWarning)
        text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    whole = cast("dict[str, Any]", json.loads(text))
    for vulnerability in whole.get("vulnerabilities", ()):
        for rating in vulnerability.get("ratings", ()):
            # The library writes a score as a text, which the schema refuses.
            if "score" in rating:
                rating["score"] = float(rating["score"])
    return document(whole)


def _digest(results: Results, found: Iterable[Finding]) -> str:
    text = "\0".join((results.started, results.target, *map(repr, found)))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _started(results: Results) -> datetime:
    try:
        return datetime.fromisoformat(results.started).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)


def _properties(results: Results) -> Iterator[Property]:
    yield Property(name="mcpquality:verdict", value=results.verdict.value)
    yield Property(name="mcpquality:headline", value=_words(results.headline))
    for gap in digest.gaps(results):
        what = "; ".join([*gap.problems[:5], *(f"{item.name} ({item.reason})" for item in gap.unseen[:20])])
        more = f"; {len(gap.unseen) - 20:,} more" if len(gap.unseen) > 20 else ""  # noqa: PLR2004 - as above
        yield Property(name="mcpquality:not-seen", value=_words(f"{gap.scanner}: {gap.status}: {what}") + more)


def _words(text: str) -> str:
    return without_surrogates(visible(shorten(text)))


def _name(text: str) -> str:
    return without_surrogates(one_line(text)) or "unnamed"


# Packages
# ---------------------------------------------------------------------------------------------------------


def _key(finding: Finding) -> _Key | None:
    """What tells packages apart: where they come from, name and version."""
    package = finding.package
    return (ecosystem(finding), package.name, package.installed) if package else None


def _component(world: str, package: str, installed: str) -> Component:
    name, version = _name(package), _name(installed)
    reference = hashlib.sha256(f"{world}\0{name}\0{version}".encode()).hexdigest()[:16]
    return Component(
        name=name, version=version, type=ComponentType.LIBRARY, purl=_purl(world, name, version), bom_ref=reference
    )


def _purl(world: str, name: str, version: str) -> PackageURL | None:
    if world == "npm":
        scope, _, short = name.rpartition("/")
        return PackageURL("npm", namespace=scope or None, name=short or name, version=version)
    return PackageURL("pypi", name=re.sub(r"[-_.]+", "-", name).lower(), version=version) if world else None


# Vulnerabilities
# ---------------------------------------------------------------------------------------------------------


def _vulnerabilities(found: Iterable[Finding], components: Mapping[_Key, Component]) -> Iterator[Vulnerability]:
    """One for each advisory, package and answer: the same advisory may be suppressed in one file and not in another."""
    told: dict[tuple[str, _Key | None, bool], Finding] = {}
    for finding in found:
        told.setdefault((finding.rule, _key(finding), finding.suppression is None), finding)
    for number, ((_, package, _), finding) in enumerate(told.items()):
        yield _vulnerability(finding, components[package] if package else None, number)


def _vulnerability(finding: Finding, component: Component | None, number: int) -> Vulnerability:
    return Vulnerability(
        bom_ref=f"vulnerability-{number}",
        id=_name(finding.rule),
        source=VulnerabilitySource(name=_name(finding.scanner)),
        references=[_same(alias) for alias in dict.fromkeys(finding.aliases) if alias],
        ratings=[_rating(finding)],
        cwes=[cwe for cwe in finding.cwe if cwe > 0],
        description=_words(finding.message),
        recommendation=_words(finding.fix) or None,
        advisories=[VulnerabilityAdvisory(url=XsUri(link)) for link in map(safe_url, finding.references) if link],
        analysis=_analysis(finding),
        affects=[BomTarget(ref=component.bom_ref.value or "")] if component else [],
    )


def _same(alias: str) -> VulnerabilityReference:
    return VulnerabilityReference(id=_name(alias), source=VulnerabilitySource(name=_authority(alias)))


def _authority(alias: str) -> str:
    return {"CVE": "NVD", "GHSA": "GitHub", "PYSEC": "PyPA"}.get(alias.partition("-")[0], "OSV")


def _rating(finding: Finding) -> VulnerabilityRating:
    rated = scales.by_vector(finding.native_severity) if finding.native_severity else None
    method = _METHODS.get(finding.native_severity[:8]) if rated else None
    return VulnerabilityRating(
        severity=_SEVERITIES[finding.severity],
        score=Decimal(str(rated[0])) if rated else None,
        method=method,
        # The method says which version of CVSS it is; what is left is what newer versions of the library write.
        vector=finding.native_severity.partition("/")[2] if method else None,
    )


def _analysis(finding: Finding) -> VulnerabilityAnalysis:
    if finding.suppression is None:
        return VulnerabilityAnalysis(state=ImpactAnalysisState.IN_TRIAGE)
    reason = _words(finding.suppression.reason) or "no reason was given"
    return VulnerabilityAnalysis(state=ImpactAnalysisState.NOT_AFFECTED, detail=reason)
