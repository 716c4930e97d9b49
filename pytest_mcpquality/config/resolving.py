"""Which of several sources holds, and what follows from it: which scanners run, where reports go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mcpquality_scanners.findings import Severity
from pytest_mcpquality.config.keys import CACHE_DIR, COVERAGE, KeyPath, table_of
from pytest_mcpquality.config.settings import Output, ScannerSettings, Setting, Settings, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_mcpquality.config.checking import Reading, Vocabulary
    from pytest_mcpquality.config.files import Document
    from pytest_mcpquality.config.settings import Suppressed

_BESIDE_OPTIONS = frozenset({"enabled", "timeout"})


def resolve(
    root: Path,
    document: Document | None,
    vocabulary: Vocabulary,
    readings: Sequence[Reading],
    suppressed: tuple[Suppressed, ...],
) -> tuple[Settings, list[str]]:
    """The settings from checked readings, the last of which wins, and what in them does not go together."""
    values = {path: Setting(key, key.option.default) for path, key in vocabulary.keys.items()}
    for reading in readings:
        values |= reading.settings
    configured = document is not None and COVERAGE in document.table
    scanners = {name: _scanner(name, values, configured=configured) for name in vocabulary.scanners}
    outputs = _outputs(values["format",], document)
    health_outputs = _outputs(values["health", "report"], document)
    settings = Settings(
        root=root,
        file=document.path if document else None,
        values=tuple(values.values()),
        fail_on=Severity(values["fail-on",].value),
        exclude=_names(values, "exclude"),
        outputs=outputs,
        health_outputs=health_outputs,
        jobs=cast("int", values["jobs",].value),
        offline=bool(values["offline",].value),
        allow_incomplete=_names(values, "allow-incomplete"),
        scanners=scanners,
        tools={path[1]: str(one.value) for path, one in values.items() if path[0] == "tools" and one.value},
        suppressed=suppressed,
        cache_dir=Path(str(folder)) if (folder := values[CACHE_DIR.name,].value) else None,
        file_given=document is not None and document.given,
    )
    problems = [
        *_contradictions(values, scanners),
        *_output_problems(root, document, values["format",], outputs),
        *_output_problems(root, document, values["health", "report"], health_outputs),
    ]
    return settings, problems


def _names(values: Mapping[KeyPath, Setting], key: str) -> tuple[str, ...]:
    return cast("tuple[str, ...]", values[key,].value)


def _scanner(name: str, values: Mapping[KeyPath, Setting], *, configured: bool) -> ScannerSettings:
    table = table_of(name)
    own = {path[-1]: one for path, one in values.items() if path[:-1] == table}
    decided_by = _deciding(name, values)
    runs = _switches_on(decided_by, name)
    asked = (
        name in _names(values, "select")
        or own["enabled"].origin.source > Source.DEFAULT
        or (name == COVERAGE and (configured or any(one.origin.source > Source.DEFAULT for one in own.values())))
    )
    return ScannerSettings(
        name=name,
        options={key: one.value for key, one in own.items() if key not in _BESIDE_OPTIONS},
        timeout=_timeout(values["timeout",], own["timeout"]),
        decided_by=decided_by,
        off="" if runs else _off(decided_by),
        asked=runs and asked,
    )


def _timeout(general: Setting, own: Setting) -> float:
    """The scanner's own time, unless a later source says another one for all."""
    holds = own if own.value is not None and own.origin.source >= general.origin.source else general
    return float(cast("float", holds.value))


def _deciding(name: str, values: Mapping[KeyPath, Setting]) -> Setting:
    """The setting that says whether a scanner runs: of the latest source, and there one that switches off."""
    select, skip, enabled = values["select",], values["skip",], values[*table_of(name), "enabled"]
    votes = [enabled]
    if select.value:
        votes.append(select)
    if name in _names(values, "skip"):
        votes.append(skip)
    return max(votes, key=lambda vote: (vote.origin.source, not _switches_on(vote, name)))


def _switches_on(vote: Setting, name: str) -> bool:
    match vote.key.path:
        case ("select",):
            return name in cast("tuple[str, ...]", vote.value)
        case ("skip",):
            return False
        case _:
            return bool(vote.value)


def _off(decided_by: Setting) -> str:
    what = "not selected" if decided_by.key.path == ("select",) else "switched off"
    return f"{what} by {decided_by.origin.name}"


def _contradictions(values: Mapping[KeyPath, Setting], scanners: Mapping[str, ScannerSettings]) -> list[str]:
    select = values["select",]
    problems = [
        f"{select.origin}: {name} is selected, and switched off by {by.key.name} ({by.origin}): keep one"
        for name in _names(values, "select")
        if scanners[name].off and (by := scanners[name].decided_by).origin.source is select.origin.source
    ]
    if not problems and scanners and all(scanner.off for scanner in scanners.values()):
        who = sorted({scanner.off for scanner in scanners.values()})
        problems.append(f"no scanner is left to run: all are {', or '.join(who)}")
    return problems


def _outputs(setting: Setting, document: Document | None) -> tuple[Output, ...]:
    """The reports; the paths of a file count from its folder, others from the working folder."""
    from_file = document is not None and setting.origin.source is Source.FILE
    base = document.path.parent if document and from_file else Path()
    parts = [item.partition("=") for item in cast("tuple[str, ...]", setting.value)]
    return tuple(Output(name, base / path if path else None) for name, _, path in parts)


def _output_problems(root: Path, document: Document | None, setting: Setting, outputs: Sequence[Output]) -> list[str]:
    paths = [output.path for output in outputs]
    problems = [
        f"{setting.origin}: two reports would go to {path or 'standard output'}: give each a path of its own"
        for path in dict.fromkeys(paths)
        if paths.count(path) > 1
    ]
    # A file of the tree is part of the change under review: it does not say what is overwritten elsewhere.
    if document and not document.given and setting.origin.source is Source.FILE:
        problems += [
            f"{setting.origin}: {path} lies outside of the scanned folder; only --format may write there"
            for path in paths
            if path and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
        ]
    return problems
