from __future__ import annotations

import json
import os
import sqlite3
import struct
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from mcpquality_scanners.advisories import AdvisoriesError, store
from mcpquality_scanners.advisories.errors import ExportError
from mcpquality_scanners.advisories.loading import Change, Export, load

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def record(identifier: str, package: str = "idna", ecosystem: str = "PyPI", **more: object) -> dict[str, object]:
    events = [{"introduced": "0"}, {"fixed": "3.7"}]
    affected = {
        "package": {"name": package, "ecosystem": ecosystem},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": identifier, "modified": "2026-04-30T00:00:00Z", "affected": [affected], **more}


def archive(place: Path, records: Mapping[str, object]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in records.items():
            opened.writestr(name, content if isinstance(content, str | bytes) else json.dumps(content))
    return place


def take(tmp_path: Path, records: Mapping[str, object], **more: Any) -> Change:  # noqa: ANN401
    place = archive(tmp_path / "all.zip", records)
    return load(tmp_path / "store", Export(place, "https://host.test/all.zip", **more), NOW)


def held(tmp_path: Path, *packages: str) -> list[str]:
    return sorted(advisory.id for advisory in store.about(tmp_path / "store", packages or ("idna",)).advisories)


def test_records_are_taken_in_and_found_again(tmp_path: Path) -> None:
    change = take(
        tmp_path, {"A.json": record("A", aliases=["CVE-1"]), "B.yaml": "id: B\naffected: []\n", "x.txt": "no"}
    )
    assert (change.name, change.records, change.added, change.flaws) == ("PyPI", 1, 2, ())
    (found,) = store.about(tmp_path / "store", ["IDNA"]).advisories
    assert found.document == record("A", aliases=["CVE-1"])
    assert [item.id for item in store.named(tmp_path / "store", ["CVE-1"])] == ["A"]
    assert store.named(tmp_path / "store", ["CVE-2"]) == ()


def test_the_second_time_only_what_changed_is_read(tmp_path: Path) -> None:
    take(tmp_path, {"A.json": record("A"), "B.json": record("B"), "C.json": record("C")})
    again = take(tmp_path, {"A.json": record("A"), "B.json": record("B", summary="x"), "D.json": record("D")})
    assert (again.unchanged, again.changed, again.added, again.removed) == (1, 1, 1, 1)
    assert held(tmp_path) == ["A", "B", "D"]


def test_what_is_withdrawn_disappears(tmp_path: Path) -> None:
    take(tmp_path, {"A.json": record("A"), "B.json": record("B")})
    change = take(tmp_path, {"A.json": record("A", withdrawn="2026-04-30T00:00:00Z"), "B.json": record("B")})
    assert (change.withdrawn, held(tmp_path)) == (1, ["B"])


def test_a_record_that_cannot_be_used_is_kept_in_mind_and_told_again(tmp_path: Path) -> None:
    bad = record("B", affected=[{"package": {"name": "idna", "ecosystem": "PyPI"}}])
    for _ in range(2):
        change = take(tmp_path, {"A.json": record("A"), "B.json": bad, "C.json": "{"})
        assert [name for name, _ in change.flaws] == ["B.json", "C.json"]
    assert [flaw.path for flaw in store.about(tmp_path / "store", ["idna"]).flaws] == ["B.json", "C.json"]
    # What does not say which package it is about may be about any.
    assert [flaw.path for flaw in store.about(tmp_path / "store", ["rich"]).flaws] == ["C.json"]


def test_parts_of_the_store_are_apart(tmp_path: Path) -> None:
    take(tmp_path, {"A.json": record("A")})
    assert take(tmp_path, {"N.json": record("N", ecosystem="npm")}).name == "npm"
    assert take(tmp_path, {"O.json": record("O")}, name="ours").name == "ours"
    assert held(tmp_path) == ["A", "O"]
    assert [(source.name, source.records) for source in store.sources(tmp_path / "store")] == [
        ("PyPI", 1),
        ("npm", 1),
        ("ours", 1),
    ]


@pytest.mark.parametrize(
    ("date", "modified", "expected"),
    [
        (None, "2026-04-30T00:00:00Z", datetime(2026, 4, 30, tzinfo=UTC)),
        (datetime(2026, 5, 1, tzinfo=UTC), "2026-04-30T00:00:00Z", datetime(2026, 5, 1, tzinfo=UTC)),
        (None, "2099-01-01T00:00:00Z", NOW),
        (None, "", None),
        (None, "yesterday", None),
    ],
)
def test_how_current_it_is(tmp_path: Path, date: datetime | None, modified: str, expected: datetime | None) -> None:
    take(tmp_path, {"A.json": record("A", modified=modified)}, date=date)
    assert store.as_of(tmp_path / "store") == expected


def test_records_of_ours_do_not_make_the_official_ones_newer(tmp_path: Path) -> None:
    take(tmp_path, {"A.json": record("A", modified="2025-01-01T00:00:00Z")})
    take(tmp_path, {"O.json": record("O")}, name="ours")
    assert store.as_of(tmp_path / "store") == datetime(2025, 1, 1, tzinfo=UTC)


# A broken export changes nothing


def zip_with(tmp_path: Path, damage: str) -> Path:
    place = archive(tmp_path / "bad.zip", {"A.json": record("A", summary="changed"), "B.json": record("B")})
    data = bytearray(place.read_bytes())
    if damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "flipped":
        data[60] ^= 0xFF
    elif damage == "empty":
        data.clear()
    place.write_bytes(bytes(data))
    return place


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_zip_changes_nothing(tmp_path: Path, damage: str) -> None:
    take(tmp_path, {"A.json": record("A")})
    before = (tmp_path / "store").read_bytes()
    with pytest.raises(AdvisoriesError):
        load(tmp_path / "store", Export(zip_with(tmp_path, damage), "x"), NOW)
    assert (tmp_path / "store").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("store")) in (
        ["store"],
        ["store", "store.lock"],
    )


@pytest.mark.parametrize(
    "records",
    [
        {},
        {"README.md": "nothing"},
        {"A.json": {"id": "A", "affected": []}},
        {f"{number}.json": "{" for number in range(20)} | {"A.json": record("A")},
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, records: Mapping[str, object]) -> None:
    with pytest.raises(ExportError):
        take(tmp_path, records)
    assert not (tmp_path / "store").exists()


def test_an_export_that_lost_most_of_its_records_is_refused(tmp_path: Path) -> None:
    many = {f"{number}.json": record(f"A-{number}") for number in range(120)}
    take(tmp_path, many)
    with pytest.raises(ExportError, match="120"):
        take(tmp_path, dict(list(many.items())[:50]))
    assert len(held(tmp_path)) == 120


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as opened:
        opened.writestr("A.json", json.dumps(record("A")))
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("A.json", json.dumps(record("A")))
    with pytest.raises(ExportError, match="twice"):
        load(tmp_path / "store", Export(tmp_path / "all.zip", "x"), NOW)


# Hostile archives


@pytest.mark.parametrize(
    "name", ["../../evil.json", "/evil.json", "a/../../evil.json", "C:/evil.json", "..\\evil.json"]
)
def test_a_member_that_leads_out_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    place = tmp_path / "in"
    place.mkdir()
    with pytest.raises(ExportError, match="leads out"):
        load(place / "store", Export(archive(place / "a.zip", {name: record("A")}), "x"), NOW)
    assert not list(tmp_path.rglob("evil.json"))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = b" " * (64 * 1024 * 1024)
    change = take(tmp_path, {"A.json": record("A"), "bomb.json": bomb})
    assert [(name, "larger" in reason) for name, reason in change.flaws] == [("bomb.json", True)]


def test_a_bomb_that_lies_about_its_size_is_damage(tmp_path: Path) -> None:
    place = archive(tmp_path / "a.zip", {"bomb.json": b" " * (16 * 1024 * 1024)})
    data = place.read_bytes()
    # The size stands in the local header and in the directory.
    place.write_bytes(data.replace(struct.pack("<L", 16 * 1024 * 1024), struct.pack("<L", 10)))
    with pytest.raises(ExportError):
        load(tmp_path / "store", Export(place, "x", "PyPI"), NOW)


def test_what_would_be_more_than_any_export_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcpquality_scanners.advisories.exports.TOTAL_CAP", 100)
    with pytest.raises(ExportError, match="more than any export"):
        take(tmp_path, {"A.json": record("A")})


def test_deep_records_and_archives_in_archives_are_flaws_or_left_alone(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", {"B.json": record("B")}).read_bytes()
    change = take(
        tmp_path, {"A.json": record("A"), "d.json": "[" * 100_000, "d.yaml": "[" * 100_000, "inner.zip": inner}
    )
    assert (change.records, [name for name, _ in change.flaws]) == (1, ["d.json", "d.yaml"])


def test_a_folder_does_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "records" / "deep"
    folder.mkdir(parents=True)
    (folder / "A.json").write_text(json.dumps(record("A")), encoding="utf-8")
    os.mkfifo(folder / "pipe.json")
    (folder / "gone.json").symlink_to("nowhere")
    for _ in range(2):
        change = load(tmp_path / "store", Export(tmp_path / "records", "x"), NOW)
    assert (change.records, change.unchanged) == (1, 1)
    assert [name for name, _ in change.flaws] == ["deep/gone.json", "deep/pipe.json"]


# The store itself


def test_two_updates_do_not_meet(tmp_path: Path) -> None:
    with FileLock(tmp_path / "store.lock"), pytest.raises(AdvisoriesError, match="under way"):
        take(tmp_path, {"A.json": record("A")})


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_what_is_no_store_is_not_read_as_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store").write_bytes(content)
    with pytest.raises(AdvisoriesError):
        store.about(tmp_path / "store", ["idna"])
    with pytest.raises(AdvisoriesError):
        take(tmp_path, {"A.json": record("A")})
    assert (tmp_path / "store").read_bytes() == content


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    take(tmp_path, {"A.json": record("A")})
    with sqlite3.connect(tmp_path / "store") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(AdvisoriesError, match="another version"):
        store.sources(tmp_path / "store")


def test_a_store_without_packages_of_pypi_answers_nothing(tmp_path: Path) -> None:
    take(tmp_path, {"N.json": record("N", ecosystem="npm")})
    with pytest.raises(AdvisoriesError, match="none about packages of PyPI"):
        store.about(tmp_path / "store", ["idna"])


def test_no_store(tmp_path: Path) -> None:
    with pytest.raises(AdvisoriesError, match="mcpquality advisories update"):
        store.about(tmp_path / "store", ["idna"])
    assert store.etag_of(tmp_path / "store", "x") == ""


def test_many_packages_are_asked_about_at_once(tmp_path: Path) -> None:
    take(tmp_path, {f"{number}.json": record(f"A-{number}", f"p{number}") for number in range(1200)})
    assert len(held(tmp_path, *(f"p{number}" for number in range(1200)))) == 1200


def test_a_disk_that_is_full_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take(tmp_path, {"A.json": record("A")})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AdvisoriesError, match="No space left"):
        take(tmp_path, {"A.json": record("A"), "B.json": record("B")})
    assert held(tmp_path) == ["A"]
