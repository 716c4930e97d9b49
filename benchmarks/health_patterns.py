"""How long the checks of texts take on 1,000 tool definitions with their schemas; the goal is half a second.

    python benchmarks/health_patterns.py [--definitions 1000] [--runs 5]

No two descriptions of the tools are alike; names of parameters repeat, as they do in real servers, and so do some of
their descriptions. Prints the best and the median of the runs, in seconds of processor time, and ends with 1 where the
best misses the goal.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable

from pytest_mcpquality.health.checks.poisoning.instructions import Instructions
from pytest_mcpquality.health.checks.poisoning.invisible import Invisible
from pytest_mcpquality.health.definitions import Definitions
from pytest_mcpquality.health.observation import Look, Observation
from pytest_mcpquality.health.poisoning.score import remembered

GOAL = 0.5
VERBS = ("Lists", "Creates", "Updates", "Deletes", "Reads", "Searches", "Exports", "Validates", "Copies", "Renames")
THINGS = ("issues", "files", "messages", "invoices", "branches", "tables", "contacts", "deployments", "pages", "alerts")
WHERE = ("in the project", "of the signed-in user", "below a folder", "of a team", "in the given range of dates")
MORE = (
    "Returns an error if the identifier is not known.",
    "Results come in pages of at most {n}; pass the cursor of the page before to get the next one.",
    "Call `{other}` first to find the identifier.",
    "The user has to have write access to it, and a token with the scope `{other}`.",
    "Use this when the user asks for a summary, and do not call it more than {n} times.",
)
PARAMETERS = (
    ("path", "Absolute path to the file"),
    ("query", "What to search for, for example `status:{n}`"),
    ("limit", "The largest number of results to return, {n} by default"),
    ("include_deleted", "Whether deleted ones are returned as well"),
    ("format", "Either json or markdown; markdown is easier to read for people"),
    ("project_id", "The project, as returned by list_projects. Must be one that you can read. Number {n} is a sample"),
)


def definition(number: int, rng: random.Random) -> dict[str, object]:
    """One tool: a description of two to four sentences and a schema of six parameters."""
    other = f"{rng.choice(VERBS).lower()}_{rng.choice(THINGS)}"
    more = [text.format(n=rng.randrange(1, 10_000), other=other) for text in rng.sample(MORE, rng.randrange(1, 4))]
    first = f"{rng.choice(VERBS)} {rng.choice(THINGS)} number {number} {rng.choice(WHERE)}."
    properties = {
        name: {"type": "string", "title": name.title(), "description": text.format(n=rng.randrange(1, 10_000))}
        for name, text in PARAMETERS
    }
    schema = {"type": "object", "properties": properties, "required": ["path"]}
    return {"name": f"tool_{number}", "description": " ".join([first, *more]), "inputSchema": schema}


def observation(definitions: int) -> Observation:
    """A server with so many tools, the same at each run."""
    rng = random.Random(1)
    tools = tuple(definition(number, rng) for number in range(definitions))
    return Observation("bench", first=Look(Definitions("bench", tools=tools)))


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one call, with nothing remembered from the one before."""
    remembered.cache_clear()
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--definitions", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    observed = observation(options.definitions)
    runs = [seconds(lambda: (Instructions().look(observed), Invisible().look(observed))) for _ in range(options.runs)]
    best = min(runs)
    print(f"{options.definitions:,} definitions: {best:.3f} s at best, {statistics.median(runs):.3f} s in the median")
    return int(best > GOAL * options.definitions / 1000)


if __name__ == "__main__":
    sys.exit(main())
