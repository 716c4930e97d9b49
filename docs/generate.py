"""Writes what in the docs is made from the code: run it after a change; `--check` writes nothing.

Some pages are made as a whole. In pages written by hand, what stands between `<!-- generated: NAME -->` and
`<!-- end of generated -->` is.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mcpquality_reports.registry import BUILT_IN
from mcpquality_scanners.base import Scanner
from mcpquality_scanners.detect_secrets import KINDS, rule_of
from mcpquality_scanners.findings import Severity
from mcpquality_scanners.foreign.ruff_rules import RATINGS
from mcpquality_scanners.registry import load_scanners
from mcpquality_scanners.semgrep import SemgrepScanner
from mcpquality_scanners.semgrep.rules import bundled_rules
from mcpquality_scanners.severity import (
    BANDIT,
    CVSS_BANDS,
    LABELS,
    NPM,
    OSV,
    SARIF,
    SEMGREP,
    ZIZMOR,
    by_word,
    confidence,
)
from mcpquality_scanners.toolchain import SPECS
from pytest_mcpquality.cli import parser
from pytest_mcpquality.config.keys import scanner_options
from pytest_mcpquality.config.reference import reference
from pytest_mcpquality.config.rendering import is_unset, toml_value
from pytest_mcpquality.health import registry as health
from pytest_mcpquality.health.check import Rule

DOCS = Path(__file__).parent
WIDTH = 100
"""Columns of the help texts."""

BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end of generated -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """Everything that is generated: the content that it should have, by path."""
    made = {
        DOCS / "reference/configuration.md": reference(own_scanners(), tuple(SPECS)),
        DOCS / "reference/command-line.txt": command_line(),
        DOCS / "reference/rules.md": rules_page(),
        **{DOCS / f"reference/health/{rule.id}.md": health_page(rule) for rule in health_rules()},
    }
    blocks = {
        **{f"options of {scanner.name}": options_table(scanner) for scanner in own_scanners()},
        "severities of semgrep": word_table(SEMGREP, "Semgrep says"),
        "severities of bandit": word_table(BANDIT, "Bandit says"),
        "severities of npm": word_table(NPM, "npm says"),
        "severities of labels": word_table(LABELS, "the label says"),
        "severities of zizmor": word_table(ZIZMOR, "zizmor says"),
        "severities of sarif": word_table(SARIF, "the level is"),
        "ratings of ruff": ratings_table(),
        "severities of advisories": advisories_table(),
        "kinds of secrets": kinds_table(),
        "report formats": formats_table(),
        "health checks": health_table(),
    }
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if page not in made and BLOCK.search(text):
            made[page] = BLOCK.sub(partial(_refilled, blocks), text)
    return made


def own_scanners() -> tuple[Scanner, ...]:
    """Our own scanners, whatever plugins are installed here."""
    return tuple(one for one in load_scanners() if type(one).__module__.startswith("mcpquality_scanners."))


def _refilled(blocks: Mapping[str, str], match: re.Match[str]) -> str:
    return f"{match[1]}\n{blocks[match[2]]}\n\n{match[3]}"


# The command line


def command_line() -> str:
    """The help of every command, each below the line that prints it."""
    helps = []
    for command in parsers(parser()):
        command.formatter_class = partial(argparse.RawDescriptionHelpFormatter, width=WIDTH)
        helps.append(f"$ {command.prog} --help\n{command.format_help().rstrip()}\n")
    return "\n\n".join(helps)


def parsers(whole: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its commands, at any depth."""
    # argparse has no public way to them, and prints them in colour where it can since Python 3.14.
    whole.color = False  # type: ignore[attr-defined]
    yield whole
    for action in whole._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from parsers(command)


# Our rules


def rules_page() -> str:
    """Our own rules, each as `mcpquality explain` explains it, below a table of all."""
    rules = bundled_rules()
    rows = [
        (
            f"[`{name}`](#{name})",
            by_word(SEMGREP, rule["severity"]).value,
            confidence(rule["metadata"]["confidence"]).value,
            ", ".join(weakness.partition(":")[0] for weakness in rule["metadata"]["cwe"]),
        )
        for name, rule in rules.items()
    ]
    table = _table(("rule", "severity", "confidence", "weakness"), rows)
    return "\n\n".join((_RULES_HEAD, table, *map(_rule_section, rules))) + "\n"


_RULES_HEAD = """\
# Rules for MCP servers

<!-- Made by docs/generate.py from the rules themselves. -->

These rules ship with `mcpquality` and are what {doc}`scanners/semgrep` looks for by default. They follow what the
client of an MCP server chooses (the arguments of tools, resources, prompts and low-level handlers) to where it does
harm. `mcpquality explain RULE` prints the same text as this page. What the rules can see and what they cannot is
described on the page of the {doc}`scanner <scanners/semgrep>`."""


