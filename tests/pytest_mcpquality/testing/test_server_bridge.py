"""The bridge says what is missing, and what an error is on the wire."""

from __future__ import annotations

import importlib.metadata
from typing import NoReturn

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.server_bridge import RpcError, sdk_major
from pytest_mcpquality.testing import MockMCPServer


def test_without_the_sdk_the_mock_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> NoReturn:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(UsageError, match=r"pip install 'pytest-mcpquality\[mcp\]'"):
        MockMCPServer()


@pytest.mark.parametrize("version", ["0.9.1", "1.28.1", "2.0.0rc1", "2.2.0", "3.0.0"])
def test_an_sdk_that_is_not_served_is_named_with_those_that_are(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    with pytest.raises(UsageError, match=rf"1\.29 or a later 1\.x or 2\.3 or a later 2\.x, and {version} is installed"):
        sdk_major()


@pytest.mark.parametrize(("version", "major"), [("1.29.0", 1), ("1.40", 1), ("2.3.0", 2), ("2.4.0b1", 2)])
def test_an_sdk_that_is_served_is_known_by_its_major_version(
    version: str, major: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: version)
    assert sdk_major() == major


def test_the_major_version_is_that_of_the_installed_sdk() -> None:
    assert sdk_major() == int(importlib.metadata.version("mcp").split(".")[0])


def test_an_error_on_the_wire_has_data_only_if_there_is_some() -> None:
    assert RpcError(-1, "no").wire() == {"code": -1, "message": "no"}
    assert RpcError(-1, "no", {"a": 1}).wire() == {"code": -1, "message": "no", "data": {"a": 1}}
