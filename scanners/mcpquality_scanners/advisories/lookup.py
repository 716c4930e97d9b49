"""Whole records by their ids from OSV: a scanner that asked a service knows ids, and not how severe they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

from mcpquality_scanners.advisories.documents import RECORD_CAP
from mcpquality_scanners.advisories.download import read_url
from mcpquality_scanners.advisories.errors import DownloadError
from mcpquality_scanners.advisories.records import Advisory, BadRecordError, pack, parse_record

OSV = "https://api.osv.dev"

PATIENCE = 10.0
"""Seconds without an answer after which a record is done without."""

_AT_ONCE = 8


def look_up(ids: Iterable[str], address: str = OSV) -> tuple[Advisory, ...]:
    """The records of these ids; those that cannot be had are left out: nobody has rated what they are about."""
    wanted = sorted(set(ids))
    # The first alone: where the service cannot be reached, the others need not find out one by one.
    first = list(_one(wanted[0], address)) if wanted else []
    if not first:
        return ()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rest = [pool.submit(_all, name, address) for name in wanted[1:]]
        return (*first, *(advisory for found in rest for advisory in found.result()))


def _all(identifier: str, address: str) -> tuple[Advisory, ...]:
    return tuple(_one(identifier, address))


def _one(identifier: str, address: str) -> Iterator[Advisory]:
    try:
        data = read_url(f"{address}/v1/vulns/{quote(identifier, safe='')}", RECORD_CAP, patience=PATIENCE)
        document: object = json.loads(data)
        yield replace(parse_record(document), raw=pack(document))
    except (DownloadError, BadRecordError, ValueError, RecursionError):
        return
