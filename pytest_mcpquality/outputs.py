"""Hands the results to every report that was asked for: files written whole, standard output in its own style."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from mcpquality_reports.base import load, write
from mcpquality_scanners.errors import McpQualityError
from mcpquality_scanners.fingerprints import ReadLines
from mcpquality_scanners.results import Results
from pytest_mcpquality.config.settings import Output

TERMINAL = "terminal"


@dataclass(frozen=True, slots=True)
class Style:
    """How the terminal report looks."""

    color: bool = True
    quiet: bool = False
    verbose: bool = False


def preload(outputs: Sequence[Output]) -> threading.Thread:
    """Import what the reports are made with, which takes a tenth of a second, while the tools run."""
    loading = threading.Thread(target=lambda: [load(output.format) for output in outputs], daemon=True)
    loading.start()
    return loading


def deliver(results: Results, outputs: Sequence[Output], sources: ReadLines, style: Style) -> bool:
    """Write every report; False when one of them could not be, which is said on standard error and costs no other.

    Raises:
        OSError: Standard output cannot be written to.
    """
    # Files first: what goes to the terminal ends with the verdict, and nothing may scroll it away.
    ordered = sorted(outputs, key=lambda output: output.path is None)
    written = [_deliver_one(results, output, sources, style) for output in ordered]
    return all(written)


def _deliver_one(results: Results, output: Output, sources: ReadLines, style: Style) -> bool:
    try:
        if output.path is not None:
            write(output.path, load(output.format).render(results, sources))
            if not style.quiet:
                _say(f"wrote {output.path}")
        elif output.format == TERMINAL:
            _show(results, style)
        else:
            _print_document(load(output.format).render(results, sources))
    except McpQualityError as error:
        _say(str(error))
        return False
    return True


def _say(text: str) -> None:
    print(f"mcpquality: {text}", file=sys.stderr)  # noqa: T201 - the user has to know


def _show(results: Results, style: Style) -> None:
    from mcpquality_reports.terminal import Detail, show  # noqa: PLC0415 - rich is not needed for files

    detail = Detail.QUIET if style.quiet else Detail.VERBOSE if style.verbose else Detail.NORMAL
    show(results, sys.stdout, detail=detail, colour=style.color)


def _print_document(text: str) -> None:
    """Print a document for machines: the same bytes as in a file, whatever the terminal's encoding and line ends."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()
