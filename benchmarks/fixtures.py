"""Every figure of the fixtures, each as a ratio beside its goal and its floor.

    python benchmarks/fixtures.py [--quick]

In one run and, within each part, in turns:

- `mock_server`: calls in memory through the mock against the bare SDK and FastMCP;
- `resilience`: the breaker against other breakers; the pool against asyncio.Queue and psycopg_pool;
- `reuse`: a pooled connection against a new one over stdio;
- `fixtures_startup`: what the unused plugin adds to `pytest --collect-only`.

Each part is a program of its own, too. The others that are measured come from the package registry, into folders that
are thrown away. The floor is what a ratio would be if our part of it cost nothing. Exits with 1 when a goal is missed;
on a machine that does something else at the same time, look twice.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys

import fixtures_startup
import mock_server
import resilience
import reuse
from ratios import Ratio, table


def measure(*, quick: bool) -> list[Ratio]:
    """All of them."""
    return [
        *mock_server.ratios(rounds=5 if quick else 9),
        mock_server.against_fastmcp(rounds=5 if quick else 9),
        *resilience.ratios(runs=8 if quick else 40),
        *reuse.ratios(runs=3 if quick else 9),
        *fixtures_startup.ratios(runs=10 if quick else 40),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a minute, and noisier")
    found = measure(quick=parser.parse_args().quick)
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n{table(found)}"
    )
    return int(not all(ratio.holds for ratio in found))


if __name__ == "__main__":
    sys.exit(main())