def _rule_section(name: str) -> str:
    text = SemgrepScanner().explain(name) or ""
    blocks = re.split(r"(^```.+?^```$)", text.rstrip(), flags=re.DOTALL | re.MULTILINE)
    # Code stays as it is; in words, underscores are those of Python's names.
    escaped = "".join(block if block.startswith("```") else block.replace("__", r"\_\_") for block in blocks)
    # One heading a rule: the parts inside are the same in all of them.
    return re.sub(r"^## (.+)$", r"**\1**", escaped, flags=re.MULTILINE).replace("# ", "## ", 1)


def health_rules() -> Iterable[Rule]:
    """What our own checks of servers can find, by group, whatever plugins are installed here."""
    return sorted(health.rules_of(health.BUILT_IN).values(), key=lambda rule: rule.group.value)


def health_table() -> str:
    """Our own checks of servers, each with a link to its page."""
    rows = [
        (rule.group.value, f"[`{rule.id}`]({rule.id}.md)", rule.severity.value, rule.title) for rule in health_rules()
    ]
    return _table(("group", "check", "severity", "what it finds"), rows)


def health_page(rule: Rule) -> str:
    """What one check of servers finds, from its own help."""
    weaknesses = ", ".join(
        f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)" for number in rule.cwe
    )
    facts = [("group", rule.group.value), ("severity", rule.severity.value), ("weakness", weaknesses or "none")]
    parts = [
        f"# `{rule.id}`",
        "<!-- Made by docs/generate.py from the check itself. -->",
        f"**{rule.title}.**",
        _table(("", ""), facts),
        rule.help,
        "## What to do",
        rule.fix,
    ]
    if rule.references:
        parts += ["## References", "\n".join(f"- <{link}>" for link in rule.references)]
    return "\n\n".join(parts) + "\n"


# Tables of the scanners' pages


def options_table(scanner: Scanner) -> str:
    """The options of a scanner, its table in the configuration reference without types and variables."""
    rows = [
        (
            f"`{option.name}`",
            option.help,
            "not set" if is_unset(option, option.default) else f"`{toml_value(option.default)}`",
        )
        for option in scanner_options(scanner)
    ]
    return _table(("option", "meaning", "default"), rows)


def word_table(table: Mapping[str, Severity], head: str) -> str:
    """A tool's own words and what they are on our scale."""
    words: dict[Severity, list[str]] = {}
    for word, severity in table.items():
        words.setdefault(severity, []).append(word)
    rows = [(", ".join(words[severity]), severity.value) for severity in Severity if severity in words]
    return _table((head, "severity"), rows)


def advisories_table() -> str:
    """What an advisory says and what it is on our scale."""
    tops = (10.0, *(round(least - 0.1, 1) for least, _ in CVSS_BANDS))
    rows = [
        (f"CVSS score {least:.1f}" + (f" to {top:.1f}" if top > least else ""), severity.value)
        for (least, severity), top in zip(CVSS_BANDS, tops, strict=False)
    ]
    rows += [(f"no vector, but the word {word}", severity.value) for word, severity in OSV.items()]
    return _table(("the advisory says", "severity"), [*rows, ("neither", Severity.UNKNOWN.value)])


def ratings_table() -> str:
    """What Ruff's rules weigh."""
    rules: dict[Severity, list[str]] = {}
    for rule, (severity, _cwe) in RATINGS.items():
        rules.setdefault(severity, []).append(rule)
    return _table(("severity", "rules"), [(one.value, ", ".join(rules[one])) for one in Severity if one in rules])


def kinds_table() -> str:
    """What detect-secrets finds, and how each kind is rated."""
    rows = [
        (f"`{rule_of(title)}`", title, kind.severity.value, kind.in_tests.value, kind.confidence.value)
        for title, kind in KINDS.items()
    ]
    return _table(("rule", "kind", "severity", "in tests and documentation", "confidence"), rows)


def formats_table() -> str:
    """Our own report formats."""
    rows = [(f"`{each.name}`", f"`{each.file}`", each.title) for each in BUILT_IN]
    return _table(("format", "file in a folder", "what it is for"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write what is not current, or only say so; the exit code."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--check", action="store_true", help="write nothing; end with 1 when something is not current")
    check = options.parse_args(arguments).check
    old = [(path, text) for path, text in pages().items() if not path.is_file() or path.read_text("utf-8") != text]
    for path, text in old:
        sys.stdout.write(f"{'not current' if check else 'wrote'}: {path.relative_to(DOCS)}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and old else 0


if __name__ == "__main__":
    sys.exit(main())
