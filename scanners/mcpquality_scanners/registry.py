"""All scanners, ours and anybody's: registered by one manager through one hook."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mcpquality_scanners import hookspecs
from mcpquality_scanners.base import Scanner
from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.plugins import brought, plugin_manager

_NAME = re.compile(r"[a-z][a-z0-9-]*")
RESERVED = frozenset({"files", "mcpquality", "all"})
"""Names that mean something else on the command line or in results."""

_PARTS = ("name", "title", "category", "options", "weight", "scan", "explain")


class _BuiltIn:
    """Our own scanners, brought in the way a third party brings its own."""

    @hookspecs.hookimpl(tryfirst=True)
    def mcpquality_scanners(self) -> Sequence[Scanner]:
        from mcpquality_scanners.bandit import BanditScanner  # noqa: PLC0415 - `--version` needs none of them
        from mcpquality_scanners.coverage_gate import CoverageScanner  # noqa: PLC0415
        from mcpquality_scanners.detect_secrets import DetectSecretsScanner  # noqa: PLC0415
        from mcpquality_scanners.foreign import foreign_scanners  # noqa: PLC0415
        from mcpquality_scanners.pip_audit import PipAuditScanner  # noqa: PLC0415
        from mcpquality_scanners.semgrep import SemgrepScanner  # noqa: PLC0415

        return (
            SemgrepScanner(),
            BanditScanner(),
            PipAuditScanner(),
            DetectSecretsScanner(),
            CoverageScanner(),
            *foreign_scanners(),
        )


def load_scanners(plugins: Sequence[object] = ()) -> tuple[Scanner, ...]:
    """Every scanner there is: ours, then by name those of installed plugins (entry points) and of `plugins`.

    Raises:
        UsageError: A plugin cannot be loaded, or what it brings is no scanner, or has a name that is taken or is none.
    """
    manager = plugin_manager(hookspecs, _BuiltIn(), plugins)
    ours, *others = brought(manager.hook.mcpquality_scanners, "scanners")
    theirs = [scanner for each in others for scanner in each]
    _check([*ours, *theirs])
    return (*ours, *sorted(theirs, key=lambda scanner: scanner.name))


def _check(scanners: Sequence[Scanner]) -> None:
    seen: set[str] = set()
    for scanner in scanners:
        missing = [part for part in _PARTS if not hasattr(scanner, part)]
        if missing:
            what = f"a plugin brings {type(scanner).__name__!r} as a scanner, but it has no {missing[0]!r}"
            raise UsageError(f"{what}. Repair or uninstall the plugin.")
        if not _NAME.fullmatch(str(scanner.name)) or scanner.name in RESERVED:
            raise UsageError(
                f"a plugin brings a scanner named {scanner.name!r}, which cannot be a scanner's name. "
                "Repair or uninstall the plugin."
            )
        if scanner.name in seen:
            raise UsageError(f"two scanners are named {scanner.name!r}: uninstall one of the plugins that bring them")
        seen.add(scanner.name)
