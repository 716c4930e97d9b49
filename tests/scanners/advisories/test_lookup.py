from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from mcpquality_scanners.advisories import Advisory, Index, parse_record, serving
from mcpquality_scanners.advisories.lookup import look_up
from mcpquality_scanners.advisories.records import pack


def record(identifier: str) -> Advisory:
    affected = [{"package": {"name": "idna", "ecosystem": "PyPI"}, "versions": ["3.4"]}]
    document = {"id": identifier, "affected": affected, "database_specific": {"severity": "HIGH"}}
    return replace(parse_record(document), raw=pack(document))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asked(*ids: str) -> tuple[Advisory, ...]:
    async def ask() -> tuple[Advisory, ...]:
        async with serving(Index([record("A"), record("B"), record("C")])) as address:
            return await asyncio.to_thread(look_up, ids, address)

    return asyncio.run(ask())


def test_records_come_by_their_ids_and_those_that_are_not_there_are_left_out() -> None:
    found = asked("A", "C", "D/../x")
    assert [(advisory.id, advisory.word) for advisory in found] == [("A", "HIGH"), ("C", "HIGH")]
    assert found[0].document is not None


def test_nothing_is_asked_for_nothing() -> None:
    assert look_up([], "http://127.0.0.1:9") == ()


def test_a_service_that_is_not_there_costs_one_try() -> None:
    assert look_up(["A", "B"], "http://127.0.0.1:9") == ()
