"""What `mcpquality explain` says about the rules of this gate."""

from __future__ import annotations

from mcpquality_scanners.coverage_gate.judge import Metric

OFF = (
    "Coverage is off: no coverage data lie there. To turn it on, run the tests with "
    "`coverage run --branch -m pytest`, or set `command` under [tool.mcpquality.coverage]."
)

NO_DATA = (
    "No coverage data lie there: run the tests with `coverage run --branch -m pytest`, "
    "say with `data` where they are, or have the tests run by the scan "
    '(command = ["coverage", "run", "--branch", "-m", "pytest"]).'
)

_WHAT = {
    Metric.LINES: "A line counts when a statement starts on it; it is covered when it ran at least once.",
    Metric.BRANCHES: (
        "A branch is one of the ways on from a line with a decision. It is covered when it was taken. "
        "Branches are in the data only when the tests ran with `coverage run --branch` "
        "(`branch = true` under `[tool.coverage.run]`, `pytest --cov-branch`)."
    ),
    Metric.FUNCTIONS: (
        "A function is covered when any line of its own body ran; running its `def` does not count, "
        "and neither do the bodies of functions inside it."
    ),
    Metric.STATEMENTS: (
        "coverage.py counts as statements the lines on which one starts, so that for Python the figure "
        "is that of the lines."
    ),
}


def explain(rule: str) -> str | None:
    """Help for a rule of the coverage gate as Markdown, or None when it is not one."""
    for metric in Metric:
        if rule == f"coverage-{metric.value}":
            return _text(metric, metric.value, "of all measured files together")
        if rule == f"coverage-file-{metric.value}":
            return _text(metric, f"file-{metric.value}", "of a single file")
    return None


def _text(metric: Metric, option: str, scope: str) -> str:
    return (
        f"# {metric.measure.capitalize()} {scope} is under its threshold\n\n"
        f"{_WHAT[metric]}\n\n"
        "## What to do\n\n"
        "Look at the places that the finding lists, the largest first: error paths and whole functions "
        "that no test calls are where faults stay longest. Write a test that would fail if that code were "
        "wrong. Code that nothing needs is best removed.\n\n"
        "Lines that cannot run in a test are left out of account with `# pragma: no cover` on them, or with "
        "`exclude_also` in coverage.py's configuration; how many are left out stands in the report.\n\n"
        f"The threshold is `{option}` under `[tool.mcpquality.coverage]`: a percentage, "
        "or `false` for none.\n"
    )
