"""The one list of files, decided once for all scanners.

In a git repository: what git tracks and what is untracked and not ignored. Elsewhere: everything. In both less
the `exclude` globs. What is in the tree but cannot be looked at as a regular file is named, never dropped.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.base import ProcessRunner
from mcpquality_scanners.errors import ToolError, UsageError
from mcpquality_scanners.findings import Unseen
from mcpquality_scanners.globs import first_match

GIT_TIMEOUT = 120.0
"""Seconds git may take to list a repository."""

FOLDER_EXCLUDES = (
    ".git/", ".hg/", ".svn/", ".venv/", "venv/", "node_modules/", "__pycache__/", ".tox/", ".nox/",
    ".mypy_cache/", ".pytest_cache/", ".ruff_cache/",
)  # fmt: skip
"""Left out where there is no git to say what is ignored: other people's code and what tools leave behind."""

_SKIPPED = "S"
"""git's tag for a tracked file that is not checked out on purpose."""

_REFUSED = "warning: could not open directory '"


@dataclass(frozen=True, slots=True)
class FileListing:
    """The list: `files` sorted and relative; what was left out by which glob; what could not be listed.

    `source` says who decided: "git" or "folder".
    """

    files: tuple[str, ...]
    source: str
    excluded: tuple[tuple[str, int], ...] = ()
    unseen: tuple[Unseen, ...] = ()


async def list_files(root: Path, exclude: Iterable[str], processes: ProcessRunner) -> FileListing:
    """List the files below `root`.

    Raises:
        UsageError: `root` is no folder, or cannot be read.
    """
    _check_root(root)
    unseen: list[Unseen] = []
    patterns = tuple(exclude)
    source = "git"
    names: Iterable[str] | None = await _git_names(root, patterns, processes, unseen)
    if names is None:
        source = "folder"
        patterns += FOLDER_EXCLUDES
        names = _walk(root, patterns, unseen)
    excluded: Counter[str] = Counter()
    candidates: list[str] = []
    for name in dict.fromkeys(names):
        pattern = first_match(name.rstrip("/"), patterns)
        if pattern is None:
            candidates.append(name)
        else:
            excluded[pattern] += 1
    files = _regular(root, candidates, unseen)
    return FileListing(tuple(files), source, tuple(sorted(excluded.items())), tuple(sorted(unseen)))


def _check_root(root: Path) -> None:
    try:
        os.scandir(root).close()
    except FileNotFoundError as error:
        raise UsageError(f"{root} does not exist. Give the folder of a project.") from error
    except NotADirectoryError as error:
        raise UsageError(f"{root} is not a folder. Give the folder of a project.") from error
    except OSError as error:
        raise UsageError(f"{root} cannot be read: {error.strerror}.") from error


async def _git_names(
    root: Path, patterns: tuple[str, ...], processes: ProcessRunner, unseen: list[Unseen]
) -> list[str] | None:
    """What git lists below `root`, or None where there is no repository, or no git that would say."""
    if not _in_repository(root):
        return None
    # fsmonitor names a program in the repository's own configuration: never run what the tree under review says.
    argv = ("git", "-c", "core.fsmonitor=false", "ls-files", "-z", "-t")
    try:
        listed = await processes.run(
            (*argv, "--cached", "--others", "--exclude-standard"),
            cwd=root,
            timeout=GIT_TIMEOUT,
            env={"LC_ALL": "C"},
        )
    except ToolError:
        return None
    if listed.exit_code != 0:
        # For instance a repository of another owner: git refuses, so everything is looked at.
        return None
    entries = [os.fsdecode(entry).partition(" ") for entry in listed.stdout.split(b"\0") if entry]
    missing = {name for tag, _, name in entries if tag == _SKIPPED and not _is_there(root / name)}
    unseen += _not_checked_out(name for name in missing if first_match(name, patterns) is None)
    unseen += _refused_to_git(listed.stderr, patterns)
    # Nothing at all is what git says of a folder that a repository around it ignores.
    return [name for _, _, name in entries if name not in missing] or None


def _in_repository(root: Path) -> bool:
    return any(_is_there(folder / ".git") for folder in (root, *root.parents))


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def _not_checked_out(names: Iterable[str]) -> Iterator[Unseen]:
    """Tracked files that a sparse checkout leaves out, by top folder: there may be very many."""
    counted = Counter(name.partition("/")[0] for name in names)
    return (Unseen(top, f"{count} not checked out (sparse checkout)") for top, count in counted.items())


def _refused_to_git(stderr: bytes, patterns: tuple[str, ...]) -> Iterator[Unseen]:
    """Folders that git could not open: it warns, lists the rest, and ends with 0."""
    for line in os.fsdecode(stderr).splitlines():
        if line.startswith(_REFUSED):
            name, _, reason = line.removeprefix(_REFUSED).partition("': ")
            if first_match(name.rstrip("/"), patterns) is None:
                yield Unseen(name, f"folder cannot be read: {reason}")


def _walk(root: Path, patterns: tuple[str, ...], unseen: list[Unseen]) -> Iterator[str]:
    """Every file below `root`; of an excluded folder its name with a slash, for node_modules may hold a million."""
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        try:
            with os.scandir(root / prefix) as entries:
                listed = [(prefix + entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            unseen.append(Unseen(prefix or "./", f"folder cannot be read: {error.strerror}"))
            continue
        for name, is_folder in listed:
            if is_folder and first_match(name, patterns) is None:
                prefixes.append(f"{name}/")
            else:
                yield f"{name}/" if is_folder else name


def _regular(root: Path, candidates: Iterable[str], unseen: list[Unseen]) -> list[str]:
    files: list[str] = []
    links: list[str] = []
    for name in sorted(candidates):
        try:
            mode = (root / name).lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            continue  # deleted in the working tree: nothing of it is left to merge
        except OSError as error:
            unseen.append(Unseen(name, f"cannot be read: {error.strerror}"))
            continue
        if stat.S_ISREG(mode):
            files.append(name)
        elif stat.S_ISLNK(mode):
            links.append(name)
        elif stat.S_ISDIR(mode):
            unseen.append(Unseen(name, "a repository inside the repository (submodule): scan it on its own"))
        else:
            unseen.append(Unseen(name, "not a regular file"))
    unseen += _stray_links(root, links, set(files))
    return files


def _stray_links(root: Path, links: Iterable[str], files: set[str]) -> Iterator[Unseen]:
    """Links to what is not in the list itself; the others are looked at where they lead to."""
    folders = {parent for name in files for parent in _parents(name)}
    real_root = os.path.realpath(root)
    for name in links:
        target = os.path.realpath(root / name)
        relative = os.path.relpath(target, real_root)
        if relative in files or relative in folders:
            continue
        if not os.path.exists(target):  # noqa: PTH110 - `Path.exists` raises where it must not look
            yield Unseen(name, "symbolic link that leads nowhere or in a circle")
        elif relative == ".." or relative.startswith("../"):
            yield Unseen(name, "symbolic link that leaves the folder")
        elif relative != ".":
            yield Unseen(name, "symbolic link to something that is not in the list of files")


def _parents(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name
