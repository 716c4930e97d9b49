from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from mcpquality_scanners.advisories import Advisory, Affected, Index, parse_record
from mcpquality_scanners.advisories.matching import family, fixes, within


def advisory(*events: tuple[str, str], versions: tuple[str, ...] = (), identifier: str = "A-1") -> Advisory:
    ranges = [{"type": "ECOSYSTEM", "events": [{kind: version} for kind, version in events]}] if events else []
    package = {"name": "Foo_Bar", "ecosystem": "PyPI"}
    return parse_record(
        {"id": identifier, "affected": [{"package": package, "ranges": ranges, "versions": [*versions]}]}
    )


def hit(item: Advisory, version: str) -> bool:
    return bool(Index([item]).matching("foo.BAR", version))


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ("0.9", False), ("1.0rc1", False), ("1.0", True), ("1.1.dev1", True), ("1.2rc1", True),
        ("1.2", False), ("1.2.post1", False), ("2.0", True), ("2.5", True), ("2.5.1", False),
        ("1.1+local", True), ("1!1.1", False),
    ],
)  # fmt: skip
def test_events_in_any_order(version: str, affected: bool) -> None:
    events = (("limit", "*"), ("last_affected", "2.5"), ("fixed", "1.2"), ("introduced", "2.0"), ("introduced", "1.0"))
    assert hit(advisory(*events), version) is affected


def test_from_the_beginning() -> None:
    assert hit(advisory(("introduced", "0"), ("fixed", "1")), "0.dev0")
    assert not hit(advisory(("introduced", "0"), ("fixed", "1")), "1")


def test_fixed_and_introduced_again_at_once() -> None:
    item = advisory(("introduced", "1"), ("fixed", "2"), ("introduced", "2"), ("fixed", "3"))
    assert hit(item, "2")


@pytest.mark.parametrize(("version", "affected"), [("1.0", True), ("1.0.0", True), ("1.0+cu1", True), ("1.1", False)])
def test_listed_versions_are_compared_and_not_spelled(version: str, affected: bool) -> None:
    assert hit(advisory(versions=("nonsense", "1.0.0")), version) is affected


def test_a_listed_version_outside_of_the_range_counts() -> None:
    assert hit(advisory(("introduced", "2"), versions=("1.0",)), "1.0")


def test_other_packages_and_withdrawn_records_do_not_match() -> None:
    item = advisory(("introduced", "0"))
    assert Index([item]).matching("foo", "1") == ()
    withdrawn = Advisory(item.id, affected=item.affected, withdrawn=True)
    assert Index([withdrawn]).matching("foo-bar", "1") == ()


def test_matches_come_sorted_and_once() -> None:
    twice = Advisory("A-2", affected=(Affected("foo", versions=frozenset({"1"})),) * 2)
    other = Advisory("A-1", affected=(Affected("foo", versions=frozenset({"1"})),))
    assert [item.id for item in Index([twice, other]).matching("foo", "1")] == ["A-1", "A-2"]


def test_a_family_is_everything_that_shares_an_id() -> None:
    chain = [Advisory("A", ("B",)), Advisory("C", ("B", "D")), Advisory("E", ("D",)), Advisory("Z", ("Y",))]
    assert family(chain[0], chain) == {"A", "B", "C", "D", "E"}
    assert family(chain[3], chain) == {"Y", "Z"}


def test_fixes_are_sorted_by_version() -> None:
    item = advisory(("introduced", "0"), ("fixed", "1.10"), ("introduced", "2"), ("fixed", "1.9"))
    assert [str(version) for version in fixes(item.affected)] == ["1.9", "1.10"]


stretches = st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True).map(sorted)


@given(stretches, st.integers(0, 41))
def test_a_range_is_the_union_of_its_stretches(points: list[int], version: int) -> None:
    """Alternating starts and ends: inside is after a start and before the next end."""
    kinds = ["introduced" if index % 2 == 0 else "fixed" for index in range(len(points))]
    item = advisory(*((kind, str(point)) for kind, point in zip(kinds, points, strict=True)))
    pairs = [(points[i], points[i + 1] if i + 1 < len(points) else 99) for i in range(0, len(points), 2)]
    expected = any(start <= version < end for start, end in pairs)
    assert within(Version(str(version)), item.affected[0].ranges[0]) is expected
