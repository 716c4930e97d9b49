"""How much `mcpquality scan` costs beyond the tools it runs.

    python benchmarks/scan.py [--runs N] [--ash]

On a mid-size sdist (Django, pinned) it measures, in one run and in turns:

- each tool alone, wall and CPU time: its own command the way a user would run it by hand, and `mcpquality scan` with
  that one scanner; the cheaper of the two counts, so that nothing we do badly lowers the bar;
- `mcpquality scan` with the four scanners, against the floor: the slowest tool alone, or the CPU time of all of them
  over the number of cores, whichever is larger; and against the sum of the tools one after another;
- start-up: `mcpquality --version` against a bare Python; a scan of a folder with one file against its slowest tool;
- with `--ash`, AWS's Automated Security Helper (`vehlo-ash` from the registry) with the same scanners.

Nothing is asserted: machines are shared and noisy. Read the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

import mcpquality_scanners
from mcpquality_scanners.toolchain import default_cache

SDIST = "Django==4.2.16"
ASH = "vehlo-ash"
ASH_TIMEOUT = 1800.0  # seconds; on this sdist it took five minutes where the network could be reached
RULES = "mcp-rules.json"
TOOLS = ("bandit", "detect-secrets", "pip-audit", "semgrep")


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds of one command with its children."""

    wall: float
    cpu: float


def measure(argv: Sequence[str], cwd: Path, timeout: float | None = None) -> Cost:
    """Run a command to its end, whatever it ends with.

    Raises:
        subprocess.TimeoutExpired: It took longer than `timeout` seconds.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"SEMGREP_ENABLE_VERSION_CHECK": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(argv, cwd=cwd, env=environment, timeout=timeout, check=False, **quiet)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def median(costs: Sequence[Cost]) -> Cost:
    """The median wall and the median CPU time."""
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))


def fetch(folder: Path) -> Path:
    """Download and unpack the sdist; its folder."""
    # uv downloads nothing without installing it, and an environment made by uv has no pip: it runs in one of its own.
    argv = (find_uv_bin(), "tool", "run", "--quiet", "pip", "download", "--quiet", "--no-deps")
    subprocess.run((*argv, "--no-binary", "django", "--dest", str(folder), SDIST), check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def by_hand(scratch: Path) -> dict[str, tuple[str, ...]]:
    """Each tool's command line as a careful user would write it; they all see the whole tree."""
    rules = Path(mcpquality_scanners.__file__).parent / "rules" / RULES
    empty = scratch / "bandit.ini"
    empty.write_text("[bandit]\n", encoding="utf-8")
    semgrep = ("scan", "--experimental", "--metrics=off", "--disable-version-check", "--json", "-j", "1")
    semgrep += ("--no-git-ignore", "--x-ignore-semgrepignore-files", "--disable-nosem", "--config", str(rules), ".")
    return {
        "semgrep": (_command("semgrep"), *semgrep),
        "bandit": (_command("bandit"), "-q", "-r", "-f", "json", "--ini", str(empty), "-x", "/nonexistent", "."),
        "detect-secrets": (_command("detect-secrets"), "-c", "1", "scan", "--all-files", "--no-verify", "."),
        "pip-audit": (_command("pip-audit"), "--version"),
    }


def _command(tool: str) -> str:
    found = sorted((default_cache() / "tools").glob(f"{tool}-*/bin/{tool}"))
    return str(found[-1])


def scan_argv(root: Path, *scanners: str, report: Path | None = None) -> tuple[str, ...]:
    """Our command; pip-audit is there but offline, as the sdist has nothing pinned to ask about."""
    chosen = [part for scanner in scanners for part in ("--scanner", scanner)]
    reports = ("--format", f"json={report}") if report else ()
    return (sys.executable, "-m", "pytest_mcpquality", "scan", str(root), "-q", "--offline", *chosen, *reports)


def compare_scan(runs: int, root: Path, scratch: Path) -> None:
    """Tools alone and the scan, in turns."""
    commands = by_hand(scratch)
    ours = {name: scan_argv(root, name) for name in commands}
    together: list[Cost] = []
    alone: dict[str, list[Cost]] = {name: [] for name in commands}
    single: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(runs):
        for name in commands:
            alone[name].append(measure(commands[name], root))
            single[name].append(measure(ours[name], scratch))
        together.append(measure(scan_argv(root, *TOOLS), scratch))
    best = {name: _cheaper(name, median(alone[name]), median(single[name])) for name in commands}
    _print_ratios(best, median(together))


