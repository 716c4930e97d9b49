"""Downloads from a real server in this process, which breaks off, lies and refuses as a test says."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcpquality_scanners.advisories.download import Fetched, fetch, forget, read_url
from mcpquality_scanners.advisories.errors import DownloadError

CONTENT = bytes(range(256)) * 40
DIGEST = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()


@dataclass
class Site:
    """One file at every address, and how it is served."""

    content: bytes = CONTENT
    etag: str = '"one"'
    headers: dict[str, str] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    """After so many bytes the connection ends, one item a request."""
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:  # noqa: C901 - a whole server in one place
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append({name.lower(): value for name, value in self.headers.items()})
            wanted = site.asked[-1]
            if site.status != 200:
                self.send_error(site.status)
            elif site.etag and wanted.get("if-none-match") == site.etag:
                self.send_response(304)
                self.end_headers()
            elif "range" in wanted and wanted.get("if-range") == site.etag:
                self._send(206, int(wanted["range"].removeprefix("bytes=").removesuffix("-")))
            else:
                self._send(200, 0)

        def _send(self, status: int, start: int) -> None:
            if start >= len(site.content):
                self.send_error(416)
                return
            body = site.content[start:]
            self.send_response(status)
            if status == 206:
                whole = len(site.content)
                self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
            self.send_header("Content-Length", str(len(body)))
            if site.etag:
                self.send_header("ETag", site.etag)
            for name, value in site.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: site.breaks.pop(0)] if site.breaks else body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}/all.zip"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


def whole(fetched: Fetched) -> bytes:
    assert fetched.path is not None
    return fetched.path.read_bytes()


def test_a_file_with_what_the_server_says_about_it(site: Site, tmp_path: Path) -> None:
    site.headers = {"Last-Modified": "Fri, 01 May 2026 10:00:00 GMT", "x-goog-hash": f"crc32c=AAAA,md5={DIGEST}"}
    fetched = fetch(site.url, tmp_path)
    assert whole(fetched) == CONTENT
    assert fetched.etag == '"one"'
    assert fetched.date is not None
    assert fetched.date.isoformat() == "2026-05-01T10:00:00+00:00"
    forget(site.url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_at_hand_is_not_fetched_again(site: Site, tmp_path: Path) -> None:
    assert fetch(site.url, tmp_path, '"one"').path is None
    assert whole(fetch(site.url, tmp_path, '"older"')) == CONTENT


def test_a_connection_that_breaks_off_is_gone_on_with(site: Site, tmp_path: Path) -> None:
    site.breaks = [3000, 2000, 1]
    assert whole(fetch(site.url, tmp_path)) == CONTENT
    assert [asked.get("range") for asked in site.asked] == [None, "bytes=3000-", "bytes=5000-", "bytes=5001-"]


def test_the_next_run_goes_on_where_the_last_gave_up(site: Site, tmp_path: Path) -> None:
    site.breaks = [3000, 0, 0, 0]
    with pytest.raises(DownloadError, match="3000 of 10240"):
        fetch(site.url, tmp_path)
    site.breaks = []
    site.asked.clear()
    assert whole(fetch(site.url, tmp_path)) == CONTENT
    assert [asked.get("range") for asked in site.asked] == ["bytes=3000-"]


@pytest.mark.parametrize("etag", ['"two"', 'W/"weak"', ""])
def test_parts_of_two_files_are_never_put_together(site: Site, tmp_path: Path, etag: str) -> None:
    site.etag = etag if etag != '"two"' else '"one"'
    site.breaks = [3000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(site.url, tmp_path)
    site.etag, site.content, site.breaks = etag, b"other" * 2000, []
    assert whole(fetch(site.url, tmp_path)) == site.content


def test_a_part_that_is_whole_already_is_fetched_anew(site: Site, tmp_path: Path) -> None:
    assert whole(fetch(site.url, tmp_path)) == CONTENT
    assert whole(fetch(site.url, tmp_path)) == CONTENT


def test_a_file_with_another_digest_is_not_used(site: Site, tmp_path: Path) -> None:
    site.headers = {"x-goog-hash": f"md5={base64.b64encode(b'0' * 16).decode()}"}
    with pytest.raises(DownloadError, match="not what the server says"):
        fetch(site.url, tmp_path)


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_what_the_server_says_is_told(site: Site, tmp_path: Path, status: int) -> None:
    site.status = status
    with pytest.raises(DownloadError, match=f"the server says {status}"):
        fetch(site.url, tmp_path)


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/x cannot be fetched"):
        fetch("http://user:secret@127.0.0.1:9/x", tmp_path)
    with pytest.raises(DownloadError):
        read_url("http://127.0.0.1:9/x", 100)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host.test/x", "https://", "x"])
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DownloadError, match="is not an https or http address"):
        fetch(url, tmp_path)


def test_small_things_are_read_up_to_a_limit(site: Site) -> None:
    assert read_url(site.url, len(CONTENT)) == CONTENT
    with pytest.raises(DownloadError, match="larger"):
        read_url(site.url, len(CONTENT) - 1)
    with pytest.raises(DownloadError, match="https or http"):
        read_url("file:///etc/passwd", 100)


def test_nothing_but_an_own_address_is_told(site: Site, tmp_path: Path) -> None:
    site.status = 404
    with pytest.raises(DownloadError) as caught:
        fetch(site.url.replace("//", "//user:secret@"), tmp_path)
    assert "secret" not in str(caught.value)
