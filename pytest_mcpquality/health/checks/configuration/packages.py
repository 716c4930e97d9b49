"""What is fetched to start the server, and whether it is the same each time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pytest_mcpquality.health.checks.configuration.entries import inner_words, program


@dataclass(frozen=True, slots=True)
class Package:
    """What a command fetches and runs.

    Attributes:
        kind: `npm`, `PyPI` or `image`.
        written: As it stands in the command.
        pinned: Whether it names one version, and no other.
    """

    kind: str
    written: str
    pinned: bool


_EXACT: Final = re.compile(r"v?\d+\.\d+\.\d+(?:[-+.][\w.+-]+)?")
_EXACT_PYTHON: Final = re.compile(r"(?:\[[\w,.-]*\])?\s*={2,3}\s*[\w.!+-]+")
_COMMIT: Final = re.compile(r"[@#][0-9a-f]{40}\b")
_LOCAL: Final = re.compile(r"^(?:\.{1,2}(?:/|\\|$)|/|~|[A-Za-z]:\\|file:|\$\{)")
_RUNNERS: Final = {"npx": 1, "bunx": 1, "pnpx": 1, "uvx": 1}
_TWO_WORDS: Final = {
    ("npm", "exec"): "npx", ("npm", "x"): "npx", ("pnpm", "dlx"): "npx", ("yarn", "dlx"): "npx", ("bun", "x"): "npx",
    ("pipx", "run"): "uvx",
}  # fmt: skip
_NPM_VALUES: Final = frozenset({"-c", "--call", "--registry", "--cache", "--prefix", "-w", "--workspace"})
_UV_VALUES: Final = frozenset(
    {
        "-p", "--python", "--index-url", "-i", "--index", "--default-index", "--extra-index-url", "--find-links", "-f",
        "--with-editable", "--with-requirements", "--env-file", "--directory", "--project", "--cache-dir",
        "--constraints",
        "--overrides", "--config-file", "--index-strategy", "--python-preference", "--spec", "--pip-args", "-c", "-b",
    }
)  # fmt: skip
_DOCKER_FLAGS: Final = frozenset(
    {
        "-i", "--interactive", "-t", "--tty", "--rm", "-d", "--detach", "--init", "--privileged", "--read-only", "-P",
        "--publish-all", "-q", "--quiet", "--no-healthcheck", "--sig-proxy", "--oom-kill-disable",
        "--disable-content-trust",
    }
)  # fmt: skip


def packages(words: Sequence[str]) -> list[Package]:
    """The packages that a command fetches; none where it runs what is there already."""
    return list(_packages(inner_words(list(words))))


def _packages(words: list[str]) -> Iterator[Package]:
    if not words:
        return
    first = program(words[0])
    runner = _TWO_WORDS.get((first, words[1])) if len(words) > 1 else None
    if runner is not None:
        yield from _of(runner, words[2:])
    elif first in _RUNNERS:
        yield from _of("uvx" if first == "uvx" else "npx", words[1:])
    elif first == "uv":
        yield from _uv(words[1:])
    elif first in {"docker", "podman", "nerdctl"}:
        yield from _image(words[1:])


def _of(runner: str, words: list[str]) -> Iterator[Package]:
    yield from _npm(words) if runner == "npx" else _python(words)


def _npm(words: list[str]) -> Iterator[Package]:
    named, rest = _options(words, {"-p", "--package"}, _NPM_VALUES)
    for spec in named or rest[:1]:
        if _LOCAL.match(spec):
            continue
        _, _, version = spec[1:].partition("@")
        yield Package("npm", spec, bool(_EXACT.fullmatch(version) or _COMMIT.search(spec)))


def _uv(words: list[str]) -> Iterator[Package]:
    """`uv tool run` is `uvx`; `uv run` runs a project that has its own lock, with more besides it."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _UV_VALUES else words[1:]
    if words[:2] == ["tool", "run"] or words[:1] == ["x"]:
        yield from _python(words[2:] if words[0] == "tool" else words[1:])
    elif words[:1] == ["run"]:
        extra, _ = _options(words[1:], {"--with"}, _UV_VALUES)
        yield from _requirements(extra)


def _python(words: list[str]) -> Iterator[Package]:
    extra, rest = _options(words, {"--with"}, _UV_VALUES | {"--from"})
    source, _ = _options(words, {"--from", "--spec"}, _UV_VALUES - {"--spec"} | {"--with"})
    yield from _requirements(source or rest[:1])
    yield from _requirements(extra)


def _requirements(specs: Sequence[str]) -> Iterator[Package]:
    for spec in (part.strip() for each in specs for part in each.split(",")):
        if not spec or _LOCAL.match(spec):
            continue
        name = re.match(r"[A-Za-z0-9][\w.-]*", spec)
        rest = spec[name.end() :] if name else spec
        version = rest.removeprefix("@") if rest.startswith("@") else ""
        wild = "*" in rest
        pinned = bool(_EXACT_PYTHON.fullmatch(rest) or _EXACT.fullmatch(version) or _COMMIT.search(spec)) and not wild
        yield Package("PyPI", spec, pinned)


def _image(words: list[str]) -> Iterator[Package]:
    while words and words[0] not in {"run", "create"}:
        words = words[1:]
    words = words[1:]
    while words and words[0].startswith("-"):
        alone = "=" in words[0] or words[0] in _DOCKER_FLAGS or re.fullmatch(r"-[itdP]+|-\w\S+", words[0]) is not None
        words = words[1 if alone else 2 :]
    if not words or _LOCAL.match(words[0]):
        return
    image = words[0]
    tag = image.rpartition("/")[2].partition(":")[2].partition("@")[0]
    pinned = "@sha256:" in image or re.fullmatch(r"v?\d+\.\d+\.\d+\S*", tag) is not None
    yield Package("image", image, pinned)


def _options(words: list[str], wanted: set[str], with_values: frozenset[str] | set[str]) -> tuple[list[str], list[str]]:
    """The values of the wanted options, and what stands after all options."""
    found: list[str] = []
    while words:
        name, equals, value = words[0].partition("=")
        if words[0] == "--":
            return found, words[1:]
        if not words[0].startswith("-"):
            return found, words
        if name in wanted:
            found += [value] if equals else words[1:2]
        takes = not equals and (name in wanted or name in with_values)
        words = words[2 if takes else 1 :]
    return found, words