def _cheaper(name: str, by_hand_: Cost, by_us: Cost) -> Cost:
    print(f"  {name:<16} by hand {by_hand_.wall:7.2f} s wall {by_hand_.cpu:7.2f} s CPU", end="")
    print(f"   by us, alone {by_us.wall:7.2f} s wall {by_us.cpu:7.2f} s CPU")
    # A tool that we run in several processes has less wall time for the same work: that is not what it costs alone.
    return Cost(min(by_hand_.wall, max(by_us.wall, by_us.cpu)), min(by_hand_.cpu, by_us.cpu))


def _print_ratios(best: dict[str, Cost], ours: Cost) -> None:
    cores = os.cpu_count() or 1
    slowest = max(cost.wall for cost in best.values())
    shared = sum(cost.cpu for cost in best.values()) / cores
    floor, total = max(slowest, shared), sum(cost.wall for cost in best.values())
    print(f"  mcpquality scan        {ours.wall:7.2f} s wall {ours.cpu:7.2f} s CPU")
    print(f"  floor on {cores} cores       {floor:7.2f} s (slowest {slowest:.2f}, CPU of all over cores {shared:.2f})")
    print(f"  scan / floor           {ours.wall / floor:7.2f}   (goal 1.05)")
    print(f"  scan / CPU over cores  {ours.wall / shared:7.2f}   (tools that we split beat their own wall time)")
    print(f"  scan / sum of tools    {ours.wall / total:7.2f}")


def compare_start(runs: int, scratch: Path) -> None:
    """What the command costs before it does anything."""
    bare, ours = [], []
    for _ in range(runs):
        bare.append(measure((sys.executable, "-c", "pass"), scratch).wall)
        ours.append(measure((sys.executable, "-m", "pytest_mcpquality", "--version"), scratch).wall)
    extra = statistics.median(ours) - statistics.median(bare)
    print(f"  mcpquality --version beyond a bare Python {extra * 1000:6.0f} ms   (goal 80)")
    small = scratch / "small"
    small.mkdir()
    (small / "one.py").write_text("print(1)\n", encoding="utf-8")
    overheads = [_overhead(small, scratch) for _ in range(runs)]
    print(f"  scan of one file beyond its slowest tool  {statistics.median(overheads) * 1000:6.0f} ms   (goal 300)")


def _overhead(root: Path, scratch: Path) -> float:
    document = scratch / "results.json"
    cost = measure(scan_argv(root, *TOOLS, report=document), scratch)
    scanners = json.loads(document.read_text(encoding="utf-8"))["scanners"]
    return cost.wall - max(sum(command["seconds"] for command in each["commands"]) for each in scanners)


def compare_ash(root: Path, scratch: Path) -> None:
    """ASH in local mode with the scanners it shares with us, once: it takes minutes."""
    home = scratch / "ash"
    uv = find_uv_bin()
    installed = all(
        subprocess.run(argv, check=False, capture_output=True).returncode == 0
        for argv in (
            (uv, "venv", "--quiet", "--python", sys.executable, str(home)),
            (uv, "pip", "install", "--quiet", "--python", str(home / "bin/python"), ASH, "bandit", "detect-secrets"),
        )
    )
    if not installed:
        print(f"  {ASH} could not be installed here")
        return
    argv = (str(home / "bin" / "ash"), "--mode", "local", "--source-dir", str(root), "--no-fail-on-findings")
    argv += ("--output-dir", str(scratch / "ash-output"), "--scanners", "bandit,detect-secrets,semgrep")
    path = f"{home / 'bin'}{os.pathsep}{Path(_command('semgrep')).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PATH"] = path
    try:
        cost = measure(argv, scratch, ASH_TIMEOUT)
    except subprocess.TimeoutExpired:
        print(f"  ASH did not end within {ASH_TIMEOUT:.0f} s")
        return
    print(f"  ASH, local mode, same scanners {cost.wall:7.2f} s wall {cost.cpu:7.2f} s CPU")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="turns (default: 3)")
    parser.add_argument("--ash", action="store_true", help="measure ASH too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        # Tools are installed before anything is measured.
        subprocess.run((sys.executable, "-m", "pytest_mcpquality", "tools", "install"), check=True)
        root = fetch(scratch)
        print(f"{SDIST}, {given.runs} runs, medians")
        compare_scan(given.runs, root, scratch)
        print("start-up")
        compare_start(max(given.runs, 10), scratch)
        if given.ash:
            print("peer")
            compare_ash(root, scratch)


if __name__ == "__main__":
    main()
