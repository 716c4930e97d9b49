"""What the installed but unused plugin adds to `pytest --collect-only`, paired against `-p no:mcpquality`.

    python benchmarks/fixtures_startup.py [--runs N]

Each pair is run back to back, in turns the one and the other first; what is printed is the median of the differences,
of CPU time, which other processes of the machine disturb least, and of wall time. The goal is at most 5 ms.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from ratios import Ratio, table

GOAL = 5.0


class Cost(NamedTuple):
    """Milliseconds of one run."""

    wall: float
    cpu: float


def collect(folder: Path, *options: str) -> Cost:
    """One run, beside whatever other plugins are installed; with compiled bytecode, as users have it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(1000 * wall, 1000 * cpu)


def measure(folder: Path, runs: int) -> list[Cost]:
    """The differences of so many pairs."""
    ours: tuple[str, ...] = ()
    without = ("-p", "no:mcpquality")
    differences: list[Cost] = []
    for number in range(runs):
        first, second = (ours, without) if number % 2 else (without, ours)
        costs = {options: collect(folder, *options) for options in (first, second)}
        differences.append(Cost(*(a - b for a, b in zip(costs[ours], costs[without], strict=True))))
    return differences


def ratios(runs: int = 40) -> list[Ratio]:
    """What the plugin adds, the median of so many pairs of runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_it.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
        measure(folder, 2)  # fills the caches
        differences = measure(folder, runs)
    cpu = statistics.median(cost.cpu for cost in differences)
    wall = statistics.median(cost.wall for cost in differences)
    print(f"the plugin adds {cpu:.1f} ms of CPU time, {wall:.1f} ms of wall time (median of {runs} pairs)")
    return [Ratio("what the unused plugin adds to pytest --collect-only, CPU", cpu, GOAL, floor=0, unit="ms")]


def main() -> int:
    """Measure, print, and fail when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="pairs of runs")
    found = ratios(parser.parse_args().runs)
    print("\n" + table(found))
    return int(not all(ratio.holds for ratio in found))


if __name__ == "__main__":
    sys.exit(main())
