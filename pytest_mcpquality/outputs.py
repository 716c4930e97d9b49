"""Hands the results to every report that was asked for: files written whole, standard output in its own style."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcpquality_reports.base import Format, write
from mcpquality_reports.redacting import without_secrets
from mcpquality_reports.registry import ALL, find, load
from mcpquality_scanners.errors import McpQualityError, UsageError, WriteError
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


def expanded(outputs: Sequence[Output], formats: Mapping[str, Format]) -> tuple[Output, ...]:
    """The reports with a file each: `all=FOLDER` as every format, and a folder as the format's own file in it.

    What this installation cannot make is left out of `all`; asked for by name, it is an error.

    Raises:
        UsageError: A format is unknown or cannot be made here, `all` has no folder, or two reports share a file.
    """
    made = [each for output in outputs for each in _expanded(output, formats)]
    paths = [output.path for output in made]
    for path in paths:
        if paths.count(path) > 1:
            raise UsageError(f"two reports would go to {path or 'standard output'}: give each a path of its own")
    return tuple(made)


def _expanded(output: Output, formats: Mapping[str, Format]) -> Iterator[Output]:
    if output.format == ALL:
        if output.path is None:
            raise UsageError(f"{ALL!r} writes many files and needs a folder: {ALL}=FOLDER")
        for each in formats.values():
            if not each.problem():
                yield Output(each.name, output.path / each.file, in_folder=True)
        return
    wanted = find(output.format, formats)
    if problem := wanted.problem():
        raise UsageError(f"the report format {wanted.name!r} cannot be used: {problem}")
    if output.path is not None and _is_folder(output.path):
        yield Output(wanted.name, output.path / wanted.file, in_folder=True)
    else:
        yield output


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False  # writing to it will say why


def preload(outputs: Sequence[Output]) -> threading.Thread:
    """Import what the reports are made with, which takes a tenth of a second, while the tools run."""
    loading = threading.Thread(target=_preload, args=(outputs,), daemon=True)
    loading.start()
    return loading


def _preload(outputs: Sequence[Output]) -> None:
    for output in outputs:
        try:
            load(output.format)
        except Exception:  # noqa: BLE001 - whatever a plugin raises is told when its report is due
            return


def deliver(results: Results, outputs: Sequence[Output], sources: ReadLines, style: Style) -> bool:
    """Write every report; False when one of them could not be, which is said on standard error and costs no other.

    Raises:
        OSError: Standard output cannot be written to.
    """
    shown = without_secrets(results)
    # Files first: what goes to the terminal ends with the verdict, and nothing may scroll it away.
    ordered = sorted(outputs, key=lambda output: output.path is None)
    written = [_deliver_one(shown, output, sources, style) for output in ordered]
    return all(written)


def _deliver_one(results: Results, output: Output, sources: ReadLines, style: Style) -> bool:
    try:
        if output.path is not None:
            text = _rendered(results, output.format, sources)
            _make_folder(output)
            write(output.path, text)
            if not style.quiet:
                _say(f"wrote {output.path}")
        elif output.format == TERMINAL:
            _show(results, style)
        else:
            _print_document(_rendered(results, output.format, sources))
    except McpQualityError as error:
        _say(str(error))
        return False
    return True


def _rendered(results: Results, name: str, sources: ReadLines) -> str:
    try:
        return load(name).render(results, sources)
    except McpQualityError:
        raise
    except Exception as error:  # a third party's format may raise anything, and must not cost another report
        raise WriteError(
            f"the report format {name!r} broke off with {type(error).__name__}: {error}. This is a bug in it."
        ) from error


def _make_folder(output: Output) -> None:
    if output.path is None or not output.in_folder:
        return
    folder = output.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WriteError(f"the folder {str(folder)!r} for reports cannot be made: {reason}; name another") from error


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
