"""Which revision is being looked at."""

from __future__ import annotations

from pathlib import Path

from mcpquality_scanners.base import ProcessRunner
from mcpquality_scanners.errors import ToolError
from mcpquality_scanners.results import Commit

_TIMEOUT = 60.0

# Nothing that the repository's configuration names is run, and its index is not written to while others use it.
_GIT = ("git", "-c", "core.fsmonitor=false", "--no-optional-locks")


async def head_commit(root: Path, processes: ProcessRunner) -> Commit | None:
    """The commit that is checked out at `root`; None without git, a repository or a commit."""
    sha = await _git(root, processes, "rev-parse", "--verify", "HEAD")
    if not sha:
        return None
    branch = await _git(root, processes, "symbolic-ref", "--short", "--quiet", "HEAD")
    changes = await _git(root, processes, "status", "--porcelain", "--untracked-files=normal", ".")
    return Commit(sha, branch, dirty=bool(changes))


async def _git(root: Path, processes: ProcessRunner, *arguments: str) -> str:
    """What git prints, stripped; empty when it fails or is not there."""
    try:
        done = await processes.run((*_GIT, *arguments), cwd=root, timeout=_TIMEOUT)
    except ToolError:
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.exit_code == 0 else ""
