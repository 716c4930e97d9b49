"""Nothing of the code under review is ever sent: findings full of secrets, the whole step, and the service's log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from mcpquality_reports.digest import groups
from mcpquality_scanners.findings import (
    Category,
    Finding,
    Location,
    Package,
    Region,
    Severity,
    Subject,
    Suppression,
    SuppressionKind,
)
from pytest_mcpquality.remediation.choosing.choosing import Chooser
from pytest_mcpquality.remediation.choosing.surroundings import Project
from pytest_mcpquality.remediation.choosing.topics import RULES, WEAKNESSES
from pytest_mcpquality.remediation.client import open_client
from pytest_mcpquality.remediation.settings import MEMORY_ONLY, DocsSettings
from pytest_mcpquality.remediation.step import questions, remediate
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK
from pytest_mcpquality.testing.fake_context7.fake import FakeContext7

WORD = "hunter2"
"""In everything that is planted, so that one search finds all of it."""

PLANTED = (
    f"AKIA{WORD.upper()}EXAMPLE1",
    f"ghp_{WORD}{'a1B2' * 8}",
    f"postgres://admin:{WORD}@db.internal.example/prod",
    f"/home/{WORD}/projects/{WORD}.py",
    f"build.{WORD}.internal.example",
    f"password = '{WORD}-{WORD}'",
    f"subprocess.run(f'curl {{{WORD}}}', shell=True)",
    f"-----BEGIN RSA PRIVATE KEY-----\n{WORD}",
    f"{WORD}\r\nX-Injected: {WORD}",
    f"&libraryName={WORD}",
    f"../../{WORD}",
    f"\N{FULLWIDTH LATIN SMALL LETTER A}{WORD}",
)


@pytest.fixture
def service() -> Iterator[FakeContext7]:
    with FakeContext7() as fake:
        yield fake


def findings(planted: str, number: int) -> Iterator[Finding]:
    """The same flaw as a rule that is asked about, as a weakness that is, as an advisory, and as none of these."""
    package = Package(planted, planted, (planted,), planted, dependency_path=(planted, planted))
    one = Finding(
        scanner="bandit",
        rule=list(RULES)[number % len(RULES)],
        severity=Severity.HIGH,
        message=planted,
        location=Location(planted, Region(1)),
        title=planted,
        native_severity=planted,
        cwe=(list(WEAKNESSES)[number % len(WEAKNESSES)],),
        aliases=(planted,),
        package=package,
        references=(planted, f"https://{planted}/"),
        fix=planted,
        fingerprint=planted,
        suppression=Suppression(SuppressionKind.PRAGMA, planted),
        also_found_by=(planted,),
        subject=Subject(planted, planted, planted),
    )
    yield one
    yield replace(one, scanner=planted, rule=planted)
    for category in Category:
        yield replace(one, scanner=f"s-{number}", rule=f"{planted}-{category.value}", category=category)
    # Whoever makes up an advisory for a package of a secret name still gives the secret away only if it is a name.
    yield replace(
        one, scanner="pip-audit", rule=f"CVE-2024-{10000 + number}", category=Category.DEPENDENCY, aliases=(planted,)
    )


@pytest.mark.asyncio
async def test_no_secret_is_ever_in_a_request(service: FakeContext7, tmp_path: Path) -> None:
    project = tmp_path / WORD
    project.mkdir()
    (project / "app.py").write_text("\n".join(f"# {one!r}\nimport {WORD}_lib, requests" for one in PLANTED), "utf-8")
    (project / "requirements.txt").write_text(f"{WORD}-internal==1\nflask\n", "utf-8")
    found = groups(one for number, planted in enumerate(PLANTED) for one in findings(planted, number))
    settings = DocsSettings(api_url=service.url, api_keys=(f"ctx7sk-{WORD}-key",), cache=MEMORY_ONLY)
    async with open_client(settings) as client:
        asked = questions(found, Chooser(), Project(project))
        outcome = await remediate(
            found, asked, client, explain=lambda _scanner, _rule: None, deadline=60, clock=SYSTEM_CLOCK
        )
    assert outcome.late == 0
    assert len({question for question in asked if question}) >= 8
    assert len(service.requests) >= 8
    for request in service.requests:
        headers = dict(request.headers)
        assert headers.pop("authorization") == f"Bearer ctx7sk-{WORD}-key"
        sent = unquote_plus(json.dumps([request.path, dict(request.query), headers])).lower()
        assert WORD not in sent
        assert "internal.example" not in sent
        assert str(tmp_path).lower() not in sent


@pytest.mark.asyncio
async def test_that_search_would_find_one(service: FakeContext7) -> None:
    async with open_client(DocsSettings(api_url=service.url, cache=MEMORY_ONLY)) as client:
        await client.fetch("/psf/requests", f"how does {WORD} work")
    assert any(WORD in json.dumps(dict(request.query)) for request in service.requests)
