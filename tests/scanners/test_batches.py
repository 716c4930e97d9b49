from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mcpquality_scanners.batches import batches


def test_the_work_is_balanced() -> None:
    assert batches({"a": 9, "b": 5, "c": 4, "d": 1}, 2) == (("a", "d"), ("b", "c"))


def test_there_are_never_more_batches_than_names() -> None:
    assert batches({"a": 1}, 8) == (("a",),)
    assert batches({}, 8) == ()


def test_a_name_longer_than_the_limit_has_a_batch_of_its_own() -> None:
    assert ("x" * 100,) in batches({"x" * 100: 1, "a": 1, "b": 1}, 1, limit=50)


def test_a_batch_holds_no_more_names_than_asked_for() -> None:
    assert [len(batch) for batch in batches({str(number): 0 for number in range(10)}, 1, most=4)] == [4, 4, 2]


@given(
    st.dictionaries(st.text(min_size=1, alphabet=st.characters(codec="utf-8")), st.integers(0, 10**9)),
    st.integers(1, 9),
    st.integers(20, 200),
    st.integers(1, 20),
)
def test_every_name_is_in_exactly_one_batch_within_its_limits(
    weights: dict[str, int], count: int, limit: int, most: int
) -> None:
    cut = batches(weights, count, limit=limit, most=most)
    assert sorted(name for batch in cut for name in batch) == sorted(weights)
    for batch in cut:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or sum(len(name.encode()) for name in batch) <= limit
    assert cut == batches(dict(reversed(weights.items())), count, limit=limit, most=most)


def test_names_that_do_not_share_a_batch_get_one_more() -> None:
    names = {letter * 50: 1 for letter in "abc"}
    assert [len(batch) for batch in batches(names, 1, limit=100)] == [1, 1, 1]
