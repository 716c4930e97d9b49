"""The HTML page in a real browser: safe, reachable, readable, and fast enough."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser

from mcpquality_reports import html
from mcpquality_reports.base import no_sources
from mcpquality_scanners.results import Results
from tests.reports import hostile, samples
from tests.support import browser as chromium

pytestmark = pytest.mark.e2e

ALL = [samples.compared, samples.failing, samples.passing, samples.incomplete, hostile.results]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.running() as running:
        yield running


@pytest.fixture
def made(tmp_path: Path) -> Callable[[Results], Path]:
    def make(results: Results) -> Path:
        path = tmp_path / "report.html"
        reader = hostile.read_lines if results.headline == hostile.results().headline else samples.read_lines
        path.write_text(html.REPORT.render(results, reader), encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go: build output where CI asks for it."""
    given = os.environ.get("SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


ALIENS = """
[...document.querySelectorAll('*')].filter((element) =>
    element.matches('img, iframe, object, embed, base, link, video, audio, math, textarea, select, template, button')
    || [...element.attributes].some((one) => /^on/i.test(one.name) || one.name === 'srcdoc' || one.name === 'style')
    || (element.matches('a[href]') && !/^(https:|#)/.test(element.getAttribute('href')))
).map((element) => element.outerHTML.slice(0, 100))
"""


@pytest.mark.parametrize("policy", ["", chromium.JENKINS, "default-src * 'unsafe-inline' 'unsafe-eval' data:"])
def test_nothing_that_was_planted_comes_to_life(browser: Browser, made: Callable[[Results], Path], policy: str) -> None:
    # A sandboxed page may run no script, ours neither: there is nothing to ask it then.
    asking = policy != chromium.JENKINS
    with chromium.visiting(browser, made(hostile.results()), policy=policy) as visit:
        if asking:
            visit.unfold()
            assert visit.page.evaluate(ALIENS) == []
            assert visit.page.evaluate("document.scripts.length") == 1
            visit.page.evaluate(
                "document.querySelectorAll('*').forEach((one) => one.dispatchEvent(new Event('mouseover')))"
            )
        visit.page.mouse.move(300, 300)
        visit.page.keyboard.press("Tab")
        visit.page.wait_for_timeout(200)
        assert visit.dialogs == []
        assert visit.requests == []


def test_the_page_without_its_own_policy_is_safe_by_escaping_alone(
    browser: Browser, made: Callable[[Results], Path]
) -> None:
    path = made(hostile.results())
    source, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", path.read_text(encoding="utf-8"))
    assert removed == 1
    path.write_text(source, encoding="utf-8")
    with chromium.visiting(browser, path) as visit:
        visit.unfold()
        visit.page.wait_for_timeout(200)
        assert (visit.dialogs, visit.requests) == ([], [])
        assert visit.page.evaluate(ALIENS) == []


@pytest.mark.parametrize("policy", [True, False])
def test_the_policy_stops_what_would_get_through_the_escaping(
    browser: Browser, made: Callable[[Results], Path], *, policy: bool
) -> None:
    path = made(samples.failing())
    source = path.read_text(encoding="utf-8")
    planted = "<script>alert(1)</script><img src=x onerror=alert(2)><img src=https://report.invalid/beacon>"
    source = source.replace("<main>", f"<main>{planted}")
    if not policy:
        source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    path.write_text(source, encoding="utf-8")
    with chromium.visiting(browser, path) as visit:
        visit.page.wait_for_timeout(200)
        # Without the policy the payload runs: the test can fail.
        assert (visit.dialogs == []) is policy
        assert "https://report.invalid/beacon" in visit.requests
        assert (visit.stopped == visit.requests) is policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", ALL)
def test_axe_finds_nothing_with_everything_open(
    browser: Browser, made: Callable[[Results], Path], make: Callable[[], Results], scheme: str
) -> None:
    with chromium.visiting(browser, made(make()), scheme=scheme) as visit:
        visit.unfold()
        found = Axe().run(visit.page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("make", ALL)
def test_a_phone_scrolls_in_one_direction_only(
    browser: Browser, made: Callable[[Results], Path], make: Callable[[], Results]
) -> None:
    with chromium.visiting(browser, made(make()), width=390, height=844) as visit:
        visit.unfold()
        assert visit.page.evaluate("document.documentElement.scrollWidth") == 390


FOCUSABLE = """
[...document.querySelectorAll('a[href], summary, input')].filter((one) => one.checkVisibility()).length
"""


def test_the_keyboard_reaches_everything(browser: Browser, made: Callable[[Results], Path]) -> None:
    with chromium.visiting(browser, made(samples.compared())) as visit:
        visit.unfold()
        reached = set[str]()
        for _ in range(visit.page.evaluate(FOCUSABLE)):
            visit.page.keyboard.press("Tab")
            reached.add(
                visit.page.evaluate(
                    "((one) => [...document.querySelectorAll('*')].indexOf(one) + ' '"
                    " + getComputedStyle(one).outlineStyle)(document.activeElement)"
                )
            )
        assert len(reached) == visit.page.evaluate(FOCUSABLE)
        assert all(one.endswith(" solid") for one in reached), "the focus must show"


def test_the_keyboard_searches_and_unfolds(browser: Browser, made: Callable[[Results], Path]) -> None:
    with chromium.visiting(browser, made(samples.compared())) as visit:
        page = visit.page
        page.keyboard.press("/")
        page.keyboard.type("sub")
        assert page.input_value("#search") == "sub"
        page.keyboard.type("/")
        assert page.input_value("#search") == "sub/"
        page.fill("#search", "")
        page.locator("details.docs > summary").first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('details.docs').open")


def shown(visit: chromium.Visit) -> str:
    return visit.page.locator("#shown").inner_text()


def test_search_and_filters_and_their_state_in_the_address(browser: Browser, made: Callable[[Results], Path]) -> None:
    path = made(samples.compared())
    with chromium.visiting(browser, path) as visit:
        page = visit.page
        assert shown(visit) == "7 of 7 rules, 18 places"
        page.fill("#search", "PART_11.py")
        assert shown(visit) == "1 of 7 rules, 1 place"
        assert page.locator(".places > li:visible").count() == 1
        assert page.evaluate("location.hash") == "#q=part_11.py"
        page.fill("#search", "part_7.py")  # is folded away
        assert page.locator(".places > li:visible").count() == 1
        page.fill("#search", "")
        assert (
            page.evaluate("[...document.querySelectorAll('.more:not(.commands)')].filter((one) => one.open).length")
            == 2
        )
        page.uncheck("input[value=low]")
        page.check("#new-only")
        assert shown(visit) == "3 of 7 rules, 3 places"
        assert page.evaluate("location.hash") == "#hide=low&new=1"
        page.fill("#search", "nowhere")
        assert shown(visit) == "0 of 7 rules, 0 places"
        page.evaluate("location.hash = '#q=traversal'")
        page.wait_for_timeout(100)
        assert shown(visit) == "1 of 7 rules, 1 place"
        page.evaluate("location.hash = '#rule-7'")
        page.wait_for_timeout(100)
        assert shown(visit) == "1 of 7 rules, 1 place"
        assert (visit.dialogs, visit.requests) == ([], [])


@pytest.mark.parametrize("policy", ["", chromium.JENKINS])
def test_without_javascript_everything_is_there_and_no_control_is(
    browser: Browser, made: Callable[[Results], Path], policy: str
) -> None:
    with chromium.visiting(browser, made(samples.compared()), javascript=False, policy=policy) as visit:
        page = visit.page
        assert not page.locator("#filter").is_visible()
        assert page.locator("h1").inner_text() == "5 of 6 gates failed"
        more = page.locator(".rule .more > summary")
        more.click()
        assert page.get_by_text("src/weather/part_7.py:17:5").is_visible()


def test_print_shows_what_matters(browser: Browser, made: Callable[[Results], Path]) -> None:
    with chromium.visiting(browser, made(samples.compared())) as visit:
        page = visit.page
        page.evaluate("for (const one of document.querySelectorAll('.rule')) one.open = false")
        page.emulate_media(media="print")
        assert not page.locator("#filter").is_visible()
        assert not page.locator(".commands").first.is_visible()
        assert page.get_by_text("Never build a command line from an argument.").last.bounding_box()
        assert len(page.pdf(format="A4")) > 10_000


@pytest.mark.parametrize(
    ("name", "scheme", "width", "height"),
    [
        ("light", "light", 1280, 800),
        ("dark", "dark", 1280, 800),
        ("phone", "light", 390, 844),
        ("wide", "light", 2560, 1440),
    ],
)
def test_screenshots(
    browser: Browser,
    made: Callable[[Results], Path],
    kept: Path,
    name: str,
    scheme: str,
    width: int,
    height: int,
) -> None:
    with chromium.visiting(browser, made(samples.compared()), scheme=scheme, width=width, height=height) as visit:
        page = visit.page
        page.screenshot(path=kept / f"{name}.png")
        page.screenshot(path=kept / f"{name}-whole.png", full_page=True)
        if name == "light":
            page.pdf(path=kept / "print.pdf", format="A4")
        # What the reader needs first is on the first screen: the verdict, the worst finding and its fix.
        for place in ("header .word", "h1", ".worst .title", ".worst .fix"):
            box = page.locator(place).first.bounding_box()
            assert box
            assert box["y"] + box["height"] <= height


def test_ten_thousand_findings_open_and_are_searched_at_once(browser: Browser, tmp_path: Path) -> None:
    found = [
        replace(samples.COMMAND_INJECTION, rule=f"rule-{one % 60}", location=samples.at(f"src/weather/m{one}.py", 9, 5))
        for one in range(10_000)
    ]
    path = tmp_path / "report.html"
    path.write_text(html.REPORT.render(replace(samples.failing(), findings=tuple(found)), no_sources), encoding="utf-8")
    begun = time.monotonic()
    with chromium.visiting(browser, path) as visit:
        assert shown(visit) == "60 of 60 rules, 10000 places"
        # The budgets are 0.5 s and 0.1 s (benchmarks/reports.py measures them); shared machines get some more.
        assert time.monotonic() - begun < 5
        begun = time.monotonic()
        visit.page.fill("#search", "m777")
        assert shown(visit) == "11 of 60 rules, 11 places"
        assert time.monotonic() - begun < 1
