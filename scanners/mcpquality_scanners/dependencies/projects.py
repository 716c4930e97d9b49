"""Projects that state dependencies without locking them: pyproject.toml, setup.cfg, setup.py, Pipfile."""

from __future__ import annotations

import configparser
import contextlib
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from mcpquality_scanners.dependencies import poetry
from mcpquality_scanners.dependencies.locks import parse_toml
from mcpquality_scanners.dependencies.model import (
    Origin,
    Pin,
    Reading,
    UnreadableError,
    Wanted,
    as_strings,
    as_table,
    mention,
    scrub,
)
from mcpquality_scanners.findings import Unseen

ALL_GROUPS = "*"
BUILD_GROUP = "build-system"
"""Among the groups: what the project is built with. `*` does not mean it, since hardly any project pins that."""

_DECLARES = re.compile(r"\b(?:install_requires|extras_require|requires)\b")
_MINIMUM = frozenset({">=", "==", "~=", ">"})


def read_pyproject(manifest: str, text: str, groups: tuple[str, ...] = (ALL_GROUPS,)) -> Reading:
    """Read the dependencies, extras and dependency groups of a pyproject.toml.

    Args:
        manifest: The file, relative to the root.
        text: What stands in it.
        groups: Names of the extras and dependency groups that count; `*` for all of them.

    Raises:
        UnreadableError: It does not parse, or a list of dependencies has another shape.
    """
    document = parse_toml(text)
    project = as_table(document.get("project")) or {}
    texts = list(as_strings(project.get("dependencies"), "project.dependencies"))
    extras = as_table(project.get("optional-dependencies")) or {}
    for name, value in extras.items():
        if _chosen(name, groups):
            texts += as_strings(value, f"project.optional-dependencies.{scrub(name, 60)}")
    texts += _group_texts(as_table(document.get("dependency-groups")) or {}, groups)
    tool = as_table(document.get("tool")) or {}
    built = as_strings((as_table(document.get("build-system")) or {}).get("requires"), "build-system.requires")
    texts += built if BUILD_GROUP in groups else ()
    collected = collect(manifest, text, texts, str(project.get("name", "")), _sources(tool))
    undeclared = _undeclared(manifest, project, tool)
    pins, notes = ((), ()) if BUILD_GROUP in groups else _built_with(manifest, text, built)
    return replace(
        collected,
        pins=collected.pins + pins,
        notes=notes,
        python=least_python(str(project.get("requires-python", ""))),
        declares="project" in document and not undeclared,
        undeclared=undeclared,
        declared=(*collected.declared, *poetry.declared(manifest, text, as_table(tool.get("poetry")) or {})),
        sources=_dynamic_files(posixpath.dirname(manifest), tool),
    )


def _built_with(manifest: str, text: str, built: Iterable[str]) -> tuple[tuple[Pin, ...], tuple[str, ...]]:
    """Of what the project is built with: the exact versions, and a note on what leaves them open."""
    reading = collect(manifest, text, built)
    names = [*(str(wanted.requirement) for wanted in reading.loose), *(item.name for item in reading.unseen)]
    note = (
        f"{manifest}: what it is built with ({scrub(', '.join(names))}) is not pinned and not audited; "
        f'with `groups = ["*", "{BUILD_GROUP}"]` it is looked up too.'
    )
    return reading.pins, (note,) if names else ()


