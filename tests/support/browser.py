"""A real browser: Debian's Chromium, driven by Playwright.

A machine without one skips these tests by name; where `REQUIRE_BROWSER` is set, as in our CI, that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
"""What Jenkins sends with every file that a job has kept."""


def chromium() -> str:
    """Path of the browser; where there is none the test is skipped, or fails where one is required."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    problem = "there is no Chromium here: apt-get install chromium, or set CHROMIUM to its path"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(problem)
    pytest.skip(problem)


@contextmanager
def running() -> Iterator[Browser]:
    """A browser that runs; without its sandbox, which root may not have."""
    executable = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that is open, and what it tried that it may not do: `stopped` are requests that its policy held back."""

    page: Page
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def unfold(self) -> None:
        """Open every `<details>`, as a reader would who wants to see all."""
        self.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


@contextmanager
def visiting(
    browser: Browser,
    source: Path,
    *,
    scheme: str = "light",
    width: int = 1280,
    height: int = 800,
    javascript: bool = True,
    policy: str = "",
) -> Iterator[Visit]:
    """The page in a fresh profile: from its file, or from a web server that sends a content security policy."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=javascript,
    )
    visit = Visit(context.new_page())
    visit.page.on("dialog", lambda dialog: _note(dialog, visit.dialogs))
    visit.page.on("request", lambda request: _seen(request, visit.requests))
    visit.page.on("requestfailed", lambda request: _failed(request, visit.stopped))
    context.on("page", lambda page: visit.requests.append(f"a new window: {page.url}"))
    address = source.resolve().as_uri()
    if policy:
        address = "http://report.invalid/"
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
        context.route(address, lambda route: route.fulfill(body=source.read_text(encoding="utf-8"), headers=headers))
    try:
        visit.page.goto(address)
        # Its own address is the one request that a page may make.
        visit.requests.remove(address)
        yield visit
    finally:
        context.close()


def _note(dialog: Dialog, dialogs: list[str]) -> None:
    dialogs.append(dialog.message)
    dialog.dismiss()


def _seen(request: Request, requests: list[str]) -> None:
    requests.append(request.url)


def _failed(request: Request, stopped: list[str]) -> None:
    if request.failure == "csp":
        stopped.append(request.url)
