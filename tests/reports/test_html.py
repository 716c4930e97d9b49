from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mcpquality_reports import html
from mcpquality_reports.base import no_sources
from mcpquality_scanners.findings import ScanResult, ScanStatus, Severity, Unseen
from mcpquality_scanners.results import Results, Verdict
from tests.reports import hostile, samples

ALL = [samples.failing, samples.passing, samples.incomplete, hostile.results]

# Everything the page may be made of; `class` and `id` everywhere.
ELEMENTS = {
    "a": {"href", "rel"},
    "b": set(),
    "body": set(),
    "code": set(),
    "details": {"open", "data-severity"},
    "div": set(),
    "footer": set(),
    "form": {"hidden"},
    "h1": set(),
    "h2": set(),
    "h3": set(),
    "head": set(),
    "header": set(),
    "html": {"lang"},
    "i": set(),
    "input": {"type", "autocomplete", "name", "value", "checked"},
    "label": set(),
    "li": set(),
    "main": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "ol": {"start"},
    "output": set(),
    "p": set(),
    "pre": set(),
    "rect": {"x", "y", "width", "height", "fill"},
    "script": set(),
    "section": {"aria-label", "aria-labelledby"},
    "span": set(),
    "strong": set(),
    "style": set(),
    "summary": set(),
    "svg": {"viewbox", "preserveaspectratio", "width", "height", "role", "aria-label"},
    "table": set(),
    "tbody": set(),
    "td": {"colspan", "data-label"},
    "th": {"scope"},
    "thead": set(),
    "title": set(),
    "tr": set(),
    "ul": set(),
}
WITHOUT_END = {"input", "meta"}


