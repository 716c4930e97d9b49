"""The one list of files: on real folders and real repositories, and with fakes where only the system can refuse."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.files import FOLDER_EXCLUDES, FileListing, list_files
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.process import SystemProcessRunner


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own git configuration has no say."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def listing(root: Path, *exclude: str) -> FileListing:
    return asyncio.run(list_files(root, exclude, SystemProcessRunner()))


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "protocol.file.allow=always")
    subprocess.run(("git", *identity, *arguments), cwd=root, check=True, capture_output=True)


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("pass\n", encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet")
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "folder"
    root.mkdir()
    return root


# --- in a repository ---


def test_tracked_and_untracked_but_no_ignored_files(repository: Path) -> None:
    write(repository, ".gitignore", "tracked.py", "untracked.py", "ignored.py", "build/out.py")
    (repository / ".gitignore").write_text("ignored.py\nbuild/\n", encoding="utf-8")
    git(repository, "add", "tracked.py")
    found = listing(repository)
    assert found.files == (".gitignore", "tracked.py", "untracked.py")
    assert found.source == "git"
    assert found.unseen == ()


def test_a_tracked_file_that_is_ignored_is_listed(repository: Path) -> None:
    write(repository, "build/a.py", "build/b.py")
    (repository / ".gitignore").write_text("build/\n", encoding="utf-8")
    git(repository, "add", "--force", "build/a.py")
    assert listing(repository).files == (".gitignore", "build/a.py")


def test_a_file_that_was_deleted_is_not_listed(repository: Path) -> None:
    write(repository, "gone.py", "folder/gone.py", "here.py")
    git(repository, "add", ".")
    (repository / "gone.py").unlink()
    (repository / "folder" / "gone.py").unlink()
    (repository / "folder").rmdir()
    write(repository, "folder")
    found = listing(repository)
    assert found.files == ("folder", "here.py")
    assert found.unseen == ()


def test_a_file_in_a_merge_conflict_is_listed_once(repository: Path) -> None:
    write(repository, "a.py")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "base")
    git(repository, "checkout", "-b", "other")
    (repository / "a.py").write_text("other\n", encoding="utf-8")
    git(repository, "commit", "-am", "other")
    git(repository, "checkout", "-")
    (repository / "a.py").write_text("ours\n", encoding="utf-8")
    git(repository, "commit", "-am", "ours")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")
    assert listing(repository).files == ("a.py",)


def test_a_subfolder_of_a_repository_is_listed_relative_to_itself(repository: Path) -> None:
    write(repository, "outside.py", "sub/tracked.py", "sub/untracked.py", "sub/ignored.py")
    (repository / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    git(repository, "add", "sub/tracked.py")
    assert listing(repository / "sub").files == ("tracked.py", "untracked.py")


@pytest.mark.parametrize("pattern", ["lib/", "*"])
def test_the_name_of_a_folder_above_the_repository_ignores_nothing(tmp_path: Path, pattern: str) -> None:
    root = tmp_path / "lib" / "repository"
    root.mkdir(parents=True)
    git(root, "init", "--quiet")
    write(root, "a.py")
    git(root, "add", "a.py")
    (root / ".gitignore").write_text(f"{pattern}\n", encoding="utf-8")
    assert "a.py" in listing(root).files


def test_a_folder_that_a_repository_around_it_ignores_is_listed_all_the_same(repository: Path) -> None:
    write(repository, "build/project/a.py", "build/project/lib/b.py")
    (repository / ".gitignore").write_text("build/\n", encoding="utf-8")
    found = listing(repository / "build" / "project")
    assert found.files == ("a.py", "lib/b.py")
    assert found.source == "folder"


def test_an_empty_repository_lists_nothing(repository: Path) -> None:
    found = listing(repository)
    assert found.files == ()
    assert found.unseen == ()


def test_a_submodule_is_named_as_not_seen(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    write(other, "hidden.py")
    git(other, "add", ".")
    git(other, "commit", "-m", "one")
    git(repository, "submodule", "add", str(other), "parts/module")
    found = listing(repository)
    assert found.files == (".gitmodules",)
    assert [unseen.name for unseen in found.unseen] == ["parts/module"]


def test_a_repository_in_the_repository_is_named_as_not_seen_unless_excluded(repository: Path) -> None:
    write(repository, "a.py", "nested/hidden.py")
    git(repository / "nested", "init", "--quiet")
    found = listing(repository)
    assert found.files == ("a.py",)
    assert [unseen.name for unseen in found.unseen] == ["nested/"]
    without = listing(repository, "nested/")
    assert without.unseen == ()
    assert without.excluded == (("nested/", 1),)


ODD_NAMES = (
    "new\nline.py",
    "quo\"te'.py",
    "-dash.py",
    "sp ace.py",
    "emoji-\U0001f600.py",
    "back\\slash.py",
    "tab\t.py",
)


@pytest.mark.parametrize("in_git", [True, False], ids=["git", "folder"])
def test_odd_names_are_names(repository: Path, folder: Path, in_git: bool) -> None:
    root = repository if in_git else folder
    not_utf8 = os.fsdecode(b"caf\xe9.py")
    write(root, *ODD_NAMES)
    (root / not_utf8).write_text("x", encoding="utf-8")
    if in_git:
        git(root, "add", "--", *ODD_NAMES[:3], not_utf8)
    assert listing(root).files == tuple(sorted((*ODD_NAMES, not_utf8)))


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES"])
def test_a_hooks_variables_do_not_choose_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write(repository, "a.py", "b.py")
    git(repository, "add", "a.py")
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert listing(repository).files == ("a.py", "b.py")


def test_a_program_named_in_the_repositorys_configuration_is_not_run(repository: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", encoding="utf-8")
    hook.chmod(0o755)
    write(repository, "a.py")
    git(repository, "add", "a.py")
    git(repository, "config", "core.fsmonitor", str(hook))
    assert listing(repository).files == ("a.py",)
    assert not (tmp_path / "ran").exists()


def test_without_git_on_path_everything_is_listed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, "a.py", "ignored.py")
    (repository / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    found = listing(repository)
    assert found.files == (".gitignore", "a.py", "ignored.py")
    assert found.source == "folder"


@pytest.mark.parametrize("head", [None, "garbage"], ids=["empty .git", "broken .git"])
def test_where_git_refuses_everything_is_listed(repository: Path, head: str | None) -> None:
    write(repository, "a.py", "ignored.py")
    (repository / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    (repository / ".git" / "HEAD").unlink()
    if head:
        (repository / ".git" / "HEAD").write_text(head, encoding="utf-8")
    assert listing(repository).files == (".gitignore", "a.py", "ignored.py")


def test_in_a_repository_of_another_owner_everything_is_listed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can give a folder to somebody else; a fake that refuses is tested below")
    write(repository, "a.py", "ignored.py")
    (repository / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    os.chown(repository, 65534, 65534)
    monkeypatch.delenv("SUDO_UID", raising=False)
    assert listing(repository).files == (".gitignore", "a.py", "ignored.py")


def test_what_a_sparse_checkout_leaves_out_is_named_as_not_seen(repository: Path) -> None:
    write(repository, "top.py", "in/a.py", "out/b.py", "out/deep/c.py", "other/d.py")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "all")
    git(repository, "sparse-checkout", "set", "in")
    found = listing(repository)
    assert found.files == ("in/a.py", "top.py")
    assert [(unseen.name, unseen.reason.split()[0]) for unseen in found.unseen] == [("other", "1"), ("out", "2")]
    assert [unseen.name for unseen in listing(repository, "out/").unseen] == ["other"]


class FakeGit:
    """A process runner that answers as git might."""

    def __init__(
        self, stdout: bytes = b"", stderr: bytes = b"", *, exit_code: int | None = 0, missing: bool = False
    ) -> None:
        self._completed = Completed(("git",), exit_code, stdout, stderr, 0.0, timed_out=exit_code is None)
        self._missing = missing

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        assert argv[0] == "git"
        assert cwd.name == "repository"
        assert timeout > 0
        assert env == {"LC_ALL": "C"}
        assert stdin == b""
        if self._missing:
            raise ToolError("git could not be started")
        return self._completed


@pytest.mark.parametrize(
    "fake",
    [FakeGit(exit_code=128), FakeGit(b"? a.py\0", exit_code=None), FakeGit(missing=True), FakeGit()],
    ids=["refuses", "takes too long", "is not there", "knows of nothing"],
)
def test_a_git_that_cannot_say_hides_nothing(repository: Path, fake: FakeGit) -> None:
    write(repository, "a.py", "b.py")
    found = asyncio.run(list_files(repository, (), fake))
    assert found.files == ("a.py", "b.py")
    assert found.source == "folder"


def test_a_folder_that_git_could_not_open_is_named_as_not_seen(repository: Path) -> None:
    write(repository, "a.py")
    stderr = (
        b"warning: could not open directory 'secret/': Permission denied\n"
        b"warning: could not open directory 'left/out/': Permission denied\n"
        b"warning: something else\n"
    )
    found = asyncio.run(list_files(repository, ("left/",), FakeGit(b"? a.py\0", stderr)))
    assert found.files == ("a.py",)
    assert found.unseen == (Unseen("secret/", "folder cannot be read: Permission denied"),)


# --- a folder without git ---


def test_without_a_repository_everything_is_listed_but_tools_own_folders(folder: Path) -> None:
    write(folder, "a.py", "b/c/d.txt", ".hidden", ".gitignore", "node_modules/x/y.js", "b/__pycache__/c.pyc")
    (folder / ".gitignore").write_text("a.py\n", encoding="utf-8")
    found = listing(folder)
    assert found.files == (".gitignore", ".hidden", "a.py", "b/c/d.txt")
    assert found.source == "folder"
    assert found.excluded == (("__pycache__/", 1), ("node_modules/", 1))
    assert found.unseen == ()


def test_every_folder_left_out_by_default_is_counted(folder: Path) -> None:
    write(folder, *(f"{name}a.py" for name in FOLDER_EXCLUDES))
    found = listing(folder)
    assert found.files == ()
    assert dict(found.excluded) == dict.fromkeys(FOLDER_EXCLUDES, 1)


def test_a_link_with_an_excluded_name_is_counted_once(folder: Path) -> None:
    write(folder, "a/b.py")
    (folder / "venv").symlink_to("a")
    found = listing(folder)
    assert found.files == ("a/b.py",)
    assert found.excluded == (("venv/", 1),)


@pytest.mark.parametrize("in_git", [True, False], ids=["git", "folder"])
def test_what_a_glob_leaves_out_is_counted(repository: Path, folder: Path, in_git: bool) -> None:
    root = repository if in_git else folder
    write(root, "a.py", "a.txt", "docs/b.txt", "docs/c.py")
    found = listing(root, "*.txt", "nothing")
    assert found.files == ("a.py", "docs/c.py")
    assert found.excluded == (("*.txt", 2),)


def test_everything_can_be_left_out(folder: Path) -> None:
    write(folder, "a.py")
    found = listing(folder, "**")
    assert found.files == ()
    assert found.excluded == (("**", 1),)


@pytest.mark.parametrize("in_git", [True, False], ids=["git", "folder"])
def test_symbolic_links_are_followed_nowhere_and_the_stray_ones_named(
    repository: Path, folder: Path, tmp_path: Path, in_git: bool
) -> None:
    root = repository if in_git else folder
    write(root, "a.py", "sub/b.py", "left-out/c.py")
    write(tmp_path, "outside.py", "folder-beside/d.py")
    links = {
        "to-file": "a.py",
        "to-folder": "sub",
        "sub/to-root": "..",
        "dangling": "nothing",
        "loop-1": "loop-2",
        "loop-2": "loop-1",
        "itself": "itself",
        "outside": "../outside.py",
        "beside": f"../{root.name}-beside",
        "absolute": str(tmp_path / "outside.py"),
        "inside-absolute": str(root / "a.py"),
        "to-left-out": "left-out/c.py",
    }
    (tmp_path / f"{root.name}-beside").mkdir(exist_ok=True)
    for name, target in links.items():
        (root / name).symlink_to(target)
    found = listing(root, "left-out/")
    assert found.files == ("a.py", "sub/b.py")
    assert {unseen.name: unseen.reason.removeprefix("symbolic link ") for unseen in found.unseen} == {
        "absolute": "that leaves the folder",
        "beside": "that leaves the folder",
        "dangling": "that leads nowhere or in a circle",
        "itself": "that leads nowhere or in a circle",
        "loop-1": "that leads nowhere or in a circle",
        "loop-2": "that leads nowhere or in a circle",
        "outside": "that leaves the folder",
        "to-left-out": "to something that is not in the list of files",
    }


def test_a_link_to_what_git_ignores_is_named_as_not_seen(repository: Path) -> None:
    write(repository, "a.py", "build/b.py")
    (repository / ".gitignore").write_text("build/\n", encoding="utf-8")
    (repository / "link.py").symlink_to("build/b.py")
    (repository / "link").symlink_to("build")
    assert [unseen.name for unseen in listing(repository).unseen] == ["link", "link.py"]


def test_a_root_that_is_a_link_is_the_folder_it_leads_to(folder: Path, tmp_path: Path) -> None:
    write(folder, "a.py")
    (folder / "link.py").symlink_to("a.py")
    (tmp_path / "root").symlink_to(folder)
    found = listing(tmp_path / "root")
    assert found.files == ("a.py",)
    assert found.unseen == ()


def test_what_is_no_regular_file_is_named_and_not_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "fifo")
    monkeypatch.chdir(folder)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    found = listing(folder)
    assert found.files == ()
    assert found.unseen == (Unseen("fifo", "not a regular file"), Unseen("socket", "not a regular file"))


@pytest.fixture
def nest(folder: Path) -> Iterator[Callable[[str, int], None]]:
    """Makes folders in each other, and takes them away again: pytest cannot remove what is nested this deeply."""

    def make(name: str, depth: int) -> None:
        here = os.open(folder, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=here)
            inner = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(os.open("a.py", os.O_CREAT, dir_fd=here))
        os.close(here)

    yield make
    subprocess.run(("rm", "-rf", str(folder)), check=True)


def test_folders_nested_deeper_than_python_recurses_are_listed(folder: Path, nest: Callable[[str, int], None]) -> None:
    nest("d", 1500)
    assert listing(folder).files == ("d/" * 1500 + "a.py",)


def test_folders_nested_deeper_than_a_path_can_say_are_named(folder: Path, nest: Callable[[str, int], None]) -> None:
    nest("d" * 200, 25)
    found = listing(folder)
    assert found.files == ()
    assert len(found.unseen) == 1
    assert "File name too long" in found.unseen[0].reason


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of folders and files that the system refuses: root, who may run the tests, is refused nothing."""
    refused: set[str] = set()
    real_scandir, real_lstat = os.scandir, os.lstat

    def scandir(path: str | Path) -> object:
        if Path(path).name in refused:
            raise PermissionError(13, "Permission denied", str(path))
        return real_scandir(path)

    def lstat(self: Path) -> os.stat_result:
        if self.name in refused:
            raise PermissionError(13, "Permission denied", str(self))
        return real_lstat(self)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(Path, "lstat", lstat)
    return refused


