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


def test_the_major_version_is_that_of_the_installed_sdk() -> None:
    assert sdk_major() == int(importlib.metadata.version("mcp").split(".")[0])


def test_an_error_on_the_wire_has_data_only_if_there_is_some() -> None:
    assert RpcError(-1, "no").wire() == {"code": -1, "message": "no"}
    assert RpcError(-1, "no", {"a": 1}).wire() == {"code": -1, "message": "no", "data": {"a": 1}}
