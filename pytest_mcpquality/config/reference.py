"""The table of keys as documentation: the commented block of `mcpquality init`, and the reference page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpquality_scanners.options import Option, OptionKind, Weaker
from pytest_mcpquality.config import docs_keys, health_keys
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
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from mcpquality_scanners.base import Scanner

_EXAMPLE = {"rule": "EXAMPLE-RULE", "reason": "why it is no finding", "path": "examples/**"}
_ALLOW_EXAMPLE = {"rule": "mcp-example", "reason": "why it does not count", "expires": "2030-12-31"}
_DOCS_TITLE = "Documentation that reports show with a rule, from Context7."
_HEALTH_TITLE = "`mcpquality health` and `pytest --mcp-health`"

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
        blocks.append(f"# {_heading(scanner)}\n#[{'.'.join((*table, *place))}]")
        blocks += [_commented(key) for key in _keys_of(keys.values(), place)]
    blocks.append(f"# Where the tools come from.\n#[{'.'.join((*table, 'tools'))}]")
    blocks += [_commented(key) for key in _keys_of(keys.values(), ("tools",))]
    blocks.append(_commented_suppression(table))
    blocks += _commented_health(keys, table)
    blocks.append(f"# {_DOCS_TITLE}\n#[{'.'.join((*table, docs_keys.DOCS))}]")
    blocks += [_commented(key) for key in _keys_of(keys.values(), (docs_keys.DOCS,))]
    return "\n\n".join(blocks) + "\n"


def _heading(scanner: Scanner) -> str:
    """The title, without its colon: `secrets: credentials` is what scanners for secrets look for."""
    name, _, what = _one_line(scanner.title).partition(": ")
    return f"{name} ({what})" if what else name


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


def _commented_health(keys: Mapping[KeyPath, Key], table: KeyPath) -> list[str]:
    place = ".".join((*table, health_keys.HEALTH))
    allow = ["# Findings on servers that do not count, one table each; every report shows them with the reason."]
    allow += [f"# {option.name}: {_one_line(option.help)}" for option in health_keys.ALLOW_FIELDS]
    allow += [f"#[[{place}.{health_keys.ALLOW}]]"]
    allow += [f"#{name} = {toml_value(value)}" for name, value in _ALLOW_EXAMPLE.items()]
    return [
        f"# MCP servers: {_HEALTH_TITLE}\n#[{place}]",
        *(_commented(key) for key in _keys_of(keys.values(), (health_keys.HEALTH,))),
        "\n".join(allow),
    ]


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
        *_health_sections(keys),
        _section(
            f"`[tool.mcpquality.{docs_keys.DOCS}]`",
            _DOCS_TEXT,
            _keys_of(keys.values(), (docs_keys.DOCS,)),
        ),
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


_EACH_SERVER = """\
What holds for one server, wherever it is configured. It wins over what holds for all, unless a variable or an option
says otherwise. Besides:

- `[tool.mcpquality.health.servers.NAME.arguments]`: what to call its tools with, a table of arguments for each
  tool, as in `search = { query = "a" }`. Without it, arguments are made from the tool's schema.
- `[tool.mcpquality.health.servers.NAME.headers]`: what to send with every request over HTTP, as in
  `Authorization = "Bearer ${TOKEN}"`; `${NAME}` is filled in from the environment, and reported when it is missing.

Servers themselves stand in `[tool.mcpquality.servers.NAME]`, with the keys of `.mcp.json` (`command`, `args`, `env`,
`cwd`, or `url`, `headers`, `type`), `inherit-env` (names of variables that the server gets) and `enabled`."""


_DOCS_TEXT = f"""\
{_DOCS_TITLE} The key is read from `CONTEXT7_API_KEY` (several, separated by commas, are taken in turn), never from a
configuration file. Where a file in the scanned folder chooses the address, no key is sent there: only variables and a
file that is named with `--config` may. Such a file may not name a file as `cache` either. See
[](../explanation/privacy.md) for what is sent."""


def _health_sections(keys: Mapping[KeyPath, Key]) -> list[str]:
    place = f"tool.mcpquality.{health_keys.HEALTH}"
    each = [(f"`{one.name}`", _cell(one.help), _type(one)) for one in health_keys.EACH_SERVER]
    rows = [(f"`{option.name}`", _cell(option.help)) for option in health_keys.ALLOW_FIELDS]
    text = "Findings on servers that do not count, one table each; every report shows them. All fields are texts."
    return [
        _section(f"`[{place}]`", f"MCP servers: {_HEALTH_TITLE}.", _keys_of(keys.values(), (health_keys.HEALTH,))),
        f"## `[{place}.{health_keys.SERVERS}.NAME]`\n\n{_EACH_SERVER}\n\n" + _table(("key", "meaning", "type"), each),
        f"## `[[{place}.{health_keys.ALLOW}]]`\n\n{text}\n\n{_table(('field', 'meaning'), rows)}",
    ]


def _type(option: Option) -> str:
    least = f", at least {option.minimum:g}" if option.minimum is not None else ""
    if option.kind is OptionKind.CHOICE:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    most = f", at most {option.maximum:g}" if option.maximum is not None else ""
    return f"{option.kind.value}{least}{most}"


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
