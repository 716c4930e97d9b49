"""Write `locks/<tool>.txt` anew: every dependency of a tool pinned with its hashes, for all platforms at once.

Run `python scanners/update_locks.py` after changing a version in `toolchain.SPECS`.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from uv import find_uv_bin

from mcpquality_scanners.toolchain import LOCKS, SPECS

# The oldest Python that the project supports: a lock holds for it and for every later one.
PYTHON = "3.11"


def lock(package: str, version: str, target: Path) -> None:
    """Resolve `package==version` and write the result, with hashes and without this machine's index."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.in")
        wanted.write_text(f"{package}=={version}\n", encoding="utf-8")
        options = ("--universal", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", PYTHON)
        argv = (find_uv_bin(), "pip", "compile", "--quiet", *options, "--output-file", str(target), str(wanted))
        subprocess.run(argv, check=True)


if __name__ == "__main__":
    for spec in SPECS.values():
        lock(spec.name, spec.version, LOCKS / f"{spec.name}.txt")
        print(f"{spec.name} {spec.version}")
