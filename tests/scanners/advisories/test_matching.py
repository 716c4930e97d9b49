from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
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


def test_a_single_version_and_two_stretches_that_touch() -> None:
    single = advisory(("introduced", "2"), ("last_affected", "2"))
    assert [hit(single, version) for version in ("1", "2", "3")] == [False, True, False]
    touching = advisory(("introduced", "1"), ("last_affected", "2"), ("introduced", "2"), ("fixed", "3"))
    assert [hit(touching, version) for version in ("1", "2", "2.5", "3")] == [True, True, True, False]


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


releases = st.builds(
    lambda epoch, numbers, tail: f"{epoch}{'.'.join(map(str, numbers))}{tail}",
    st.sampled_from(["", "", "1!"]),
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.sampled_from(["", "", "a1", "rc1", ".post1", ".dev1", "rc1.post2"]),
)


@given(releases, releases, releases, st.sampled_from(["fixed", "last_affected", ""]))
@settings(deadline=None)
def test_a_range_is_what_packaging_says(start: str, end: str, version: str, kind: str) -> None:
    """Against the specifiers of `packaging`; of those, `<` is left out since it refuses pre-releases of the end."""
    start, end = sorted((start, end), key=Version)
    assume(start != "0")  # that stands for the time before all versions
    events = [("introduced", start), *([(kind, end)] if kind else [])]
    inside = Version(version) >= Version(start)
    if kind and Version(start) < Version(end):
        inside = inside and SpecifierSet(f"<={end}").contains(Version(version), prereleases=True)
        inside = inside and not (kind == "fixed" and Version(version) == Version(end))
    elif kind == "fixed":
        # Fixed where it was introduced: at one version the end comes first, so it is open again.
        inside = Version(version) >= Version(start)
    elif kind == "last_affected":
        inside = Version(version) == Version(start)
    assert hit(advisory(*events), version) is inside


@given(st.lists(releases, max_size=6), releases)
@settings(deadline=None)
def test_listed_versions_are_what_packaging_takes_for_equal(listed: list[str], version: str) -> None:
    item = advisory(("introduced", "9!0"), versions=tuple(listed))
    assert hit(item, version) is any(SpecifierSet(f"=={text}").contains(version, prereleases=True) for text in listed)


def test_what_an_index_holds() -> None:
    item = advisory(("introduced", "0"), ("fixed", "2"))
    index = Index([item])
    assert (list(index), index.get("A-1"), index.get("A-2")) == ([item], item, None)
    assert index.fixes("foo-bar") == (Version("2"),)
    assert index.fixes("other") == ()