def test_a_folder_that_cannot_be_read_is_named(folder: Path, refuse: set[str]) -> None:
    write(folder, "a.py", "locked/b.py")
    refuse.add("locked")
    found = listing(folder)
    assert found.files == ("a.py",)
    assert found.unseen == (Unseen("locked/", "folder cannot be read: Permission denied"),)


@pytest.mark.parametrize("in_git", [True, False], ids=["git", "folder"])
def test_a_file_that_cannot_be_looked_at_is_named(
    repository: Path, folder: Path, refuse: set[str], in_git: bool
) -> None:
    root = repository if in_git else folder
    write(root, "a.py", "b.py")
    refuse.add("b.py")
    found = listing(root)
    assert found.files == ("a.py",)
    assert found.unseen == (Unseen("b.py", "cannot be read: Permission denied"),)


def test_a_root_that_is_not_there_is_wrong_usage(tmp_path: Path, refuse: set[str]) -> None:
    with pytest.raises(UsageError, match="nowhere does not exist"):
        listing(tmp_path / "nowhere")
    write(tmp_path, "a.py", "locked/b.py")
    with pytest.raises(UsageError, match=r"a\.py is not a folder"):
        listing(tmp_path / "a.py")
    refuse.add("locked")
    with pytest.raises(UsageError, match="locked cannot be read: Permission denied"):
        listing(tmp_path / "locked")


_NAME = st.text(
    alphabet=st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8
).filter(lambda name: name not in {".", "..", ".git"} and f"{name}/" not in FOLDER_EXCLUDES)


@given(names=st.sets(_NAME, max_size=6))
@settings(max_examples=25, deadline=None)
def test_whatever_is_in_a_folder_is_listed_or_named(tmp_path_factory: pytest.TempPathFactory, names: set[str]) -> None:
    root = tmp_path_factory.mktemp("any")
    for name in names:
        (root / name).write_bytes(b"")
    written = sorted(path.name for path in root.iterdir())  # a file system may see two names as one
    assert list(listing(root).files) == written
    git(root, "init", "--quiet")
    assert list(listing(root).files) == written
