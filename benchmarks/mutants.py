"""Which deliberate mistakes in pool and breaker their state machines find, and how fast.

    python benchmarks/mutants.py [--all]

Each mistake is made in a copy of the packages, which the property tests then run against: hypothesis state machines on
virtual time. With `--all`, the other tests of the same part run as well where the state machine finds nothing. Exits
with 1 when a mistake that is named in the list as one for the state machine survives it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("pytest_mcpquality", "scanners", "reports", "tests/pytest_mcpquality/resilience")
TESTS = "tests/pytest_mcpquality/resilience"
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake: in a file of `resilience`, one text in place of another."""

    name: str
    file: str
    right: str
    wrong: str
    part: str


MUTANTS = (
    Mutant("lost hand-off", "pool.py", "self._offer(handed, self._monotonic())", "pass", "pool"),
    Mutant(
        "counter leak: a failed opening keeps its place",
        "pool.py",
        "        self._opening.discard(owner)\n        self._closing.discard(owner)\n        self._failed_count",
        "        self._failed_count",
        "pool",
    ),
    Mutant(
        "counter leak: a closed one keeps its place",
        "pool.py",
        "        self._opened.discard(owner)\n        self._closing.discard(owner)\n        self._closed_count",
        "        self._closed_count",
        "pool",
    ),
    Mutant("LIFO waiters", "waiting.py", "waiter = self.queue.popleft()", "waiter = self.queue.pop()", "pool"),
    Mutant("release passes the waiters", "lease.py", "failed or desk.waiting or now", "failed or now", "pool"),
    Mutant("one too many", "pool.py", "< self.settings.max_size\n", "<= self.settings.max_size\n", "pool"),
    Mutant("no growth after a failure", "pool.py", "(error)\n        self._grow()\n", "(error)\n", "pool"),
    Mutant(
        "half-open cap off by one",
        "breaker.py",
        "if len(self._trials) >= self.settings.trial_calls:\n            self._forget",
        "if len(self._trials) > self.settings.trial_calls:\n            self._forget",
        "breaker",
    ),
    Mutant(
        "stale generation counted",
        "breaker.py",
        "return generation == self._generation and (not trial",
        "return (not trial",
        "breaker",
    ),
    Mutant(
        "cancelled counts as failure",
        "breaker.py",
        "return isinstance(error, self.settings.counted) and",
        "return (isinstance(error, self.settings.counted) or not isinstance(error, Exception)) and",
        "breaker",
    ),
    Mutant(
        "exactly half trips",
        "breaker.py",
        "failed > self.settings.failure_rate * completed",
        "failed >= self.settings.failure_rate * completed",
        "breaker",
    ),
)


def killed(copy: Path, test: str) -> tuple[bool, float]:
    """Whether a test file fails against the copy, and after how many seconds."""
    path = os.pathsep.join(str(copy / folder) for folder in ("", "scanners", "reports"))
    command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout", "60")
    start = time.perf_counter()
    try:
        done = subprocess.run(
            (*command, f"{TESTS}/{test}"),
            cwd=copy,
            env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        # A lost connection that somebody waits for: the tests do not pass either.
        return True, time.perf_counter() - start
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return done.returncode == 1, time.perf_counter() - start


def tried(copy: Path, mutant: Mutant, *, other: bool) -> Iterator[tuple[str, bool, float]]:
    """Each test file that was run against a mistake, and what came of it."""
    file = copy / "pytest_mcpquality" / "resilience" / mutant.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutant.right) != 1:
        raise SystemExit(f"{mutant.file} has {text.count(mutant.right)} places for {mutant.name!r}: look at the list")
    file.write_text(text.replace(mutant.right, mutant.wrong), encoding="utf-8")
    try:
        found, seconds = killed(copy, f"test_{mutant.part}_properties.py")
        yield "state machine", found, seconds
        if other and not found:
            yield "other tests", *killed(copy, f"test_{mutant.part}.py")
    finally:
        file.write_text(text, encoding="utf-8")


def main() -> int:
    """Try all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--all", action="store_true", help="the other tests, too, where the state machine finds nothing"
    )
    options = parser.parse_args()
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, Path(folder, package), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for mutant in MUTANTS:
            for tests, found, seconds in tried(Path(folder), mutant, other=options.all):
                print(
                    f"{mutant.name:<48} {tests:<14} {'killed' if found else 'SURVIVED':<9} {seconds:5.1f} s", flush=True
                )
                survived += tests == "state machine" and not found
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
