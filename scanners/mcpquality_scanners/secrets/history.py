"""What the commits of a change brought into files, also what later ones took away again.

A secret that was committed once has to be taken for known, whoever removed it afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mcpquality_scanners.base import ScanContext
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.text import last_lines, one_line

# Nothing that the repository's configuration names is run.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-optional-locks")
_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class Version:
    """A file as a commit has it."""

    commit: str
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class History:
    """The versions that commits made, oldest first, and those of the same files before all of them."""

    before: tuple[Version, ...]
    after: tuple[Version, ...]


async def versions_since(context: ScanContext, reference: str) -> History:
    """The versions of files that the commits after `reference`, up to HEAD, made.

    Raises:
        ToolError: There is no git, no repository, or no such commit in it.
    """
    git = _Git(context)
    base = await git.commit(reference)
    commits = (await git.run("rev-list", "--reverse", f"{base}..HEAD")).split()
    if not commits:
        return History((), ())
    changes = list(_changes(await git.run(*_DIFF, stdin=b"\n".join(commits))))
    touched = {path for _commit, _blob, path in changes}
    listed = list(_listed(await git.run("ls-tree", "-r", "-z", base, "--", "."), base))
    before = [entry for entry in listed if entry[2] in touched]
    old = {blob for _commit, blob, _path in before}
    new = {(blob, path): (commit, blob, path) for commit, blob, path in reversed(changes) if blob not in old}
    contents = await git.contents({blob for blob, _path in new} | old)
    return History(tuple(_versions(before, contents)), tuple(_versions(reversed(new.values()), contents)))


_DIFF = ("diff-tree", "--stdin", "-r", "-z", "-m", "--root", "--no-renames", "--no-abbrev", "--relative", "--always")
_LINK = "120000"
_SUBMODULE = "160000"

Change = tuple[str, str, str]
"""Commit, blob and path."""


class _Git:
    """Runs git in the scanned folder."""

    def __init__(self, context: ScanContext) -> None:
        self._context = context

    async def commit(self, reference: str) -> str:
        """The full id of the commit that `reference` names."""
        wanted = f"{reference}^{{commit}}"
        try:
            found = await self.run("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        except ToolError as error:
            raise ToolError(
                f"since: {one_line(reference, 80)} is no commit of this repository: give another, or fetch it "
                "(a shallow clone lacks older ones)"
            ) from error
        return found.decode("ascii", "replace").strip()

    async def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """What git prints.

        Raises:
            ToolError: It failed.
        """
        context = self._context
        timeout = min(_TIMEOUT, context.timeout)
        done = await context.processes.run((*_GIT, *arguments), cwd=context.root, timeout=timeout, stdin=stdin)
        if done.exit_code != 0:
            raise ToolError(
                f"git {arguments[0]} failed, so older commits were not looked at: {last_lines(done.stderr)}"
            )
        return done.stdout

    async def contents(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """The bytes of blobs by their ids."""
        asked = sorted(blobs)
        if not asked:
            return {}
        return dict(_batch(await self.run("cat-file", "--batch", stdin="\n".join(asked).encode() + b"\n")))


def _changes(output: bytes) -> Iterator[Change]:
    """Of `diff-tree --stdin -z`: a commit's id, then `:mode mode old new status` and the path of each change."""
    commit = ""
    tokens = iter(output.split(b"\0"))
    for token in tokens:
        if token.startswith(b":"):
            _old_mode, mode, _old, blob, _status = token[1:].decode("ascii", "replace").split(" ")
            path = os.fsdecode(next(tokens))
            if mode not in {_LINK, _SUBMODULE}:
                yield commit, blob, path
        elif token:
            commit = token.decode("ascii", "replace")


def _listed(output: bytes, commit: str) -> Iterator[Change]:
    for entry in output.split(b"\0"):
        about, _, path = entry.partition(b"\t")
        mode, _, kind_and_blob = about.decode("ascii", "replace").partition(" ")
        kind, _, blob = kind_and_blob.partition(" ")
        if kind == "blob" and mode != _LINK:
            yield commit, blob, os.fsdecode(path)


def _batch(output: bytes) -> Iterator[tuple[str, bytes]]:
    place = 0
    while place < len(output):
        end = output.index(b"\n", place)
        blob, *about = output[place:end].decode("ascii", "replace").split(" ")
        place = end + 1
        if len(about) == 2:  # noqa: PLR2004 - kind and size; "missing" otherwise
            size = int(about[1])
            yield blob, output[place : place + size]
            place += size + 1


def _versions(changes: Iterable[Change], contents: dict[str, bytes]) -> Iterator[Version]:
    for commit, blob, path in changes:
        if blob in contents:
            yield Version(commit, path, contents[blob])
