"""`--compare`: the results of an earlier run, read before anything is started, so that a wrong file costs no scan."""

from __future__ import annotations

from pathlib import Path

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.results import Results


def earlier(path: Path | None) -> Results | None:
    """The results that a document written with `--format json` holds; None when no file is given.

    Raises:
        UsageError: The file cannot be read, or is no results document.
    """
    if path is None:
        return None
    from mcpquality_reports.json_report import load  # noqa: PLC0415 - only who compares reads documents

    try:
        return load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{str(path)!r} cannot be compared with: {reason}") from error
    except UsageError as error:
        raise UsageError(f"{str(path)!r} cannot be compared with: {error}") from error


def compared(results: Results, before: Results | None) -> Results:
    """The results with what is new, fixed and unchanged since the earlier run, when there is one."""
    if before is None:
        return results
    from mcpquality_reports.comparison import compared as with_comparison  # noqa: PLC0415 - as above

    return with_comparison(results, before)
