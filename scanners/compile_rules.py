"""Compile the bundled Semgrep rules: many YAML files in, one JSON file of rules and one of words out.

Semgrep loads one JSON file many times faster than a folder of YAML files, so the JSON is what ships. A rule
file may use three tags:

- ``!fragment NAME``: what ``fragments/NAME.yaml`` holds; a list is spliced when it stands inside another list.
- ``!from-line-with REGEX``: a regular expression for the text from the first line that holds REGEX to the end
  of the file. Semgrep leaves a file alone that holds nothing of the kind, and that is what makes a rule fast.
  It is searched line by line, because one search through a whole file runs into PCRE's limit on large ones.
- ``!from-line-with-fragment NAME``: the same for the expression in a fragment.

``fragments/gate.yaml`` lists regular expressions, read by Python, one of which has to be found in a file before
any rule can match there; they end up in ``gate.json`` as ``{"words": REGEX}``.

Run it after every change of a rule; ``--check`` only says whether the JSON is current (exit 1 if not).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parent / "mcpquality_scanners" / "rules"
COMPILED = "mcp-rules.json"
GATE = "gate.json"


class DuplicateRuleError(ValueError):
    """Two rules share one id."""


class Fragment(list[Any]):
    """A list that is spliced into the list around it."""


def _loader(folder: Path) -> type[yaml.SafeLoader]:
    """Return a YAML loader that resolves the tags against ``folder/fragments``."""

    class Loader(yaml.SafeLoader):
        """A safe loader of its own, so that the tags stay unknown to everybody else."""

    def fragment(_: yaml.SafeLoader, node: yaml.Node) -> Any:  # noqa: ANN401 - YAML holds anything
        value = _load_fragment(folder, node.value)
        return Fragment(value) if isinstance(value, list) else value

    def from_line_with(_: yaml.SafeLoader, node: yaml.Node) -> str:
        return _from_line_with(node.value)

    def from_line_with_fragment(_: yaml.SafeLoader, node: yaml.Node) -> str:
        return _from_line_with(_load_fragment(folder, node.value))

    Loader.add_constructor("!fragment", fragment)
    Loader.add_constructor("!from-line-with", from_line_with)
    Loader.add_constructor("!from-line-with-fragment", from_line_with_fragment)
    return Loader


def _from_line_with(words: str) -> str:
    return rf"(?m)^[^\n]*?(?:{words})(?s:.*)"


def _load_fragment(folder: Path, name: str) -> Any:  # noqa: ANN401 - YAML holds anything
    return _load(folder, folder / "fragments" / f"{name}.yaml")


def _load(folder: Path, path: Path) -> Any:  # noqa: ANN401 - YAML holds anything
    with path.open(encoding="utf-8") as stream:
        return _spliced(yaml.load(stream, Loader=_loader(folder)))  # noqa: S506 - derived from SafeLoader


def _spliced(value: Any) -> Any:  # noqa: ANN401 - YAML holds anything
    """Return ``value`` with every fragment inside a list replaced by its items."""
    if isinstance(value, dict):
        return {key: _spliced(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items: list[Any] = []
    for item in value:
        if isinstance(item, Fragment):
            items.extend(item)
        else:
            items.append(_spliced(item))
    return items


def rule_files(folder: Path = RULES) -> list[Path]:
    """Return the rule files of a folder, in the order of their names; fragments are not among them."""
    return sorted(folder.glob("*.yaml"))


def load_rules(path: Path) -> list[dict[str, Any]]:
    """Return the rules of one file with its fragments in place."""
    rules: list[dict[str, Any]] = _load(path.parent, path)["rules"]
    return rules


def compile_rules(folder: Path = RULES) -> str:
    """Return the JSON text for a folder of rules, sorted by rule id.

    Raises:
        DuplicateRuleError: two rules have the same id.
    """
    rules = sorted((rule for path in rule_files(folder) for rule in load_rules(path)), key=lambda rule: str(rule["id"]))
    ids = [rule["id"] for rule in rules]
    if repeated := sorted({name for name in ids if ids.count(name) > 1}):
        msg = f"rule ids used twice: {', '.join(repeated)}"
        raise DuplicateRuleError(msg)
    return _json({"rules": rules})


def compile_gate(folder: Path = RULES) -> str:
    """Return the JSON text of the gate: a regular expression for the bytes of a file, as text."""
    return _json({"words": "|".join(_load_fragment(folder, "gate"))})


def _json(document: object) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Write the compiled files, or with ``--check`` say whether they are current; return the exit code."""
    parser = argparse.ArgumentParser(description="Compile the bundled Semgrep rules into JSON.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the JSON is not current")
    parser.add_argument("--folder", type=Path, default=RULES, help="the folder of rules")
    options = parser.parse_args(argv)
    texts = {
        options.folder / COMPILED: compile_rules(options.folder),
        options.folder / GATE: compile_gate(options.folder),
    }
    if not options.check:
        for target, text in texts.items():
            target.write_text(text, encoding="utf-8")
        return 0
    stale = [
        path.name for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for name in stale:
        sys.stderr.write(f"{name} is not what the rules compile to: run compile_rules.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