class Page(HTMLParser):
    """A page taken apart: elements with their attributes, text by where it stands, and what is wrong."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.wrong: list[str] = []
        self.words: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(source)
        self.close()
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "td":
            self.handle_data(" ")
        allowed = ELEMENTS.get(tag)
        self.wrong += (
            [tag]
            if allowed is None
            else [f"{tag} {name}" for name, _ in attrs if name not in allowed | {"class", "id"}]
        )
        if tag not in WITHOUT_END:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        where = self._open[-1] if self._open and self._open[-1] in ("style", "script", "title") else "text"
        self.words[where] = self.words.get(where, "") + data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"comment {data}")

    @property
    def text(self) -> str:
        return " ".join(self.words["text"].split())

    def values(self, tag: str, name: str) -> list[str]:
        return [
            attributes[name] or "" for element, attributes in self.elements if element == tag and name in attributes
        ]


def page(results: Results) -> Page:
    return Page(html.REPORT.render(results, samples.read_lines))


@pytest.mark.parametrize("make", ALL)
def test_the_page_has_nothing_but_what_we_put_there(make: Callable[[], Results]) -> None:
    for sources in (samples.read_lines, hostile.read_lines):
        made = Page(html.REPORT.render(make(), sources))
        assert made.wrong == []
        assert [tag for tag, _ in made.elements if tag in ("script", "style")] == ["style", "script"]
        ids = [attributes["id"] for _, attributes in made.elements if "id" in attributes]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("make", ALL)
def test_links_lead_to_https_or_into_the_page(make: Callable[[], Results]) -> None:
    made = page(make())
    ids = {attributes.get("id") for _, attributes in made.elements}
    for link in made.values("a", "href"):
        assert link.startswith("https://") or (link.startswith("#") and link[1:] in ids)


@pytest.mark.parametrize("make", ALL)
def test_the_policy_allows_our_two_blocks_and_nothing_else(make: Callable[[], Results]) -> None:
    made = page(make())

    def digest(block: str) -> str:
        return base64.b64encode(hashlib.sha256(made.words[block].encode()).digest()).decode()

    (policy,) = (attributes["content"] for _, attributes in made.elements if "http-equiv" in attributes)
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest('style')}'; script-src 'sha256-{digest('script')}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_style_and_script_ask_for_nothing() -> None:
    made = page(samples.failing())
    for block in (made.words["style"], made.words["script"]):
        assert not re.search(r"url\(|@import|https?:|fetch|XMLHttp|innerHTML|eval", block)


def test_the_verdict_comes_first_and_stands_in_the_title() -> None:
    made = page(samples.failing())
    assert made.words["title"].startswith("FAILED: 5 of 6 gates failed")
    assert made.text.startswith("FAILED 5 of 6 gates failed: 4 findings at or over high")
    assert made.text.index("Not everything was seen: semgrep (12)") < made.text.index("Worst finding")
    assert made.text.index("Worst finding") < made.text.index("Gates") < made.text.index("What was not seen")


def test_gates_stand_with_value_and_limit() -> None:
    assert "coverage: lines failed 73.1 % at least 80 %" in page(samples.failing()).text


def test_severities_are_counted_in_words_beside_the_bar() -> None:
    made = page(samples.failing())
    assert "17 findings: 2 critical 2 high 1 medium 12 low 4 at or over high" in made.text
    assert made.values("svg", "aria-label") == ["2 critical, 2 high, 1 medium, 12 low"]
    assert sum(map(int, made.values("rect", "width"))) == 1000


def test_everything_that_was_not_seen_is_named() -> None:
    made = page(samples.failing())
    for scan in samples.SCANNERS:
        for item in scan.unseen:
            assert item.name in made.text
            assert item.reason in made.text


def test_what_was_accepted_and_what_was_interrupted_shows() -> None:
    text = page(samples.incomplete()).text
    assert text.startswith("INCOMPLETE Nothing failed")
    assert "The run was interrupted" in text
    assert "bandit: incomplete, accepted by name 1 item: is Python 2 src/old.py" in text
    assert "semgrep: error semgrep was ended by signal 11: run it again" in text
    assert "detect-secrets: no result" in text
    assert "No findings in what was looked at, which was not everything" in text


def test_everything_seen_is_said_only_when_it_was() -> None:
    good = "1 scanner ran, and saw everything that concerns it."
    assert good in page(samples.passing()).text
    nothing = ScanResult("bandit", ScanStatus.NOT_APPLICABLE)
    for results in (
        replace(samples.passing(), scanners=(nothing,)),
        replace(samples.passing(), scanners=(), gates=()),
        replace(samples.passing(), interrupted=True),
        replace(
            samples.passing(),
            scanners=(ScanResult("bandit", ScanStatus.COMPLETE, unseen=(Unseen("a", "b"),)),),
        ),
    ):
        text = page(results).text
        assert "saw everything" not in text
        assert "No findings that count" not in text


def test_without_any_gate_nothing_was_judged() -> None:
    results = replace(samples.passing(), scanners=(), gates=(), headline="", verdict=Verdict.INCOMPLETE)
    text = page(results).text
    assert "nothing was judged" in text
    assert "No scanner looked at anything" in text
    assert text.startswith("INCOMPLETE The run gave no reason.")


def test_a_scanner_that_does_not_say_what_it_missed() -> None:
    results = replace(samples.passing(), scanners=(ScanResult("bandit", ScanStatus.ERROR),))
    assert "bandit: error It did not say what it missed." in page(results).text


def test_every_place_of_every_finding_is_in_the_page() -> None:
    text = page(samples.failing()).text
    for finding in samples.failing().findings:
        assert finding.location
        assert finding.location.region
        assert f"{finding.location.path}:{finding.location.region.start_line}" in text


def test_a_rule_stands_with_its_advice_and_the_tools_own_severity() -> None:
    text = page(samples.failing()).text
    assert "bandit says LOW · confidence high · CWE-703" in text
    assert 'Fix Pass a list and no shell, and check the value first:subprocess.run(["ping"' in text
    assert "requests 2.19.1, fixed in 2.20.0" in text
    assert "also found by bandit:B602" in text


def test_findings_that_differ_within_a_rule_keep_their_own_words() -> None:
    other = replace(samples.SECRET, message="Another `kind` of key.", location=None)
    text = page(replace(samples.failing(), findings=(samples.SECRET, other))).text
    assert "Another kind of key." in text
    assert samples.SECRET.message in text


def test_suppressed_findings_stand_with_their_reasons() -> None:
    unsaid = replace(samples.SUPPRESSED[0], suppression=None)
    text = page(replace(samples.failing(), suppressed=(*samples.SUPPRESSED, unsaid))).text
    assert "Suppressed: 3 findings that do not count" in text
    assert "By a comment in line 40: the address is a constant" in text
    assert "By the configuration: fixtures of the tests hold no real secrets" in text
    assert "No reason was recorded." in text


def test_coverage_stands_worst_file_first_with_its_lines() -> None:
    text = page(samples.failing()).text
    assert "src/weather/server.py 30.0 % 0.0 % 33.3 % 30.0 % 11-14, 18-20" in text
    assert text.index("src/weather/server.py 30.0 %") < text.index("src/weather/fetch.py 90.9 %")
    assert "1 file fully covered src/weather/settings.py" in text


def test_nearly_all_is_not_all() -> None:
    nearly = replace(samples.COVERAGE[0], lines=(99_999, 100_000), branches=(0, 0), functions=(0, 0))
    scan = replace(samples.SCANNERS[4], coverage=(nearly,))
    text = page(replace(samples.failing(), scanners=(scan,))).text
    assert "99.9 %" in text
    assert "100.0 %" not in text


def test_weakened_settings_and_command_lines_show() -> None:
    text = page(samples.failing()).text
    assert "exclude = vendor/** leaves out 14 files (pyproject.toml)" in text
    assert "semgrep scan --json --config rules.json . exit code 0" in text


def test_a_secret_is_in_no_part_of_the_page() -> None:
    source = html.REPORT.render(samples.failing(), samples.read_lines)
    assert "AKIA" not in source
    assert "this line holds a secret" in source


def test_only_the_worst_findings_come_with_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_SNIPPETS", 2)
    made = page(samples.failing())
    assert made.text.count("> 13") == 1
    assert "> 19" not in made.text


def test_controls_stay_hidden_until_the_script_runs() -> None:
    assert page(samples.failing()).values("form", "hidden") == [""]


def test_colours_hold_the_contrast_they_promise() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    style = page(samples.failing()).words["style"]
    for severity in Severity:
        colour = html.COLOURS[severity]
        assert f".badge.{severity.value} {{ background: {colour}; }}" in style
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_odd_words_are_spelled_out_and_valid_utf_8() -> None:
    source = html.REPORT.render(hostile.results(), hostile.read_lines)
    source.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]", source)
    assert "\\u202egnp.exe" in source
    assert len(source) < 250_000


def test_the_same_results_give_the_same_bytes() -> None:
    assert len({html.REPORT.render(samples.failing(), no_sources) for _ in range(2)}) == 1


def test_size_budgets() -> None:
    def sized(number: int) -> int:
        found = [
            replace(
                samples.COMMAND_INJECTION,
                rule=f"rule-{one % 60}",
                location=samples.at(f"src/weather/m{one}.py", 9, 5),
            )
            for one in range(number)
        ]
        return len(html.REPORT.render(replace(samples.failing(), findings=tuple(found)), samples.read_lines))

    assert sized(50) <= 100_000
    assert sized(10_000) <= 1_500_000
