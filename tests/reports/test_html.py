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
from mcpquality_reports.page import limits, overview
from mcpquality_scanners.findings import (
    FileCoverage,
    Finding,
    Location,
    Package,
    Reach,
    ScanResult,
    ScanStatus,
    Severity,
    Subject,
    Unseen,
)
from mcpquality_scanners.remediation import Remediation, RemediationSource
from mcpquality_scanners.results import Results, Verdict
from tests.reports import hostile, samples

ALL = [samples.failing, samples.compared, samples.passing, samples.incomplete, hostile.results]

# Everything the page may be made of; `class` and `id` everywhere.
ELEMENTS = {
    "a": {"href", "rel"},
    "b": set(),
    "blockquote": set(),
    "body": set(),
    "code": set(),
    "details": {"open", "data-severity"},
    "div": set(),
    "em": set(),
    "footer": set(),
    "form": {"hidden"},
    "h1": set(),
    "h2": set(),
    "h3": set(),
    "h4": set(),
    "head": set(),
    "header": set(),
    "html": {"lang"},
    "i": set(),
    "input": {"type", "autocomplete", "name", "value", "checked", "aria-keyshortcuts"},
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
    assert made.text.startswith("FAILED 5 of 6 gates failed 4 findings at or over high")
    assert made.text.index("Not everything was seen: semgrep (12)") < made.text.index("Worst finding")
    assert made.text.index("Worst finding") < made.text.index("Gates") < made.text.index("What was not seen")


def test_gates_stand_with_value_and_limit() -> None:
    assert "coverage: lines failed 73.1 % at least 80 %" in page(samples.failing()).text


def test_severities_are_counted_in_words_beside_the_bar() -> None:
    made = page(samples.failing())
    assert "17 findings 2 critical 2 high 1 medium 12 low 4 at or over high" in made.text
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
    assert "src/weather/server.py 30.0 % 0.0 % 33.3 % 30.0 % lines 11-14, 18-20" in text
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
    monkeypatch.setattr(limits, "MOST_SNIPPETS", 2)
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
        colour = overview.COLOURS[severity]
        assert f".badge.{severity.value} {{ background: {colour}; }}" in style
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_odd_words_are_spelled_out_and_valid_utf_8() -> None:
    source = html.REPORT.render(hostile.results(), hostile.read_lines)
    source.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800-\udfff]", source)
    assert "\\u202egnp.exe" in source
    assert len(source) < 500_000


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


def test_gates_that_decide_stand_first_and_idle_ones_in_a_line() -> None:
    text = page(samples.failing()).text
    assert text.index("coverage: branches failed") < text.index("bandit passed")
    assert "Off: snyk Not applicable: npm-audit mcpquality 0.1.0 with semgrep 1.182.0, pip-audit 2.10.1" in text


def test_the_worst_finding_is_followed_by_the_next_ones() -> None:
    made = page(samples.failing())
    assert "Then critical Command injection from a tool's argument 1 place high AWS access key 1 place" in made.text
    assert made.values("a", "href").count("#rule-2") == 1


def test_trends_stand_on_the_first_screen_and_in_full() -> None:
    text = page(samples.compared()).text
    assert "Since the earlier run: 3 new 1 fixed, 15 unchanged" in text
    assert "Compared with the run of 2026-11-18T09:30:00Z at commit 90be3d21c7f0 on main, which failed." in text
    assert "1 finding fixed high Path traversal from a tool's argument (mcp-path-traversal, semgrep)" in text
    assert "coverage: lines failed 73.1 % was 81.0 %" in text
    assert "src/weather/settings.py:2 new" in text
    assert "src/weather/server.py:19:10 existing" in text
    assert "What is new may only be newly seen: semgrep, detect-secrets" not in text


def test_what_was_not_looked_for_again_is_not_fixed() -> None:
    results = samples.compared()
    assert results.comparison
    unclear = replace(results.comparison, fixed=(), unclear=(samples.SECRET,), blind=("semgrep",), suppressed=2)
    text = page(replace(results, comparison=unclear)).text
    assert "2 suppressed since, 1 not looked for again" in text
    assert "Whether they are fixed is not known" in text
    assert "Nothing was fixed." in text
    assert "semgrep had not seen everything then" in text


def test_without_an_earlier_run_nothing_is_new_or_existing() -> None:
    made = page(samples.failing())
    assert "existing" not in made.text
    assert "new only" not in made.text


def test_documentation_stands_once_a_rule_with_its_source_and_age() -> None:
    made = page(samples.compared())
    assert (
        "Documentation from Context7: /python/cpython, fetched 2026-11-19T08:00:00Z; the service could not" in made.text
    )
    assert made.text.count("Pass a sequence and leave shell alone") == 1
    assert [tag for tag, _ in made.elements if tag in ("h4", "em")] == ["h4", "em"]
    links = made.values("a", "href")
    assert "https://docs.python.org/3/library/subprocess.html#security-considerations" in links
    assert "https://context7.com/python/cpython" in links


