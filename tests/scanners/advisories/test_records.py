from __future__ import annotations

from typing import Any

import pytest
from packaging.version import Version

from mcpquality_scanners.advisories import Advisory, BadRecordError, parse_record, severity_of
from mcpquality_scanners.findings import Severity

V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N"
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"


def record(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    events = [{"introduced": "1.0"}, {"fixed": "1.2"}]
    affected = {
        "package": {"name": "Foo.Bar", "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": "PYSEC-2099-1", "affected": [affected], **more}


def affected(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return record(affected=[{"package": {"name": "a", "ecosystem": "PyPI"}, **more}])


def test_a_whole_record() -> None:
    advisory = parse_record(
        record(
            schema_version="1.7.0",
            aliases=["GHSA-x", "CVE-1", "PYSEC-2099-1"],
            details="many\nwords",
            severity=[{"type": "CVSS_V3", "score": V3}, {"type": "CVSS_V4", "score": V4}],
            database_specific={"severity": "HIGH", "cwe_ids": ["CWE-79", "CWE-5", "nonsense"]},
            references=[{"type": "WEB", "url": "https://host.test/b"}, {"url": "http://host.test/a"}],
        )
    )
    assert advisory.ids == {"PYSEC-2099-1", "GHSA-x", "CVE-1"}
    assert (advisory.aliases, advisory.summary) == (("CVE-1", "GHSA-x"), "many\nwords")
    assert (advisory.vectors, advisory.word, advisory.cwe) == ((V4, V3), "HIGH", (5, 79))
    assert advisory.references == ("https://host.test/b",)
    assert advisory.packages == {"foo-bar"}
    assert [event.version for event in advisory.affected[0].ranges[0]] == [Version("1.0"), Version("1.2")]


def test_withdrawn_records_and_other_ecosystems_affect_nothing() -> None:
    assert parse_record(record(withdrawn="2024-01-01T00:00:00Z")).affected == ()
    other = {"package": {"name": "a", "ecosystem": "npm"}, "versions": ["1"]}
    assert parse_record(record(affected=[other])).affected == ()


def test_ranges_of_commits_are_left_to_the_versions() -> None:
    commits = {"type": "GIT", "repo": "x", "events": [{"introduced": "0"}]}
    (entry,) = parse_record(affected(ranges=[commits], versions=["1"])).affected
    assert entry.ranges == ()
    assert entry.versions == {"1"}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"id": " "},
        {"id": "x"},
        {"id": "x", "affected": 1},
        {"id": "x", "affected": [1]},
        record(schema_version="2.0.0"),
        record(aliases=1),
        record(severity={}),
        record(affected=[{"package": {"name": "-", "ecosystem": "PyPI"}}]),
    ],
)
def test_what_is_no_record(document: object) -> None:
    with pytest.raises(BadRecordError) as caught:
        parse_record(document)
    assert caught.value.packages == frozenset()


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"versions": 1},
        {"ranges": 1},
        {"ranges": [1]},
        {"ranges": [{"type": "GIT"}]},
        {"ranges": [{"type": "LUNAR", "events": []}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": []}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [1]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2019-09-12"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": 1}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"ended": "1"}]}]},
    ],
)
def test_what_cannot_be_matched_names_its_package(entry: dict[str, object]) -> None:
    with pytest.raises(BadRecordError) as caught:
        parse_record(affected(**entry))
    assert caught.value.packages == {"a"}


def rated(*vectors: str, word: str = "") -> Advisory:
    return Advisory("x", vectors=vectors, word=word)


@pytest.mark.parametrize(
    ("advisories", "expected"),
    [
        ((rated(V3, V4),), (Severity.MEDIUM, V4)),
        ((rated(V2), rated(V3)), (Severity.CRITICAL, V3)),
        ((rated(V2),), (Severity.HIGH, V2)),
        ((rated("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"), rated(V3)), (Severity.CRITICAL, V3)),
        ((rated("CVSS:3.1/nonsense", word="LOW"),), (Severity.LOW, "LOW")),
        ((rated(word="MODERATE"), rated(word="HIGH"), rated(word="ODD")), (Severity.HIGH, "HIGH")),
        ((rated(word="ODD"),), (Severity.UNKNOWN, "ODD")),
        ((rated(),), (Severity.UNKNOWN, "")),
        ((), (Severity.UNKNOWN, "")),
    ],
)
def test_severity(advisories: tuple[Advisory, ...], expected: tuple[Severity, str]) -> None:
    assert severity_of(advisories) == expected
