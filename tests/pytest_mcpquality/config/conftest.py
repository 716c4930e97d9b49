from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from mcpquality_scanners.findings import Category, ScanResult, ScanStatus
from mcpquality_scanners.options import Option, OptionKind, Weaker
from pytest_mcpquality.config.loading import load_settings
from pytest_mcpquality.config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from mcpquality_scanners.base import ScanContext, Scanner

TOOLS = ("bandit", "semgrep")
FORMATS = ("terminal", "json", "html")

Load = Callable[..., Settings]


@dataclass(frozen=True)
class FakeScanner:
    name: str
    options: tuple[Option, ...] = ()
    title: str = "A | scanner"
    category: Category = Category.CODE
    weight: int = 1

    async def scan(self, context: ScanContext) -> ScanResult:
        return ScanResult(self.name, ScanStatus.COMPLETE, seen=context.files)

    def explain(self, rule: str) -> str | None:
        return f"{rule} of {self.name}"


@pytest.fixture(scope="session")
def scanners() -> tuple[Scanner, ...]:
    bandit = (
        Option("skips", OptionKind.LIST, (), "Tests not run.", weaker=Weaker.MORE),
        Option("profile", OptionKind.TEXT, None, "A profile."),
        Option("only", OptionKind.TEXT, "", "What to look for.", caution="nothing else is looked for"),
        Option("own-ignore", OptionKind.FLAG, default=False, help="Honour .bandit.", weaker=Weaker.MORE),
    )
    semgrep = (
        Option("config", OptionKind.LIST, ("bundled",), "Rules.", weaker=Weaker.LESS),
        Option("depth", OptionKind.NUMBER, 1.5, "How deep.", minimum=0, weaker=Weaker.LESS),
    )
    coverage = (Option("lines", OptionKind.LIMIT, 80, "Least percentage of lines.", minimum=0),)
    return (FakeScanner("semgrep", semgrep), FakeScanner("bandit", bandit), FakeScanner("coverage", coverage))


@pytest.fixture(scope="session")
def tools() -> tuple[str, ...]:
    return TOOLS


@pytest.fixture
def load(tmp_path: Path, scanners: tuple[Scanner, ...]) -> Load:
    """Load the settings of `tmp_path`, with `text` in its `mcpquality.toml` if there is any."""

    def loaded(
        text: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        overrides: Mapping[str, object] | None = None,
        config_file: Path | None = None,
    ) -> Settings:
        if text is not None:
            (tmp_path / "mcpquality.toml").write_text(text, encoding="utf-8")
        return load_settings(
            tmp_path,
            config_file=config_file,
            environ=environ or {},
            overrides=overrides or {},
            scanners=scanners,
            tools=TOOLS,
            formats=FORMATS,
        )

    return loaded
