"""What is looser than by default, and who made it so: the change under review may switch off its own gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_mcpquality.config.health_keys import HEALTH
from pytest_mcpquality.config.keys import table_of
from pytest_mcpquality.config.rendering import is_unset, toml_string, toml_value

if TYPE_CHECKING:
    from pytest_mcpquality.config.settings import Setting, Settings, Suppressed


def weakened(settings: Settings) -> tuple[str, ...]:
    """A sentence for each setting under which less is looked at, or more let through, than by default.

    Scanners that are off come first, then single settings in the order of their keys, then suppressions. The
    settings of a scanner that is off are left out: nothing is looser than off. So are those of the gate for servers.
    """
    off = {table_of(scanner.name) for scanner in settings.scanners.values() if scanner.off}
    return (
        *_switched_off(settings),
        *(
            _sentence(setting)
            for setting in settings.values
            if setting.key.path[0] != HEALTH
            and setting.key.path[:-1] not in off
            and setting.key.option.weakens(setting.value)
        ),
        *_suppressions(settings.suppressed),
    )


def weakened_health(settings: Settings) -> tuple[str, ...]:
    """The same for the gate for servers, as far as all servers are concerned."""
    return tuple(
        _sentence(setting)
        for setting in settings.values
        if setting.key.path[0] == HEALTH and setting.key.option.weakens(setting.value)
    )


def _switched_off(settings: Settings) -> list[str]:
    """The scanners that are off; all that were left out because others were selected share a sentence."""
    shut = [scanner for scanner in settings.scanners.values() if scanner.off]
    unselected = [scanner.name for scanner in shut if scanner.decided_by.key.path == ("select",)]
    sentences = dict.fromkeys(
        f"{', '.join(unselected)} are {scanner.off}"
        if scanner.name in unselected and len(unselected) > 1
        else f"{scanner.name} is {scanner.off}"
        for scanner in shut
    )
    return list(sentences)


def _sentence(setting: Setting) -> str:
    key = setting.key
    default = key.option.default
    instead = "" if is_unset(key.option, default) else f" instead of {toml_value(default)}"
    caution = f": {key.option.caution}" if key.option.caution else ""
    return f"{key.name} = {toml_value(setting.value)}{instead}, set by {setting.origin.name}{caution}"


def _suppressions(entries: tuple[Suppressed, ...]) -> list[str]:
    if not entries:
        return []
    listed = ", ".join(_entry(entry) for entry in entries)
    what = "1 suppression" if len(entries) == 1 else f"{len(entries)} suppressions"
    return [f"{what} in {entries[0].origin.name}: {listed}"]


def _entry(entry: Suppressed) -> str:
    scanner = f" of {entry.rule.scanner}" if entry.rule.scanner else ""
    path = f" in {toml_string(entry.rule.path)}" if entry.rule.path else ""
    return f"{toml_string(entry.rule.rule)}{scanner}{path}"
