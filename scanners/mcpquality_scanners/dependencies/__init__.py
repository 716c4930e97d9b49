"""What a tree depends on: which manifests it has, and the exact versions each of them stands for."""

from __future__ import annotations

from mcpquality_scanners.dependencies.graph import Graph, allows
from mcpquality_scanners.dependencies.imports import Imports, read_imports
from mcpquality_scanners.dependencies.installed import read_environment
from mcpquality_scanners.dependencies.manifests import Kind, Manifest, discover, read_all
from mcpquality_scanners.dependencies.model import (
    Origin,
    Pin,
    Reading,
    UnreadableError,
    Wanted,
    make_pin,
    scrub,
)
from mcpquality_scanners.dependencies.resolver import Resolver
from mcpquality_scanners.dependencies.scripts import find_scripts

__all__ = [
    "Graph",
    "Imports",
    "Kind",
    "Manifest",
    "Origin",
    "Pin",
    "Reading",
    "Resolver",
    "UnreadableError",
    "Wanted",
    "allows",
    "discover",
    "find_scripts",
    "make_pin",
    "read_all",
    "read_environment",
    "read_imports",
    "scrub",
]
