"""Results documents that are named on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcpquality_reports.json_report import load
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.results import Results
from pytest_mcpquality.combine import combine


def read_results(paths: Sequence[Path]) -> Results:
    """What the documents hold, as one run.

    Raises:
        UsageError: One cannot be read, is no results document, or is named twice.
    """
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise UsageError(f"{str(twice)!r} is named twice: name each results document once")
    return combine([_read(path) for path in paths])


def _read(path: Path) -> Results:
    try:
        return load(path.read_text(encoding="utf-8"))
    except UsageError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{str(path)!r} cannot be read: {reason}. Give a file written by `mcpquality scan --format json=FILE`."
        ) from error
