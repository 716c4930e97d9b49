"""The one table of everything that can be set: its place in a file, its variable, its command-line option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.options import Option, OptionKind, Weaker
from pytest_mcpquality.config import docs_keys, health_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mcpquality_scanners.base import Scanner

KeyPath = tuple[str, ...]
"""A key as its parts: `("scanners", "bandit", "skips")`."""

PREFIX = "MCPQUALITY_"
"""What the names of our environment variables start with."""

COVERAGE = "coverage"
"""The scanner whose table is `[tool.mcpquality.coverage]`: a gate beside the scanners, not one of them."""

FILES = "files"
"""What `allow-incomplete` takes besides scanners: files that could not even be listed."""

ON_PATH = "path"
"""The version of a tool that stands for "the one on PATH"."""

GENERAL: tuple[Option, ...] = (
    Option(
        "fail-on",
        OptionKind.CHOICE,
        "high",
        "A finding at or over this severity fails; one of unknown severity counts as high.",
        choices=("critical", "high", "medium", "low", "info"),
        weaker=Weaker.LESS,
    ),
    # What `select` and `skip` weaken is said scanner by scanner, once it is known which of them are off.
    Option("select", OptionKind.LIST, (), "Names of the scanners to run; empty: all.", weaker=Weaker.NEVER),
    Option("skip", OptionKind.LIST, (), "Names of scanners not to run.", weaker=Weaker.NEVER),
    Option(
        "exclude",
        OptionKind.LIST,
        (),
        "Patterns, as in .gitignore, of files that no scanner looks at.",
        weaker=Weaker.MORE,
    ),
    Option(
        "format",
        OptionKind.LIST,
        ("terminal",),
        "Reports to write, each FORMAT or FORMAT=PATH, or all=FOLDER; without a path it goes to standard output.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "jobs",
        OptionKind.INTEGER,
        0,
        "How many processes may run at once; 0: as many as there are cores.",
        minimum=0,
        weaker=Weaker.NEVER,
    ),
    # A scanner that runs out of time is incomplete, and that shows without our help.
    Option(
        "timeout",
        OptionKind.NUMBER,
        600,
        "Seconds that a scanner may take.",
        minimum=1,
        weaker=Weaker.NEVER,
    ),
    Option("offline", OptionKind.FLAG, default=False, help="Do without the network.", weaker=Weaker.MORE),
    Option(
        "allow-incomplete",
        OptionKind.LIST,
        (),
        f"Names of scanners that may be incomplete and still pass; {FILES!r} for the list of files.",
        weaker=Weaker.MORE,
    ),
)
"""The keys that stand directly in `[tool.mcpquality]`."""

SINCE = "scanners.detect-secrets.since"
"""The key that `--since` sets: the one scanner that looks at older commits."""

FLAGS: Mapping[str, str] = {
    "fail-on": "--fail-on",
    "select": "--scanner",
    "skip": "--skip",
    "format": "--format",
    "jobs": "--jobs",
    "timeout": "--timeout",
    "offline": "--offline",
    "allow-incomplete": "--allow-incomplete",
    SINCE: "--since",
}
"""Command-line options of `mcpquality scan` by the key they set."""

CACHE_DIR = Option(
    "cache-dir",
    OptionKind.TEXT,
    None,
    "Folder for the installed tools; not set: the platform's cache folder.",
    weaker=Weaker.NEVER,
)
"""Set by a variable alone: a file in the tree has no say in where programs are installed and started from."""

SERVERS = "servers"
"""The table of MCP servers, which fixtures and the gate for servers read; a scan has no use for it."""

SUPPRESS = "suppress"
SUPPRESS_FIELDS: tuple[Option, ...] = (
    Option("rule", OptionKind.TEXT, None, "Required. Rule or advisory; * and ? are wildcards."),
    Option("reason", OptionKind.TEXT, None, "Required. Why the findings do not count; every report shows it."),
    Option("path", OptionKind.TEXT, None, "Only in files that this pattern, as in .gitignore, names."),
    Option("scanner", OptionKind.TEXT, None, "Only findings of this scanner."),
    Option("expires", OptionKind.TEXT, None, "Last day on which it holds, such as 2030-12-31."),
)
"""The fields of an entry of `[[tool.mcpquality.suppress]]`."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can be set: where it stands (`path`), what it takes, and its command-line option."""

    path: KeyPath
    option: Option
    flag: str = ""

    @property
    def name(self) -> str:
        """The key below `[tool.mcpquality]`, dotted."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """Its environment variable: upper case, `-` as `_`, and `__` between the parts."""
        return PREFIX + "__".join(part.upper().replace("-", "_") for part in self.path)

    @property
    def in_file(self) -> bool:
        """Whether a configuration file may set it."""
        return self.option is not CACHE_DIR


def table_of(scanner: str) -> KeyPath:
    """Where a scanner's own settings stand."""
    return (COVERAGE,) if scanner == COVERAGE else ("scanners", scanner)


def all_keys(scanners: Sequence[Scanner], tools: Collection[str]) -> dict[KeyPath, Key]:
    """Every key there is, by its path, in the order in which they are shown.

    Raises:
        UsageError: A plugin's scanner has two options of one name, or one that all scanners have.
    """
    keys = [Key((option.name,), option, FLAGS.get(option.name, "")) for option in GENERAL]
    for scanner in scanners:
        _check_options(scanner)
        paths = {(*table_of(scanner.name), option.name): option for option in scanner_options(scanner)}
        keys += [Key(path, option, FLAGS.get(".".join(path), "")) for path, option in paths.items()]
    health = health_keys.HEALTH
    keys += [Key((health, one.name), one, health_keys.FLAGS.get(one.name, "")) for one in health_keys.GENERAL]
    docs = docs_keys.DOCS
    keys += [Key((docs, one.name), one, docs_keys.FLAGS.get(one.name, "")) for one in docs_keys.GENERAL]
    keys += [Key(("tools", tool), _tool_option(tool)) for tool in tools]
    keys.append(Key((CACHE_DIR.name,), CACHE_DIR))
    return {key.path: key for key in keys}


def scanner_options(scanner: Scanner) -> tuple[Option, ...]:
    """The settings of a scanner: those that all have, then its own."""
    gate = "it does when this table is there, when coverage data lie there, or when it is selected"
    runs = f"Whether it may run: {gate}." if scanner.name == COVERAGE else "Whether it runs."
    return (
        Option("enabled", OptionKind.FLAG, default=True, help=runs, weaker=Weaker.NEVER),
        Option(
            "timeout",
            OptionKind.NUMBER,
            None,
            "Seconds that it may take; not set: as for all scanners.",
            minimum=1,
            weaker=Weaker.NEVER,
        ),
        *scanner.options,
    )


def _tool_option(tool: str) -> Option:
    text = f'Version of {tool}, or "{ON_PATH}" for the one on PATH; not set: the one we lock by hashes.'
    return Option(tool, OptionKind.TEXT, None, text, weaker=Weaker.OTHER)


def _check_options(scanner: Scanner) -> None:
    names = [option.name for option in scanner_options(scanner)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(
            f"the scanner {scanner.name} has two options named {twice[0]!r} (every scanner has `enabled` and "
            "`timeout`): update or uninstall the plugin that brings it"
        )
