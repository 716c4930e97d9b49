"""The planted corpus, secrets, and what each format promises, through every format there is."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mcpquality_reports.base import Format
from mcpquality_reports.redacting import without_secrets
from mcpquality_reports.registry import BUILT_IN
from mcpquality_scanners.findings import Command, Location, Region, Suppression, SuppressionKind, Unseen
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples

BY_NAME = {one.name: one for one in BUILT_IN}
JSON = ("json", "sarif", "sarif-github", "gl-sast", "gl-dependency", "gl-secret", "gl-codequality", "vex", "badge-json")
EVERY = pytest.mark.parametrize("format_", BUILT_IN, ids=lambda format_: str(format_.name))


@cache
def planted(name: str) -> str:
    return BY_NAME[name].load().render(hostile.results(), hostile.read_lines)


@EVERY
def test_the_same_results_give_the_same_bytes(format_: Format) -> None:
    assert len({format_.load().render(make(), samples.read_lines) for make in (samples.compared,) * 2}) == 1


@EVERY
def test_planted_words_bring_no_control_character(format_: Format) -> None:
    text = planted(format_.name)
    text.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@EVERY
def test_planted_words_command_no_ci_runner(format_: Format) -> None:
    text = planted(format_.name)
    for line in text.splitlines():
        if format_.name == "html":
            break  # nobody prints the page into a log
        if format_.name == "github-annotations" and re.match(r"::(error|warning|notice) ", line):
            continue
        assert not line.lstrip().startswith("::")
    if format_.name in {"terminal", "markdown", "markdown-comment", "github-annotations"}:
        assert not re.search(r"##\w*\[", text)


@pytest.mark.parametrize("name", JSON)
def test_documents_are_ascii_without_lone_surrogates(name: str) -> None:
    text = planted(name)
    text.encode("ascii")
    if name != "json":  # which must keep the bytes of file names
        json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("name", ["junit", "badge"])
def test_xml_can_be_read(name: str) -> None:
    assert ET.fromstring(planted(name)) is not None


def test_planted_names_do_not_leave_the_corpus_uncut() -> None:
    sizes = {one.name: len(planted(one.name)) for one in BUILT_IN}
    del sizes["json"]
    assert max(sizes.values()) < 5_000_000, sizes


class Elements(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.attributes.update((name, value or "") for name, value in attrs)


TEXT = {"h2", "h3", "p", "b", "strong", "code", "pre", "a", "details", "summary"}
OURS = TEXT | {"table", "thead", "tbody", "tr", "th", "td", "ul", "li"}


@pytest.mark.parametrize("name", ["markdown", "markdown-comment"])
def test_markdown_renders_to_nothing_but_our_own_elements(name: str) -> None:
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    elements = Elements()
    elements.feed(page.render(planted(name)))
    assert elements.found <= OURS
    assert {attribute for attribute, _ in elements.attributes} <= {"href"}
    for _, address in elements.attributes:
        assert address.startswith("https://example.org/")


@pytest.mark.parametrize("name", ["markdown", "markdown-comment"])
def test_nobody_is_mentioned_and_nothing_referred_to(name: str) -> None:
    text = planted(name)
    assert "@" not in text
    assert not re.search(r"(?<!&)#\d", text)
    assert "&#64;everyone" in text


# Secrets
# -----------------------------------------------------------------------------------------------------------

SECRETS = (
    samples.KEY,
    "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "glpat-" + "Zx9Yw8Vu7Ts6Rq5Po4Nm",
    "s3cr3t" + "-Pa55phrase",
)
SENTENCES = (SECRETS[0], SECRETS[1], f"token {SECRETS[2]} leaked", f'password = "{SECRETS[3]}"')


def leaking() -> Iterator[Results]:
    """A run for each text that passes a secret on."""
    whole = samples.compared()
    for text in SENTENCES:
        finding = replace(samples.SECRET, message=text, title=text, fix=f"```\n{text}\n```", native_severity=text)
        told = Suppression(SuppressionKind.PRAGMA, text, 1)
        scan = replace(
            samples.SCANNERS[0],
            problems=(text,),
            notes=(text,),
            unseen=(Unseen("a", text),),
            commands=(Command(("tool", text), 0, 1.0),),
        )
        gates = tuple(replace(gate, value=text, detail=text) for gate in samples.GATES)
        yield replace(
            whole,
            headline=text,
            findings=(finding,),
            suppressed=(replace(finding, suppression=told),),
            scanners=(scan,),
            gates=gates,
            weakened=(text,),
        )


@EVERY
def test_at_most_four_characters_of_a_secret_appear(format_: Format) -> None:
    for results in leaking():
        text = format_.load().render(without_secrets(results), samples.read_lines)
        for secret in SECRETS:
            assert secret[:12] not in text
            assert secret[-12:] not in text


@EVERY
def test_the_code_with_a_secret_is_not_shown(format_: Format) -> None:
    secret = replace(samples.SECRET, location=Location("src/weather/settings.py", Region(2, 1, 2, 40)))
    text = format_.load().render(replace(samples.failing(), findings=(secret,)), samples.read_lines)
    assert samples.KEY not in text
    assert samples.KEY[5:] not in text


def test_nothing_is_hidden_where_there_is_no_secret() -> None:
    assert without_secrets(samples.compared()) == samples.compared()


# Green is true
# -----------------------------------------------------------------------------------------------------------


@EVERY
def test_a_run_that_saw_nothing_looks_green_in_no_format(format_: Format) -> None:
    green, red = (format_.load().render(make(), samples.read_lines) for make in (samples.passing, samples.incomplete))
    assert green != red
    assert re.search("incomplete|interrupted|failure|not seen|error", red, re.IGNORECASE)


def test_no_gold_file_is_left_without_its_format() -> None:
    made = {f"{kind}-{one.file}" for kind in ("failing", "incomplete") for one in BUILT_IN}
    kept = {path.name for path in (Path(__file__).with_name("gold")).iterdir()}
    assert kept - made == {"failing.txt", "failing-quiet.txt", "failing-verbose.txt"}