def test_a_finding_about_a_server_names_it_and_what_of_it() -> None:
    text = page(samples.compared()).text
    assert "weather: tool forecast new" in text
    assert "MCP servers with findings weather 1 high" in text
    whole = replace(samples.SHADOWED_TOOL, subject=Subject("weather"), location=Location("mcp.json"))
    assert "mcp.json weather" in page(replace(samples.failing(), findings=(whole,))).text


def test_functions_and_branches_that_never_ran_are_named() -> None:
    text = page(samples.compared()).text
    assert "lines 11-14, 18-20functions ping (11), read_log (18)branches of lines 12 (2 of 2), 18 (2 of 2)" in text


def test_a_branch_of_no_known_line_is_told() -> None:
    file = FileCoverage("a.py", (1, 1), (0, 1), partial_branches=((0, 0, 1),))
    scan = ScanResult("coverage", ScanStatus.COMPLETE, seen=("a.py",), coverage=(file,))
    assert "branches of lines unknown (1 of 1)" in page(replace(samples.failing(), scanners=(scan,))).text


def test_how_exposed_a_dependency_is() -> None:
    package = Package(
        "b", "1", (), upgrade="2", upgrade_allowed=False, dependency_path=("a", "b"), reach=Reach.INDIRECT,
        epss=0.4321, known_exploited=True,
    )  # fmt: skip
    text = page(replace(samples.failing(), findings=(replace(samples.ADVISORIES[0], package=package),))).text
    assert "b 1, fixed in no version yet · upgrade to 2, which the project's own requirements do not allow" in text
    assert "needed through a > b · needed by something imported · EPSS 43.2 % · known to be exploited (CISA)" in text


def many(number: int) -> tuple[Finding, ...]:
    return tuple(replace(samples.WEAK_ASSERTS[0], location=samples.at(f"src/m{one}.py", 9)) for one in range(number))


def test_what_there_is_no_room_for_is_counted_and_said() -> None:
    made = page(replace(samples.failing(), findings=many(30_000)))
    listed = int(re.findall(r"Listed here are ([\d,]+) of 30,000 findings", made.text)[0].replace(",", ""))
    assert 10_000 < listed < 30_000
    assert f"{30_000 - listed:,} places more: see the JSON report" in made.text
    assert "30,000 places" in made.text
    assert made.text.count("src/m") - 1 == listed  # the worst finding stands twice


def test_too_many_rules_are_counted_and_said() -> None:
    findings = tuple(replace(samples.WEAK_ASSERTS[0], rule=f"R{one}", message="m" * 1000) for one in range(2000))
    text = page(replace(samples.failing(), findings=findings)).text
    shown = len(re.findall(r"R\d+ bandit", text))
    assert 100 < shown < 2000
    assert f"{2000 - shown:,} rules more: see the JSON report" in text


def test_long_lists_of_anything_are_counted_and_said() -> None:
    suppressed = tuple(replace(one, suppression=samples.SUPPRESSED[0].suppression) for one in many(20_000))
    unseen = tuple(Unseen(f"src/lost{one}.py", f"reason {one % 3}") for one in range(20_000))
    coverage = tuple(FileCoverage(f"src/c{one}.py", (0, 1), missing=(1,)) for one in range(20_000))
    scan = ScanResult("bandit", ScanStatus.INCOMPLETE, unseen=unseen, coverage=coverage)
    source = html.REPORT.render(replace(samples.failing(), suppressed=suppressed, scanners=(scan,)), no_sources)
    assert len(source) < 1_500_000
    text = Page(source).text
    for words in ("suppressed findings more", "items more", "files more"):
        assert re.search(rf"[\d,]+ {words}: see the JSON report", text)


def test_words_of_their_own_run_out_before_places_do() -> None:
    findings = tuple(replace(one, message=f"{number} " + "m" * 500) for number, one in enumerate(many(2000)))
    text = page(replace(samples.failing(), findings=findings)).text
    assert "[its own words are in the JSON report]" in text
    assert "src/m1999.py:9" in text


SECRETS = (samples.KEY, "ghp_" + "a1B2" * 9, "hunter22-hunter22")


def test_a_secret_in_any_text_shows_at_most_its_first_four_characters() -> None:
    planted = f"a {SECRETS[0]} b {SECRETS[1]} password = '{SECRETS[2]}' https://joe:{SECRETS[2]}@example.org"
    everything = replace(
        hostile.results(),
        findings=(replace(hostile.finding(planted, 0), location=None),),
        suppressed=(),
        comparison=None,
        headline=planted,
        weakened=(planted,),
        remediation=(Remediation(planted, planted, planted, planted, RemediationSource.CONTEXT7),),
    )
    source = html.REPORT.render(everything, lambda _path: [planted])
    for secret in SECRETS:
        assert secret[:5] not in source


def test_scanners_that_did_not_run_stand_together_with_why() -> None:
    text = page(samples.failing()).text
    assert "2 scanners that did not run npm-audit: not applicable There is no package-lock.json. snyk: off" in text
    seen = replace(samples.failing(), scanners=(ScanResult("snyk", ScanStatus.OFF, seen=("a.py",)),))
    assert "snyk off 1 0 0.0" in page(seen).text
    assert "did not run" not in page(seen).text
