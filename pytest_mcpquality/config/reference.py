"""The table of keys as documentation: the commented block of `mcpquality init`, and the reference page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpquality_scanners.options import Option, OptionKind, Weaker
from pytest_mcpquality.config.files import TABLE
from pytest_mcpquality.config.keys import (
    CACHE_DIR,
    GENERAL,
    SUPPRESS,
    SUPPRESS_FIELDS,
    Key,
    KeyPath,
    all_keys,
    table_of,
)
from pytest_mcpquality.config.rendering import is_unset, toml_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from mcpquality_scanners.base import Scanner

_EXAMPLE = {"rule": "EXAMPLE-RULE", "reason": "why it is no finding", "path": "examples/**"}

_STARTER_HEAD = """\
# The values below hold. To change one, remove the # before its key and before the [table] above it.
# `mcpquality config` prints what holds and where it comes from."""


def starter(scanners: Sequence[Scanner], tools: Collection[str], table: KeyPath = TABLE) -> str:
    """The block that `mcpquality init` writes: every key with its help and default, commented out.

    A line that starts with `#` and no space is a setting or table to be switched on by removing the `#`; help
    starts with `# `. `table` is where the keys stand: nothing for a `mcpquality.toml`.
    """
    keys = all_keys(scanners, tools)
    head = [f"[{'.'.join(table)}]", _STARTER_HEAD] if table else [_STARTER_HEAD]
    blocks = ["\n".join(head), *(_commented(keys[option.name,]) for option in GENERAL)]
    for scanner in scanners:
        place = table_of(scanner.name)
        blocks.append(f"# {_one_line(scanner.title)}\n#[{'.'.join((*table, *place))}]")
        blocks += [_commented(key) for key in _keys_of(keys.values(), place)]
    blocks.append(f"# Where the tools come from.\n#[{'.'.join((*table, 'tools'))}]")
    blocks += [_commented(key) for key in _keys_of(keys.values(), ("tools",))]
    blocks.append(_commented_suppression(table))
    return "\n\n".join(blocks) + "\n"


def _keys_of(keys: Iterable[Key], table: KeyPath) -> list[Key]:
    return [key for key in keys if key.path[:-1] == table]


def _commented(key: Key) -> str:
    option = key.option
    wanted = f" One of: {', '.join(option.choices)}." if option.choices else ""
    help_line = f"# {_one_line(option.help)}{wanted}"
    if is_unset(option, option.default):
        return f"{help_line}\n# {option.name} = ... ({option.kind.value})"
    return f"{help_line}\n#{option.name} = {toml_value(option.default)}"


def _commented_suppression(table: KeyPath) -> str:
    lines = ["# Findings that do not count, one table each; every report shows them with the reason."]
    lines += [f"# {option.name}: {_one_line(option.help)}" for option in SUPPRESS_FIELDS]
    lines += [f"#[[{'.'.join((*table, SUPPRESS))}]]"]
    lines += [f"#{name} = {toml_value(value)}" for name, value in _EXAMPLE.items()]
    return "\n".join(lines)


_REFERENCE_HEAD = """\
# Configuration

<!-- Made from the tables in the code: `mcpquality config` checks and prints by the same ones. -->

Settings come from four places; a later one wins over an earlier one, key by key, and a list replaces a list:

1. the defaults below;
2. one file: `mcpquality.toml`, with the keys at its top level, or the table `[tool.mcpquality]` of
   `pyproject.toml`. It is looked for in the scanned folder and in no folder above it; having both is an
   error. With `--config FILE` that file is read instead, and none in the tree;
3. environment variables that start with `MCPQUALITY_`;
4. command-line options.

An unknown key, scanner, tool or variable, a value of the wrong type, and a file that cannot be read are
errors (exit code 2, nothing is run); nothing ever falls back to a default. `mcpquality config` prints
what holds and where it comes from. Settings that look at less or let more through than the defaults do
are named in every report; the column *weaker* says which values do.

A later place wins over an earlier one also where the earlier key is more specific: `--timeout` over the
timeout of one scanner in the file, `--scanner NAME` over a `skip` or `enabled = false` there. To select
and to switch off the same scanner in one place is an error.

In variables a flag is `true`, `yes`, `1` or `false`, `no`, `0`; a limit is switched off by `false` or
`no`; the items of a list are separated by commas, or it is a TOML array (`["a,b", "c"]`) where an item
holds a comma; an empty variable is an empty list, and for anything else an error.

Patterns of files are those of `.gitignore` without `!`: `*` and `?` stay inside a folder, `**` crosses
folders, a pattern without a slash matches at any depth, and a folder stands for all that is in it. The
paths of reports in a file count from the file's folder, and stay inside the scanned folder unless the
file was named with `--config`; those of `--format` and of variables count from the working folder."""

_WEAKER = {Weaker.LESS: "less", Weaker.MORE: "more", Weaker.OTHER: "any other", Weaker.NEVER: "-"}


def reference(scanners: Sequence[Scanner], tools: Collection[str]) -> str:
    """The configuration reference as a Markdown page: every key, type, default, variable and option."""
    keys = all_keys(scanners, tools)
    sections = [
        _REFERENCE_HEAD,
        _section("`[tool.mcpquality]`", "", [keys[option.name,] for option in GENERAL]),
    ]
    for scanner in scanners:
        place = table_of(scanner.name)
        title = f"`[tool.mcpquality.{'.'.join(place)}]`"
        sections.append(_section(title, _one_line(scanner.title), _keys_of(keys.values(), place)))
    sections += [
        _section("`[tool.mcpquality.tools]`", "Where the tools come from.", _keys_of(keys.values(), ("tools",))),
        _suppress_section(),
        _section("Environment only", "", [keys[CACHE_DIR.name,]]),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, text: str, keys: Sequence[Key]) -> str:
    rows = [
        (
            f"`{key.path[-1]}`",
            _cell(key.option.help),
            _type(key.option),
            "not set" if is_unset(key.option, key.option.default) else f"`{_cell(toml_value(key.option.default))}`",
            _weaker(key.option),
            f"`{key.variable}`" + (f", `{key.flag}`" if key.flag else ""),
        )
        for key in keys
    ]
    table = _table(("key", "meaning", "type", "default", "weaker", "variable, option"), rows)
    return "\n\n".join(part for part in (f"## {title}", text, table) if part)


def _suppress_section() -> str:
    rows = [(f"`{option.name}`", _cell(option.help)) for option in SUPPRESS_FIELDS]
    text = "Findings that do not count, one table each; every report shows them. All fields are texts."
    return f"## `[[tool.mcpquality.{SUPPRESS}]]`\n\n{text}\n\n{_table(('field', 'meaning'), rows)}"


def _type(option: Option) -> str:
    least = f", at least {option.minimum:g}" if option.minimum is not None else ""
    if option.kind is OptionKind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    return f"{option.kind.value}{least}"


def _weaker(option: Option) -> str:
    unsaid = Weaker.LESS if option.kind is OptionKind.LIMIT else Weaker.OTHER
    weaker = option.weaker or unsaid
    return _WEAKER[weaker] + (", off" if option.kind is OptionKind.LIMIT and weaker is not Weaker.NEVER else "")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())
