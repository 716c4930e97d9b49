"""How many poisoned tool definitions are found, and how many benign ones are flagged.

    python benchmarks/poisoning.py [--poisoned FILE ...] [--benign FILE ...] [--show]

Without files, on the definitions in `benchmarks/poisoning`: 310 poisoned and 240 benign ones, written for this by
authors who had not seen the engine; no weight was learned from them. The benign ones are such as careless filters take
for orders; of ordinary servers far fewer are flagged. A file is a list of definitions as `tools/list` returns them,
`{"tools": [...]}`, or a list of `{"kind": ..., "tool": {...}}`. Ends with 1 where fewer than 85 % of the poisoned ones
are found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pytest_mcpquality.health.checks.poisoning.instructions import Instructions
from pytest_mcpquality.health.checks.poisoning.invisible import Invisible
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation

GOAL = 0.85
DATA = Path(__file__).parent / "poisoning"
CHECKS = (Instructions(), Invisible())


def flagged(tool: Mapping[str, object]) -> list[str]:
    """What the checks of texts say of one definition; by default each of their findings fails a run."""
    observed = Observation("measured", first=Look(Definitions("measured", tools=(tool,))))
    return [hit.message for check in CHECKS for hit in check.look(observed).hits]


def definitions(file: Path) -> list[tuple[str, Mapping[str, object]]]:
    """The definitions in a file, each with its kind."""
    read = json.loads(file.read_text(encoding="utf-8"))
    items = read["tools"] if isinstance(read, dict) else read
    return [(item.get("kind", "") if "tool" in item else "", item.get("tool", item)) for item in items]


def measured(title: str, files: list[Path], *, show_found: bool | None) -> float:
    """The share that is flagged, printed by kind; shows those that are flagged or those that are not."""
    everything, found = Counter[str](), Counter[str]()
    for file in files:
        for kind, tool in definitions(file):
            messages = flagged(tool)
            everything[kind] += 1
            found[kind] += bool(messages)
            if show_found is not None and bool(messages) == show_found:
                print(f"  {kind} {tool.get('name')}: {messages[0] if messages else tool.get('description')}")
    share = found.total() / max(everything.total(), 1)
    print(f"{title}: {found.total()} of {everything.total()} flagged ({share:.1%})")
    for kind, number in sorted(everything.items()):
        print(f"  {kind or 'all'}: {found[kind]} of {number}")
    return share


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poisoned", type=Path, nargs="*", default=[DATA / "poisoned.json"], metavar="FILE")
    parser.add_argument("--benign", type=Path, nargs="*", default=[DATA / "benign.json"], metavar="FILE")
    parser.add_argument("--show", action="store_true", help="print what was missed, and what was flagged wrongly")
    options = parser.parse_args()
    share = measured("poisoned", options.poisoned, show_found=False if options.show else None)
    measured("benign", options.benign, show_found=True if options.show else None)
    return int(bool(options.poisoned) and share < GOAL)


if __name__ == "__main__":
    sys.exit(main())
