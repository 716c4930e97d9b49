from __future__ import annotations

import argparse
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcpquality_scanners.advisories import store
from mcpquality_scanners.advisories.official import OFFICIAL
from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.cli import parser
from pytest_mcpquality.commands.advisories import run
from tests.support.clock import FakeClock

CLOCK = FakeClock()
"""Noon of the first of May 2026."""


def record(identifier: str, modified: str = "2026-04-30T12:00:00Z", ecosystem: str = "PyPI") -> dict[str, object]:
    affected = [{"package": {"name": "idna", "ecosystem": ecosystem}, "versions": ["3.4"]}]
    return {"id": identifier, "modified": modified, "affected": affected}


def call(tmp_path: Path, *arguments: str) -> int:
    given: argparse.Namespace = parser().parse_args(
        ["advisories", *arguments, "--store", str(tmp_path / "s" / "store")]
    )
    return run(given, CLOCK)


def records(tmp_path: Path, *documents: object) -> str:
    folder = tmp_path / "records"
    folder.mkdir(exist_ok=True)
    for number, document in enumerate(documents):
        (folder / f"{number}.json").write_text(json.dumps(document), encoding="utf-8")
    return str(folder)


def test_update_from_a_folder_and_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, "update", "--from", records(tmp_path, record("A"), record("B"), {})) == 0
    out = capsys.readouterr().out
    assert "PyPI: 2 advisories (3 new, 0 changed, 0 gone, 0 withdrawn); 1 records cannot be used" in out
    assert "2.json cannot be used: it has no id" in out
    assert call(tmp_path, "status") == 0
    out = capsys.readouterr().out
    assert "PyPI: 1 days old (2026-04-30 12:00 UTC); 2 advisories, 0 withdrawn, 1 that cannot be used" in out
    assert str(tmp_path / "records") in out


@pytest.mark.parametrize("modified", ["2026-04-23T00:00:00Z", ""])
def test_status_of_old_advisories_is_not_fine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], modified: str
) -> None:
    call(tmp_path, "update", "--from", records(tmp_path, record("A", modified)))
    assert call(tmp_path, "status") == 3
    assert "older than 7 days: PyPI. Run `mcpquality advisories update`." in capsys.readouterr().out


def test_status_without_a_store_is_not_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, "status") == 3
    assert "there is no store of advisories" in capsys.readouterr().err


def test_one_broken_export_does_not_keep_the_other_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no")
    good = records(tmp_path, record("A"))
    assert call(tmp_path, "update", "--from", str(tmp_path / "bad.zip"), "--from", good) == 3
    said = capsys.readouterr()
    assert "is not a whole zip file" in said.err
    assert "another machine" not in said.err
    assert "PyPI: 1 advisories" in said.out


def test_records_under_a_name_of_their_own(tmp_path: Path) -> None:
    call(tmp_path, "update", "--from", records(tmp_path, record("A")), "--name", "ours")
    assert [source.name for source in store.sources(tmp_path / "s" / "store")] == ["ours"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "gone.zip"),
        ("--from", "a", "--ecosystem", "npm"),
        ("--name", "x"),
        ("--from", "a", "--from", "b", "--name", "x"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        call(tmp_path, "update", *arguments)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A web server of the folder `www`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "www").mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

        def end_headers(self) -> None:
            self.send_header("ETag", '"1"')
            super().end_headers()

        def do_GET(self) -> None:
            if self.headers["If-None-Match"] == '"1"':
                self.send_response(304)
                self.end_headers()
            else:
                super().do_GET()

    handler = partial(Handler, directory=str(tmp_path / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_the_official_exports_by_default_and_only_when_they_are_new(
    tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in OFFICIAL:
        with zipfile.ZipFile(tmp_path / "www" / f"{name}.zip", "w") as archive:
            archive.writestr("A.json", json.dumps(record(f"A-{name}", ecosystem=name)))
    official = {name: f"{site}/{name}.zip" for name in OFFICIAL}
    monkeypatch.setattr("pytest_mcpquality.commands.advisories.OFFICIAL", official)
    assert call(tmp_path, "update") == 0
    assert [source.name for source in store.sources(tmp_path / "s" / "store")] == ["PyPI", "npm"]
    assert list((tmp_path / "s" / "downloads").iterdir()) == []
    capsys.readouterr()
    assert call(tmp_path, "update", "--ecosystem", "PyPI") == 0
    assert capsys.readouterr().out == "PyPI: nothing new\n"


def test_an_export_that_cannot_be_fetched_changes_nothing(
    tmp_path: Path, site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "update", "--from", f"{site}/gone.zip") == 3
    said = capsys.readouterr().err
    assert "the server says 404" in said
    assert "on another machine and take it in with `--from FILE`" in said
    (tmp_path / "www" / "page.zip").write_text("<html>please log in</html>", encoding="utf-8")
    assert call(tmp_path, "update", "--from", f"{site}/page.zip") == 3
    assert "is not a whole zip file" in capsys.readouterr().err
    assert not (tmp_path / "s" / "store").exists()
    assert list((tmp_path / "s" / "downloads").iterdir()) == []
