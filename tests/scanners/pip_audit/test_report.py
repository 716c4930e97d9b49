from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from mcpquality_scanners.advisories import Advisory, Index
from mcpquality_scanners.advisories.exploitation import Exploitation
from mcpquality_scanners.dependencies import Graph, Imports, Origin, Pin, Reading, Wanted
from mcpquality_scanners.findings import Finding, Location, Package, Region, Severity
from mcpquality_scanners.pip_audit.exposure import Exposure
from mcpquality_scanners.pip_audit.output import Vulnerability
from mcpquality_scanners.pip_audit.report import explain, preferred_id, to_findings


def findings(
    *vulnerabilities: Vulnerability,
    pins: tuple[Pin, ...] = (),
    records: tuple[Advisory, ...] = (),
    exposure: Exposure | None = None,
) -> list[Finding]:
    places = pins or (Pin("idna", "3.4", Origin("requirements.txt", 3)),)
    exposure = exposure or Exposure(
        Graph(()), Imports(frozenset(), frozenset(), complete=False), Exploitation(), Index(())
    )
    return list(to_findings("pip-audit", places, vulnerabilities, records, exposure))


def vulnerability(*ids: str, fixed: tuple[str, ...] = (), description: str = "bad") -> Vulnerability:
    return Vulnerability(ids, fixed, description)


def test_one_finding_a_manifest_at_its_first_line() -> None:
    pins = tuple(Pin("idna", "3.4", Origin(*place)) for place in (("b", 9), ("a", 5), ("a", 2), ("c", 0), ("", 0)))
    found = findings(vulnerability("PYSEC-2099-1"), pins=pins)
    assert [finding.location for finding in found] == [
        None,
        Location("a", Region(2)),
        Location("b", Region(9)),
        Location("c"),
    ]


def test_ids_that_share_one_are_one_thing() -> None:
    found = findings(
        vulnerability("CVE-1", "X"),
        vulnerability("GHSA-1", "CVE-2"),
        vulnerability("PYSEC-1", "CVE-1", "CVE-2"),
        vulnerability("PYSEC-9"),
    )
    assert [(finding.rule, finding.aliases) for finding in found] == [
        ("PYSEC-1", ("CVE-1", "CVE-2", "GHSA-1", "X")),
        ("PYSEC-9", ()),
    ]


def test_fixed_versions_come_after_the_installed_one_in_their_order() -> None:
    (finding,) = findings(vulnerability("A", fixed=("3.10", "3.9", "2.0", "nonsense")))
    assert finding.package == Package("idna", "3.4", ("3.9", "3.10"), upgrade="3.9")


def test_where_records_disagree_the_latest_fix_counts() -> None:
    (finding,) = findings(
        vulnerability("A", "B", fixed=("3.7", "3.9")), vulnerability("B", fixed=("3.8",)), vulnerability("A")
    )
    assert finding.package == Package("idna", "3.4", ("3.8", "3.9"), upgrade="3.8")


def test_records_tell_severity_weakness_and_references() -> None:
    record = Advisory("PYSEC-1", ("CVE-1",), word="HIGH", cwe=(79,), references=("https://a.test", "https://b.test"))
    other = Advisory("PYSEC-2", word="CRITICAL")
    (finding,) = findings(vulnerability("CVE-1"), records=(record, other))
    assert (finding.severity, finding.native_severity, finding.cwe) == (Severity.HIGH, "HIGH", (79,))
    assert finding.references == ("https://osv.dev/vulnerability/PYSEC-1", "https://a.test", "https://b.test")


def test_without_a_record_nobody_has_rated_it() -> None:
    assert findings(vulnerability("A"))[0].severity is Severity.UNKNOWN


def test_foreign_text_is_made_fit_to_be_shown() -> None:
    (finding,) = findings(vulnerability("A", description="a\x1b[31m\n\u202eb" + "c" * 1000))
    assert finding.message.startswith("idna 3.4: a bccc")
    assert len(finding.message) < 320
    assert findings(vulnerability("A", description=" "))[0].message == "idna 3.4: a known vulnerability"