def read_setup_cfg(manifest: str, text: str) -> Reading:
    """Read `install_requires` and the extras of a setup.cfg.

    Raises:
        UnreadableError: It does not parse.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableError(f"is not an INI file: {scrub(str(error), 120)}") from error
    values = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        values += [value for _, value in parser.items("options.extras_require")]
    texts: list[str] = []
    undeclared: list[Unseen] = []
    for value in values:
        if value.strip().startswith("file:"):
            reason = "takes dependencies from another file, which only the build backend does"
            undeclared.append(Unseen(f"{manifest}: {scrub(value, 160)}", reason))
        else:
            texts += [line.strip() for line in value.splitlines() if line.strip() and not line.strip().startswith("#")]
    collected = collect(manifest, text, texts, parser.get("metadata", "name", fallback=""))
    python = least_python(parser.get("options", "python_requires", fallback=""))
    return replace(collected, python=python, declares=bool(texts), undeclared=tuple(undeclared))


def read_setup_py(manifest: str, text: str) -> Reading:
    """A setup.py is never run: when it seems to declare dependencies, they are named as not seen."""
    if not _DECLARES.search(text):
        return Reading(manifest)
    reason = "declares dependencies in code, which is not run; put them into pyproject.toml or a lock file"
    return Reading(manifest, undeclared=(Unseen(manifest, reason),))


def read_pipfile(manifest: str, text: str) -> Reading:
    """A Pipfile without its lock file tells ranges in Pipenv's own notation; what it asks for is known all the same.

    Raises:
        UnreadableError: It does not parse.
    """
    lines = text.splitlines()
    declared: list[Wanted] = []
    for key, value in parse_toml(text).items():
        for name, entry in (as_table(value) or {}).items() if key.endswith("packages") else ():
            version = (as_table(entry) or {}).get("version", "*") if as_table(entry) else entry
            with contextlib.suppress(InvalidRequirement):
                requirement = Requirement(f"{name}{'' if version == '*' else version}")
                declared.append(Wanted(requirement, Origin(manifest, mention(name, lines))))
    reason = "is in Pipenv's own notation; run `pipenv lock` and keep Pipfile.lock beside it"
    return Reading(manifest, declared=tuple(declared), undeclared=(Unseen(manifest, reason),))


def least_python(requires: str) -> str:
    """The lowest Python of a `requires-python` as `3.12`; empty when it names none or cannot be read."""
    try:
        specifiers = SpecifierSet(requires)
    except InvalidSpecifier:
        return ""
    found = [
        tuple(int(part) for part in match.groups())
        for specifier in specifiers
        if specifier.operator in _MINIMUM and (match := re.match(r"(\d+)\.(\d+)", specifier.version))
    ]
    return "{}.{}".format(*max(found)) if found else ""


def collect(
    manifest: str, text: str, texts: Iterable[str], own: str = "", sources: Mapping[str, str] | None = None
) -> Reading:
    """Turn requirement texts into what a reading holds, each with the line where its package is named.

    `own` is the project's name, and `sources` tells which packages come from elsewhere than an index.
    """
    sources = sources or {}
    lines = text.splitlines()
    wanted: list[Wanted] = []
    unseen: list[Unseen] = []
    for item in dict.fromkeys(texts):
        try:
            requirement = Requirement(item)
        except InvalidRequirement as error:
            reason = f"is not a requirement that can be read: {scrub(str(error), 120)}"
            unseen.append(Unseen(f"{manifest}: {scrub(item, 160)}", reason))
            continue
        name = canonicalize_name(requirement.name)
        source = "a URL" if requirement.url else sources.get(name, "")
        # A project that asks for its own extras: they are in the list already.
        if name == canonicalize_name(own) or source == "workspace":
            continue
        if source:
            unseen.append(Unseen(f"{manifest}: {scrub(item, 160)}", f"comes from {source}, not from the registry"))
        else:
            wanted.append(Wanted(requirement, Origin(manifest, mention(requirement.name, lines))))
    pins = tuple(pin for item in wanted if (pin := item.pin))
    return Reading(manifest, pins, tuple(wanted), declared=tuple(wanted), unseen=tuple(unseen))


def _sources(tool: dict[str, Any]) -> dict[str, str]:
    """Packages that `[tool.uv.sources]` takes from elsewhere than an index, with the kind of place."""
    table = as_table((as_table(tool.get("uv")) or {}).get("sources")) or {}
    kinds: dict[str, str] = {}
    for name, value in table.items():
        entries = cast("list[object]", value) if isinstance(value, list) else [value]
        for kind in ("git", "url", "path", "workspace"):
            if any(kind in (as_table(entry) or {}) for entry in entries):
                kinds[canonicalize_name(name)] = kind
    return kinds


def _dynamic_files(folder: str, tool: dict[str, Any]) -> tuple[str, ...]:
    """The requirements files from which setuptools takes a project's dependencies, relative to the root."""
    dynamic = as_table((as_table(tool.get("setuptools")) or {}).get("dynamic")) or {}
    files: list[str] = []
    for field in ("dependencies", "optional-dependencies"):
        table = as_table(dynamic.get(field)) or {}
        for entry in (table, *(as_table(value) or {} for value in table.values())):
            value = entry.get("file")
            files += [value] if isinstance(value, str) else as_strings(value, f"tool.setuptools.dynamic.{field}")
    return tuple(posixpath.normpath(posixpath.join(folder, file)) for file in files)


def _chosen(name: str, groups: tuple[str, ...]) -> bool:
    return ALL_GROUPS in groups or canonicalize_name(name) in {canonicalize_name(group) for group in groups}


def _group_texts(table: dict[str, Any], groups: tuple[str, ...]) -> list[str]:
    """The requirements of the chosen dependency groups (PEP 735), included groups among them.

    Raises:
        UnreadableError: A group includes one that is not there, or something is no requirement.
    """
    members = {canonicalize_name(name): value for name, value in table.items()}
    todo = [name for name in members if _chosen(name, groups)]
    done: set[str] = set()
    texts: list[str] = []
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done.add(name)
        value: object = members.get(name)
        if not isinstance(value, list):
            raise UnreadableError(f"has no list of requirements for the dependency group {scrub(name, 60)!r}")
        for item in cast("list[object]", value):
            include = (as_table(item) or {}).get("include-group")
            if isinstance(item, str):
                texts.append(item)
            elif isinstance(include, str):
                todo.append(canonicalize_name(include))
            else:
                raise UnreadableError(f"has something else than requirements in the group {scrub(name, 60)!r}")
    return texts


def _undeclared(manifest: str, project: dict[str, Any], tool: dict[str, Any]) -> tuple[Unseen, ...]:
    """Dependencies that only a build backend or Poetry could tell."""
    unseen: list[Unseen] = []
    dynamic = set(as_strings(project.get("dynamic"), "project.dynamic"))
    for field in sorted(dynamic & {"dependencies", "optional-dependencies"}):
        reason = "is dynamic: only the build backend knows it; write it down or add a lock file"
        unseen.append(Unseen(f"{manifest}: project.{field}", reason))
    if any(table.keys() - {"python"} for table in poetry.tables(as_table(tool.get("poetry")) or {})):
        reason = "is in Poetry's own notation; run `poetry lock` and keep poetry.lock beside it"
        unseen.append(Unseen(f"{manifest}: tool.poetry.dependencies", reason))
    pixi = as_table(tool.get("pixi")) or {}
    if as_table(pixi.get("dependencies")) or as_table(pixi.get("pypi-dependencies")):
        unseen.append(Unseen(f"{manifest}: tool.pixi", "is in pixi's own notation, which is not read"))
    return tuple(unseen)
