"""What the HTML report costs: to make, to carry, to open and to search, beside the reports of others.

    python benchmarks/reports.py [--sizes 50 1000 10000 100000] [--peers] [--ash]

Findings are made up, with the lengths and the mix that real scans have. Measured for each number of findings:

- making: seconds, and the peak of memory that it took beyond the findings themselves, in bytes a finding;
- size of the file;
- opening: from the address to the end of the load event, in Chromium;
- searching: from the key to the next frame, the slowest of several words.

Peers get the same number of findings: Bandit and ASH (`vehlo-ash`) by scanning a file of that many `assert`s,
sarif-tools by our SARIF. None of them can be searched. What cannot be run here is said to be so.

Budgets: 50 findings in 100 KB; 10,000 in 1.5 MB, opened in 0.5 s, searched in 0.1 s; 100,000 opened in 2 s. Nothing is
asserted here: machines are shared and noisy. tests/e2e/test_html_browser.py asserts with some slack.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright
from uv import find_uv_bin

from mcpquality_reports.base import no_sources
from mcpquality_reports.html import REPORT as HTML
from mcpquality_reports.sarif import REPORT as SARIF
from mcpquality_scanners.findings import Confidence, Finding, Location, Region, ScanResult, ScanStatus, Severity
from mcpquality_scanners.results import Environment, FileSummary, Gate, GateStatus, Results, Verdict

SIZES = (50, 1000, 10_000, 100_000)
LARGEST_FOR_PEERS = 10_000  # beyond that their pages have 80 MB and more
PEER_TIMEOUT = 600.0  # seconds
OPENING_TIMEOUT = 60_000.0  # milliseconds
RULES = 60
CODE = [
    "import subprocess",
    "",
    "def run(command):",
    "    done = subprocess.run(command, shell=True)",
    "    return done",
] * 50

_SEARCH = """
async () => {
    const search = document.getElementById('search');
    if (!search) return null;
    const taken = [];
    for (const word of ['module_777', 'shell', 'rule 7', 'nowhere', '']) {
        search.value = word;
        const begun = performance.now();
        search.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
        taken.push(performance.now() - begun);
    }
    return Math.max(...taken) / 1000;
}
"""


def results(number: int) -> Results:
    """Results with that many findings."""
    severities = list(Severity)
    findings = [
        Finding(
            scanner=("semgrep", "bandit", "detect-secrets")[one % 3],
            rule=f"B{600 + one % RULES}",
            severity=severities[one % RULES * len(severities) // RULES],
            title=f"rule {one % RULES} with a name of usual length",
            message=f"rule {one % RULES}: " + "subprocess call with shell=True identified, security issue. " * 3,
            location=Location(
                f"src/package/part_{one % 97}/module_{one // 5}.py", Region(1 + one % 240, 5, 1 + one % 240, 40)
            ),
            confidence=Confidence.HIGH,
            native_severity="HIGH",
            cwe=(78,),
            references=(
                "https://bandit.readthedocs.io/en/1.9.4/plugins/b602_subprocess_popen_with_shell_equals_true.html",
            ),
            fix="Pass a list of arguments and no shell:\n```python\nsubprocess.run(['ping', '-c', '1', host])\n```",
            fingerprint=f"{one:032x}",
        )
        for one in range(number)
    ]
    scanners = tuple(
        ScanResult(name, ScanStatus.COMPLETE, seen=("a",)) for name in ("semgrep", "bandit", "detect-secrets")
    )
    return Results(
        verdict=Verdict.FAILED,
        headline="Failed: 3 of 3 gates failed: semgrep, bandit, detect-secrets.",
        fail_on=Severity.HIGH,
        gates=tuple(
            Gate(s.scanner, s.scanner, GateStatus.FAILED, "many at or over high", "0 at or over high") for s in scanners
        ),
        scanners=scanners,
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        suppressed=(),
        files=FileSummary(number, "git"),
        target="benchmark",
        started="2026-01-01T00:00:00Z",
        seconds=1.0,
        environment=Environment("0", "3", "linux"),
    )


def measure(browser: Browser, page: Path) -> tuple[float | None, float | None]:
    """Seconds until the page is loaded, and of its slowest search; None where there is none."""
    tab = browser.new_page()
    try:
        begun = time.perf_counter()
        tab.goto(page.resolve().as_uri(), timeout=OPENING_TIMEOUT)
        opened = time.perf_counter() - begun
        return opened, tab.evaluate(_SEARCH)
    except Error:
        return None, None
    finally:
        tab.close()


def tell(name: str, number: int, making: float, page: Path, browser: Browser, memory: str = "") -> None:
    """Print one line of the table."""
    opened, searched = measure(browser, page)
    opening = "over a minute" if opened is None else f"{opened:8.2f} s"
    searching = "" if searched is None else f"  searched {searched * 1000:4.0f} ms"
    size = page.stat().st_size / 1e6
    print(
        f"  {name:<12} {number:>7,}  made {making:7.2f} s  {size:7.2f} MB  opened {opening}{searching}{memory}",
        flush=True,
    )


def ours(number: int, scratch: Path, browser: Browser) -> None:
    """Our report."""
    value, page = results(number), scratch / "ours.html"
    begun = time.perf_counter()
    text = HTML.render(value, lambda _path: CODE)
    making = time.perf_counter() - begun
    page.write_text(text, encoding="utf-8")
    tracemalloc.start()
    HTML.render(value, no_sources)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tell("mcpquality", number, making, page, browser, f"  memory {peak / number:,.0f} bytes a finding")


def run(argv: Sequence[str], cwd: Path) -> float | None:
    """Seconds that a peer took; None when it could not be run or did not end."""
    begun = time.perf_counter()
    try:
        subprocess.run(argv, cwd=cwd, timeout=PEER_TIMEOUT, check=False, capture_output=True)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return time.perf_counter() - begun


def peers(number: int, scratch: Path, browser: Browser, *, ash: bool) -> None:
    """The reports of others, with as many findings."""
    folder = scratch / f"peers-{number}"
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "many.py").write_text("assert True\n" * number, encoding="utf-8")
    (folder / "in.sarif").write_text(SARIF.render(results(number), no_sources), encoding="utf-8")
    tool = (find_uv_bin(), "tool", "run", "--quiet", "--from")
    commands = {
        "bandit": ((*tool, "bandit", "bandit", "-q", "-f", "html", "-o", "out.html", "-r", "source"), "out.html"),
        "sarif-tools": ((*tool, "sarif-tools", "sarif", "html", "-o", "sarif.html", "in.sarif"), "sarif.html"),
    }
    if ash:
        argv = (*tool, "vehlo-ash", "ash", "--mode", "local", "--source-dir", "source", "--output-dir", "ash")
        commands["ASH"] = ((*argv, "--scanners", "bandit", "--no-fail-on-findings"), "ash/reports/ash.html")
    for name, (command, page) in commands.items():
        making = run(command, folder)
        if making is None or not (folder / page).is_file():
            print(f"  {name:<12} {number:>7,}  could not be run here")
        else:
            tell(name, number, making, folder / page, browser)


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of findings")
    parser.add_argument("--peers", action="store_true", help="measure Bandit and sarif-tools, too")
    parser.add_argument("--ash", action="store_true", help="measure ASH, too; it takes minutes")
    given = parser.parse_args()
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        measure(browser, Path(__file__))  # what is slow only once
        for number in given.sizes:
            ours(number, Path(folder), browser)
        for number in given.sizes if given.peers or given.ash else ():
            if number <= LARGEST_FOR_PEERS:
                peers(number, Path(folder), browser, ash=given.ash)
        browser.close()


if __name__ == "__main__":
    main()