@pytest.mark.parametrize(
    ("origin", "fixed", "text"),
    [
        (Origin("r.txt", 3), ("3.7",), "Upgrade idna to 3.7 or later in r.txt (line 3)."),
        (
            Origin("pyproject.toml"),
            ("3.7",),
            "Upgrade idna to 3.7 or later; pyproject.toml asks for it indirectly.",
        ),
        (Origin("a/poetry.lock", 3), ("3.7",), "Upgrade idna to 3.7 or later: `poetry update idna`."),
        (Origin(""), ("3.7",), "Upgrade idna to 3.7 or later in the environment."),
        (
            Origin("r.txt", 3),
            (),
            "No fixed version of idna is known; replace it, or accept the risk by name.",
        ),
    ],
)
def test_fix(origin: Origin, fixed: tuple[str, ...], text: str) -> None:
    (finding,) = findings(vulnerability("A", fixed=fixed), pins=(Pin("idna", "3.4", origin),))
    assert finding.fix == text


def test_preferred_id() -> None:
    ids = ["CVE-2", "Z", "GHSA-1", "PYSEC-2", "PYSEC-1"]
    assert preferred_id(ids) == "PYSEC-1"
    assert preferred_id(ids[:3]) == "GHSA-1"
    assert preferred_id(ids[:2]) == "CVE-2"
    assert preferred_id(["Z", "A"]) == "A"


@pytest.mark.parametrize("rule", ["PYSEC-2018-28", "CVE-2018-18074", "GHSA-x84v-xcm2-53pg", "MAL-2024-1"])
def test_explain_advisories(rule: str) -> None:
    text = explain(rule)
    assert text is not None
    assert f"https://osv.dev/vulnerability/{rule}" in text


@pytest.mark.parametrize("rule", ["B602", "", "PYSEC-2018-28/../x", "GHSA-aaaa-aaaa-aaaa"])
def test_explain_nothing_else(rule: str) -> None:
    assert explain(rule) is None


def test_a_fix_says_what_is_in_its_way_and_how_the_package_comes_in() -> None:
    pin = Pin("idna", "3.4", Origin("tool.py.lock", 3))
    lock = Reading("tool.py.lock", pins=(pin,), edges={"requests": frozenset({"idna"})}, roots=frozenset({"requests"}))
    script = Reading("tool.py", declared=(Wanted(Requirement("idna<3.7"), Origin("tool.py", 0)),))
    around = Exposure(
        Graph((lock, script)), Imports(frozenset({"os"}), frozenset(), complete=True), Exploitation(), Index(())
    )
    (finding,) = findings(vulnerability("A", fixed=("3.7",)), pins=(pin,), exposure=around)
    assert finding.fix == (
        "Upgrade idna to 3.7 or later: `uv lock --script tool.py --upgrade-package idna`. "
        "First change `idna<3.7` (tool.py), which does not allow it."
    )
    assert finding.message == "idna 3.4: bad (no import of idna was found)"
    (finding,) = findings(
        vulnerability("A", fixed=("3.7",)), pins=(pin,), exposure=replace(around, graph=Graph((lock,)))
    )
    assert finding.fix.endswith("It is needed by requests.")


def test_where_no_version_is_free_of_everything_that_is_said() -> None:
    found = findings(vulnerability("A", fixed=("3.7",)), vulnerability("B"))
    assert found[0].fix.endswith("No version is free of everything that is known about it.")
    assert found[1].fix.startswith("No fixed version of idna is known")


def test_one_upgrade_settles_everything() -> None:
    found = findings(vulnerability("A", fixed=("3.7",)), vulnerability("B", fixed=("3.9",)))
    assert [finding.package and finding.package.upgrade for finding in found] == ["3.9", "3.9"]
    assert [finding.package and finding.package.fixed for finding in found] == [("3.7",), ("3.9",)]
