from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcpquality_scanners.dependencies.model import Origin, Pin, Reading, UnreadableError
from mcpquality_scanners.dependencies.requirements import logical_lines, read_requirements


def read(root: Path, text: str | bytes, *files: str) -> Reading:
    path = root / "requirements.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_requirements(root, "requirements.txt", frozenset({"requirements.txt", *files}))


def names(reading: Reading) -> list[str]:
    return [item.name for item in reading.unseen]


def test_pins_are_normal_and_know_their_line(tmp_path: Path) -> None:
    reading = read(tmp_path, "# head\n\nZope.Interface == 5.0.0 # why\nb===1.0 ; python_version < '3'\n")
    assert reading.pins == (
        Pin("zope-interface", "5.0.0", Origin("requirements.txt", 3)),
        Pin("b", "1.0", Origin("requirements.txt", 4)),
    )
    assert (reading.loose, reading.unseen, reading.hashed) == ((), (), False)


def test_what_leaves_the_version_open_is_loose(tmp_path: Path) -> None:
    reading = read(tmp_path, "a\nb>=1\nc==1.*\nd==1\n")
    assert [wanted.name for wanted in reading.loose] == ["a", "b", "c"]


@pytest.mark.parametrize("separator", [" ", " \\\n    ", "  "])
def test_hashes_make_a_file_complete(tmp_path: Path, separator: str) -> None:
    reading = read(tmp_path, f"a==1{separator}--hash=sha256:00{separator}--hash=sha256:11\n")
    assert [pin.version for pin in reading.pins] == ["1"]
    assert reading.hashed


def test_one_missing_hash_is_not_complete(tmp_path: Path) -> None:
    assert not read(tmp_path, "a==1 --hash=sha256:00\nb==1\n").hashed


def test_continuations_comments_and_the_last_line() -> None:
    text = "a \\\n== 1\n# x \\\nb==1 \\\n# ends it\nc==1 \\"
    assert list(logical_lines(text)) == [(1, "a == 1"), (4, "b==1"), (6, "c==1")]


@pytest.mark.parametrize("line", ["-r sub/more.txt", "-rsub/more.txt", "--requirement=sub/more.txt"])
def test_nested_files_are_read_where_they_are(tmp_path: Path, line: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "more.txt").write_text("b==2\n-r ../requirements.txt\n-r more.txt\n", encoding="utf-8")
    reading = read(tmp_path, f"{line}\na==1\n")
    assert reading.pins == (
        Pin("b", "2", Origin("sub/more.txt", 1)),
        Pin("a", "1", Origin("requirements.txt", 2)),
    )
    assert (reading.files, reading.unseen) == (("sub/more.txt",), ())


def test_constraints_limit_and_ask_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "limits.txt").write_text("a==1\n-c limits.txt\nb @ https://host.test/b.whl\n", encoding="utf-8")
    reading = read(tmp_path, "a\n-c limits.txt\n")
    assert (reading.pins, reading.constraints) == ((), ("a==1",))
    assert names(reading) == ["limits.txt:3: b @ https://host.test/b.whl"]


def test_a_file_that_limits_first_may_ask_later(tmp_path: Path) -> None:
    (tmp_path / "both.txt").write_text("a==1\n", encoding="utf-8")
    reading = read(tmp_path, "-c both.txt\n-r both.txt\n")
    assert [pin.name for pin in reading.pins] == ["a"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-r gone.txt", "is named here and cannot be read"),
        ("-r ../gone.txt", "outside of the scanned folder"),
        ("-r https://host.test/x.txt", "not fetched"),
        ("a b c", "not a requirement that can be read"),
        ("a @ git+https://host.test/a", "not from the registry"),
        ("git+https://host.test/a", "not from the registry"),
        ("./a-1-py3-none-any.whl", "not from the registry"),
        ("./gone", "not a requirement that can be read"),
        ("../elsewhere", "not a requirement that can be read"),
        ("-e git+https://host.test/a#egg=a", "not from the registry"),
        ("-e ./gone", "not from the registry"),
        ("-e gone", "not from the registry"),
        ("--unheard-of", "not known"),
        ("a===not.a.version", "not one by PEP 440"),
    ],
)
def test_what_cannot_be_audited_is_named_with_its_line(tmp_path: Path, line: str, reason: str) -> None:
    reading = read(tmp_path, f"x==1\n{line}\n")
    (item,) = reading.unseen
    assert item.name.startswith("requirements.txt:2: ")
    assert reason in item.reason
    assert [pin.name for pin in reading.pins] == ["x"]


def test_a_symlink_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.txt").write_text("hunter2\n", encoding="utf-8")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    reading = read(root, "-r link.txt\n")
    assert names(reading) == ["requirements.txt:1: link.txt"]


@pytest.mark.parametrize("line", ["-e .", "-e .[dev]", ".", "--editable ./sub", "./sub[x] ; python_version > '3'"])
def test_projects_of_the_tree_are_no_dependencies(tmp_path: Path, line: str) -> None:
    reading = read(tmp_path, f"{line}\n", "pyproject.toml", "sub/setup.py")
    assert (reading.unseen, reading.wanted) == ((), ())


@pytest.mark.parametrize("line", ["-e ./loop", "-r loop", "./\0"])
def test_paths_that_lead_nowhere_are_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert len(read(tmp_path, f"{line}\n").unseen) == 1


def test_options_for_the_resolver_are_kept(tmp_path: Path) -> None:
    reading = read(tmp_path, "--pre\n-i https://host.test/simple\n--no-binary :all:\na\n")
    assert (reading.prereleases, reading.indexes) == (True, ("-i https://host.test/simple",))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_marks_of_the_encoding_are_understood(tmp_path: Path, encoding: str) -> None:
    assert [pin.name for pin in read(tmp_path, "a==1\n".encode(encoding)).pins] == ["a"]


def test_utf_16_without_a_mark_is_named(tmp_path: Path) -> None:
    reading = read(tmp_path, "a==1\n".encode("utf-16-le"))
    assert reading.unseen
    assert reading.pins == ()


def test_other_encodings_are_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="neither UTF-8"):
        read(tmp_path, b"\xff\n")


def test_credentials_and_control_characters_are_not_shown(tmp_path: Path) -> None:
    reading = read(tmp_path, "git+https://me:secret@host.test/\x1b[31ma\n")
    assert names(reading) == ["requirements.txt:1: git+https://host.test/a"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("a1=.-r e#\\\n[];@/:~><*'\"{$\x00ü"), max_size=60))
def test_every_line_is_wanted_named_or_an_option(tmp_path: Path, text: str) -> None:
    reading = read(tmp_path, text)
    says = [line for _, line in logical_lines(text) if not line.startswith("-")]
    assert len(reading.wanted) + len(reading.unseen) >= len(says)
