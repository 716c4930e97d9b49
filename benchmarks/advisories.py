"""What advisories cost: loading a full export, its size, queries, and a lock file of 500 dependencies audited offline.

Without an export at hand one of the size of OSV's for PyPI is made up: 30,000 records about 12,000 packages, each
with a text, references, a vector and the versions that are affected, as real ones have them.

    python benchmarks/advisories.py [--export ZIP-OR-FOLDER] [--records 30000] [--runs 3]
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from uv import find_uv_bin

from mcpquality_scanners.advisories import Index, serving, store
from mcpquality_scanners.advisories.loading import Export, load
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import Toolchain, default_cache

PACKAGES = 12_000
PINS = 500
QUERIES = 2_000
VECTORS = (
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
    "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N",
)
WORDS = (
    "request",
    "header",
    "parser",
    "crafted",
    "remote",
    "attacker",
    "server",
    "version",
    "session",
    "token",
    "path",
)

T = TypeVar("T")


def made_up(number: int, dice: random.Random) -> dict[str, object]:
    """A record as large and as varied as real ones."""
    package = f"package-{dice.randrange(PACKAGES)}"
    versions = [f"{major}.{minor}.{patch}" for major in range(3) for minor in range(6) for patch in range(3)]
    count = dice.randrange(1, len(versions))
    vector = dice.choice(VECTORS)
    text = " ".join(dice.choice(WORDS) + str(dice.randrange(1000)) for _ in range(dice.randrange(40, 160)))
    events = [{"introduced": "0"}, {"fixed": versions[count]}]
    return {
        "schema_version": "1.6.0",
        "id": f"GEN-{number:06}",
        "modified": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "published": "2024-01-01T00:00:00Z",
        "aliases": [f"CVE-2024-{number:06}"],
        "summary": text[:80],
        "details": text,
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": package, "purl": f"pkg:pypi/{package}"},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
                "versions": versions[:count],
            }
        ],
        "severity": [{"type": f"CVSS_V{vector[5]}", "score": vector}],
        "references": [
            {"type": "WEB", "url": f"https://host.invalid/{dice.getrandbits(128):x}"}
            for _ in range(dice.randrange(2, 9))
        ],
        "database_specific": {"cwe_ids": ["CWE-79"], "severity": "MODERATE", "github_reviewed": True},
    }


def export(place: Path, records: int) -> Path:
    """A zip as OSV exports it."""
    dice = random.Random(1)
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(records):
            archive.writestr(f"GEN-{number:06}.json", json.dumps(made_up(number, dice)))
    return place


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that it takes, and what comes of it."""
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def measure_loading(place: Path, scratch: Path) -> Path:
    """Load an export, and again when nothing has changed."""
    made = scratch / "store.sqlite"
    what = Export(place, str(place), "PyPI")
    first, change = timed(lambda: load(made, what, datetime.now(UTC)))
    again, same = timed(lambda: load(made, what, datetime.now(UTC)))
    scale = 30_000 / max(1, change.added)
    size = made.stat().st_size / 1e6
    print(
        f"  load {change.added} records            {first:8.2f} s   (goal 30 s for 30,000; scaled {first * scale:.2f})"
    )
    print(f"  again, {same.unchanged} unchanged          {again:8.2f} s")
    print(f"  size of the store             {size:8.1f} MB  (goal 100 MB for 30,000; scaled {size * scale:.1f})")
    return made


def names_of(made: Path) -> list[str]:
    """Packages that the store knows."""
    with store.connected(made) as connection:
        rows = connection.execute("SELECT DISTINCT name FROM packages WHERE ecosystem = 'PyPI' ORDER BY name")
        return [str(name) for (name,) in rows]


def measure_queries(made: Path) -> None:
    """Queries over one connection to the endpoint, one after the other."""
    names = random.Random(2).choices(names_of(made), k=QUERIES)
    opening, records = timed(lambda: store.about(made, names))
    index = Index(records.advisories)

    def ask(address: str) -> int:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
        found = 0
        for name in names:
            query = json.dumps({"package": {"name": name, "ecosystem": "PyPI"}, "version": "1.0.0"})
            connection.request("POST", f"{parts.path}/v1/query", query)
            found += len(json.loads(connection.getresponse().read())["vulns"])
        connection.close()
        return found

    async def all_of_them() -> tuple[float, int]:
        async with serving(index) as address:
            return await asyncio.to_thread(timed, lambda: ask(address))

    seconds, found = asyncio.run(all_of_them())
    print(f"  reading what {len(set(names))} packages need {opening:8.2f} s   ({len(records.advisories)} records)")
    print(f"  queries a second              {QUERIES / seconds:8.0f}     ({found} answers)")


def measure_audit(made: Path, scratch: Path, runs: int) -> None:
    """A uv.lock of 500 dependencies, beyond what pip-audit needs to start."""
    root = scratch / "project"
    root.mkdir()
    names = names_of(made)[:: max(1, len(names_of(made)) // PINS)][:PINS]
    names += [f"unheard-of-{number}" for number in range(PINS - len(names))]
    entries = "".join(
        f'[[package]]\nname = "{name}"\nversion = "2.4.0"\nsource = {{ registry = "https://host.invalid" }}\n'
        for name in names
    )
    (root / "uv.lock").write_text(f'version = 1\nrequires-python = ">=3.11"\n{entries}', encoding="utf-8")
    executable = str(
        asyncio.run(Toolchain(default_cache(), SystemProcessRunner(), uv=find_uv_bin()).tool("pip-audit")).executable
    )
    scan = [sys.executable, "-m", "pytest_mcpquality", "scan", str(root), "-q", "--offline", "--scanner", "pip-audit"]
    (scratch / "settings.toml").write_text(
        f'[scanners.pip-audit]\nadvisories = "{made}"\nmax-age = false\n', encoding="utf-8"
    )
    scan += ["--config", str(scratch / "settings.toml")]
    starts, audits = [], []
    for _ in range(runs):
        starts.append(timed(lambda: subprocess.run([executable, "--version"], check=True, capture_output=True))[0])
        audits.append(timed(lambda: subprocess.run(scan, check=False, capture_output=True))[0])
    done = subprocess.run(scan, check=False, capture_output=True, encoding="utf-8")
    start, audit = statistics.median(starts), statistics.median(audits)
    print(f"  pip-audit --version           {start:8.2f} s")
    print(f"  scan of {PINS} dependencies      {audit:8.2f} s   (exit {done.returncode})")
    print(f"  beyond pip-audit's start      {audit - start:8.2f} s   (goal 2 s)")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--export", type=Path, help="an export: a zip file or a folder (default: made up)")
    parser.add_argument("--records", type=int, default=30_000, help="records to make up (default: 30000)")
    parser.add_argument("--runs", type=int, default=3, help="turns of the audit (default: 3)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        place = given.export or export(scratch / "all.zip", given.records)
        print(f"{place.name}: {place.stat().st_size / 1e6:.1f} MB")
        made = measure_loading(place, scratch)
        measure_queries(made)
        measure_audit(made, scratch, given.runs)


if __name__ == "__main__":
    main()
