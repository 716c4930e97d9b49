from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpquality_scanners.advisories import BadRecordError
from mcpquality_scanners.advisories.documents import RECORD_CAP, is_record, read_document

DEEP = 100_000


def test_scalars_of_yaml_stay_texts() -> None:
    text = b"a: 1.10\nb: 2024-01-02\nc: ~\nd: 'null'\ne: [yes, 0x1]\n? f\n: \n"
    read = read_document("a.yml", text)
    assert read == {"a": "1.10", "b": "2024-01-02", "c": None, "d": "null", "e": ["yes", "0x1"], "f": None}


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("a.json", b"[" * DEEP, "not JSON"),
        ("a.json", b"\xff", "not JSON"),
        ("a.yaml", b"[" * DEEP, "nested deeper"),
        ("a.yaml", b"- " * DEEP, "nested deeper"),
        ("a.yaml", b"a: &x [1]\nb: [*x, *x]\n", "references"),
        ("a.yaml", b"a: [\n", "not YAML"),
        ("a.yaml", b"a: \x00\n", "not YAML"),
        ("a.yaml", b"[1]: 2\n", "no text"),
        ("a.yaml", b"", "exactly one"),
        ("a.yaml", b"a: 1\n---\nb: 2\n", "exactly one"),
        ("a.json", b" " * (RECORD_CAP + 1), "larger than"),
    ],
)
def test_what_is_no_record_or_made_to_hurt(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(BadRecordError, match=reason):
        read_document(path, data)


values = st.recursive(
    st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF)).filter(lambda text: "\x85" not in text),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(values)
@settings(deadline=None)
def test_the_two_notations_say_the_same(value: object) -> None:
    assert read_document("a.yaml", yaml.safe_dump(value, allow_unicode=True).encode()) == value
    assert read_document("a.json", json.dumps(value).encode()) == value


def test_what_is_called_like_a_record() -> None:
    assert [name for name in ("a.JSON", "b.yml", "c.yaml", "d.md", "json") if is_record(name)] == [
        "a.JSON",
        "b.yml",
        "c.yaml",
    ]
