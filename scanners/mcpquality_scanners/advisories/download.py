"""Fetches an export so that a connection that breaks costs little and a file that is not whole is never used."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from mcpquality_scanners.advisories.errors import DownloadError
from mcpquality_scanners.text import one_line

PATIENCE = 60.0
"""Seconds without a byte after which a connection is given up."""

CAP = 4 * 1024**3
"""Bytes of an export; the official one of npm has some hundred million."""

_IDLE = 2  # tries that may bring nothing; the others go on where the one before broke off
_CHUNK = 1024 * 1024
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_NOT_MODIFIED, _PARTIAL, _NO_SUCH_RANGE = 304, 206, 416


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file with what the server said about it; `path` is None when it is the one we have already."""

    path: Path | None
    etag: str = ""
    date: datetime | None = None


class _BrokenOffError(Exception):
    """A connection ended early; what came is in the file."""


def is_url(place: str) -> bool:
    """Whether that is the address of something on a web server, and no path."""
    return place.startswith(("https://", "http://"))


def without_credentials(url: str) -> str:
    """A URL as it may be shown and kept."""
    return re.sub(r"//[^/@\s]+@", "//", url)


def fetch(url: str, folder: Path, etag: str = "", *, patience: float = PATIENCE) -> Fetched:
    """Fetch a file into `folder`, going on where an earlier try broke off.

    Args:
        url: Its address, https or http.
        folder: Where it is kept until it is whole, and until `forget` is called.
        etag: Identity of the one at hand; when the server still has that, nothing is fetched.
        patience: Seconds without a byte after which a connection is given up.

    Raises:
        DownloadError: It could not be fetched whole.
    """
    if not is_url(url) or not urlsplit(url).hostname:
        raise DownloadError(f"{one_line(url, 200)!r} is not an https or http address")
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
    shown, problem = without_credentials(url), ""
    idle, had = 0, -1
    while idle < _IDLE:
        has = part.stat().st_size if part.exists() else 0
        idle, had = idle + (has <= had), has
        try:
            return _attempt(url, part, etag, patience)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_MODIFIED:
                return Fetched(None, etag)
            if error.code != _NO_SUCH_RANGE:
                raise DownloadError(
                    f"{shown} cannot be fetched: the server says {error.code} {error.reason}."
                ) from error
            part.unlink(missing_ok=True)
        except (OSError, http.client.HTTPException, _BrokenOffError) as error:
            reason = getattr(error, "reason", error)
            problem = one_line(str(reason)) or type(error).__name__
    raise DownloadError(f"{shown} cannot be fetched: {problem}. Try again: what came is kept.")


def forget(url: str, folder: Path) -> None:
    """Delete what is kept of a file."""
    part = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
    part.unlink(missing_ok=True)
    part.with_suffix(".json").unlink(missing_ok=True)


def _attempt(url: str, part: Path, etag: str, patience: float) -> Fetched:
    request = urllib.request.Request(url, headers={"User-Agent": "mcpquality", "Accept-Encoding": "identity"})  # noqa: S310 - checked
    kept = _kept(part)
    have = part.stat().st_size if kept and part.exists() else 0
    if have:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", kept)
    elif etag:
        request.add_header("If-None-Match", etag)
    with urllib.request.urlopen(request, timeout=patience) as reply:  # noqa: S310 - checked
        headers = cast("Mapping[str, str]", reply.headers)
        if reply.status != _PARTIAL:
            have = 0
            # A weak one does not say that the bytes are the same.
            tag = headers.get("ETag", "")
            part.with_suffix(".json").write_text(json.dumps("" if tag.startswith("W/") else tag), encoding="utf-8")
        total = _total(headers, have, partial=reply.status == _PARTIAL)
        _receive(reply, part, have, total)
        _verify(part, headers, total)
        return Fetched(part, headers.get("ETag", ""), _date(headers))


def _kept(part: Path) -> str:
    """The ETag of what has come so far; empty when it cannot be gone on with."""
    try:
        return str(json.loads(part.with_suffix(".json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return ""


def _total(headers: Mapping[str, str], have: int, *, partial: bool) -> int | None:
    """Bytes of the whole file; None when the server does not say."""
    if not partial:
        length = headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None
    match = _RANGE.match(headers.get("Content-Range", ""))
    if not match or int(match[1]) != have:
        raise _BrokenOffError("the server sent another part than it was asked for")
    return int(match[2]) if match[2].isdecimal() else None


def _receive(reply: Any, part: Path, have: int, total: int | None) -> None:  # noqa: ANN401 - urllib's reply
    with part.open("ab" if have else "wb") as file:
        while chunk := reply.read(_CHUNK):
            file.write(chunk)
            if file.tell() > CAP:
                raise DownloadError("it is larger than any export of advisories")
        got = file.tell()
    if total is not None and got < total:
        raise _BrokenOffError(f"the connection broke off after {got} of {total} bytes")


def _verify(part: Path, headers: Mapping[str, str], total: int | None) -> None:
    """Compare with what the server says about the whole file; a wrong one is not kept."""
    wanted = _md5(headers)
    right = total is None or part.stat().st_size == total
    if right and wanted:
        with part.open("rb") as file:
            right = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest() == wanted
    if not right:
        part.unlink()
        raise _BrokenOffError("what came is not what the server says it sent")


def _md5(headers: Mapping[str, str]) -> bytes | None:
    # Object stores tell the digest of the whole object: `x-goog-hash: crc32c=...,md5=...`.
    match = re.search(r"\bmd5=([A-Za-z0-9+/=]+)", headers.get("x-goog-hash", ""))
    try:
        return base64.b64decode(match[1], validate=True) if match else None
    except ValueError:
        return None


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Last-Modified", "")).astimezone(UTC)
    except ValueError:
        return None


def read_url(url: str, cap: int, *, patience: float = PATIENCE) -> bytes:
    """What is at an address, up to `cap` bytes.

    Raises:
        DownloadError: It cannot be had, or is larger.
    """
    if not is_url(url):
        raise DownloadError(f"{one_line(url, 200)!r} is not an https or http address")
    request = urllib.request.Request(url, headers={"User-Agent": "mcpquality"})  # noqa: S310 - checked
    shown = without_credentials(url)
    try:
        with urllib.request.urlopen(request, timeout=patience) as reply:  # noqa: S310 - checked
            data = cast("bytes", reply.read(cap + 1))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DownloadError(f"{shown} cannot be fetched: {one_line(str(getattr(error, 'reason', error)))}") from error
    if len(data) > cap:
        raise DownloadError(f"{shown} is larger than it should be")
    return data
