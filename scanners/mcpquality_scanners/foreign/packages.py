"""Lock files and manifests that tools for many ecosystems read, and small things their advisories share."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mcpquality_scanners.findings import Severity
from mcpquality_scanners.foreign.places import named
from mcpquality_scanners.severity import LABELS, MAX_SCORE, by_score, by_word
from mcpquality_scanners.text import one_line

LOCKS = (
    "buildscript-gradle.lockfile", "bun.lock", "Cargo.lock", "composer.lock", "conan.lock", "deps.json", "Gemfile.lock",
    "go.mod", "gradle.lockfile", "mix.lock", "package-lock.json", "packages.lock.json", "pdm.lock", "Pipfile.lock",
    "pnpm-lock.yaml", "poetry.lock", "pom.xml", "pubspec.lock", "pylock.toml", "renv.lock", "requirements.txt",
    "uv.lock", "yarn.lock",
)  # fmt: skip
"""Files that pin packages, of the ecosystems of OSV."""

MANIFESTS = (
    *LOCKS, "build.gradle", "build.gradle.kts", "build.sbt", "package.json", "Package.resolved", "Pipfile",
    "pyproject.toml", "setup.py",
)  # fmt: skip
"""Files from which packages can be told, if only by resolving them."""

_CWE = re.compile(r"CWE-(\d+)")


def locks(files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that pin packages, not those of installed packages."""
    return tuple(path for path in named(files, LOCKS) if "node_modules/" not in path)


def manifests(files: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that say which packages a project needs."""
    return tuple(path for path in named(files, MANIFESTS) if "node_modules/" not in path)


def rated(score: object, word: object) -> tuple[Severity, str]:
    """The severity by a CVSS score where there is one over 0, else by the tool's word; and what was gone by."""
    if isinstance(score, int | float) and not isinstance(score, bool) and 0 < score <= MAX_SCORE:
        return by_score(float(score)), f"CVSS {float(score):.1f}"
    shown = one_line(str(word or ""), 30)
    return by_word(LABELS, shown), shown


def weaknesses(texts: Iterable[object]) -> tuple[int, ...]:
    """CWE numbers in texts such as `CWE-79`, ascending."""
    return tuple(sorted({int(number) for text in texts for number in _CWE.findall(str(text))}))


def links(urls: Iterable[object]) -> tuple[str, ...]:
    """The first five https links, each once."""
    return tuple(dict.fromkeys(url for url in urls if isinstance(url, str) and url.startswith("https://")))[:5]
