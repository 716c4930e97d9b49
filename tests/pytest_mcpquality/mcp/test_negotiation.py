from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.mcp.diagnosis import Cause, Diagnosis
from pytest_mcpquality.mcp.errors import ProtocolViolationError, ServerError, ServerFailedError
from pytest_mcpquality.mcp.negotiation import Agreement, check_version, negotiate

INFO = {"capabilities": {}, "serverInfo": {"name": "s"}}


class Server:
    """Speaks the given versions; `initialize` and `discover` fail with what is given instead."""

    def __init__(
        self, *versions: str, initialize: Exception | None = None, discover: Exception | None = None, **answer: object
    ) -> None:
        self.versions = versions
        self.errors = {"initialize": initialize, "discover": discover}
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    async def initialize(self, version: str) -> dict[str, Any]:
        self.asked.append(("initialize", version))
        error = self.errors["initialize"]
        if error:
            raise error
        if version not in self.versions and "supported" in self.answer:
            raise server_error(-32602, {"supported": list(self.versions)})
        return INFO | {"protocolVersion": self.versions[-1], "instructions": "Be kind."} | self.answer

    async def discover(self, version: str) -> dict[str, Any]:
        self.asked.append(("discover", version))
        error = self.errors["discover"]
        if error:
            raise error
        meta = {"io.modelcontextprotocol/serverInfo": {"name": "m"}}
        return {"supportedVersions": list(self.versions), "capabilities": {}, "_meta": meta} | self.answer

    def negotiate(self, protocol: str = "auto") -> Agreement:
        return asyncio.run(negotiate("srv", protocol, self.initialize, self.discover))


def server_error(code: int, data: object = None) -> ServerError:
    return ServerError(server="srv", method="initialize", code=code, message="no", data=data)


def failed(status: int | None) -> ServerFailedError:
    return ServerFailedError(server="srv", diagnosis=Diagnosis(Cause.HTTP_STATUS, f"answered {status}", status=status))


def test_what_all_servers_answer_is_asked_first_and_once() -> None:
    server = Server("2025-11-25", "2026-07-28", protocolVersion="2025-11-25")
    agreement = server.negotiate()
    assert server.asked == [("initialize", "2025-11-25")]
    assert (agreement.version, agreement.modern, agreement.instructions) == ("2025-11-25", False, "Be kind.")
    assert agreement.server_info == {"name": "s"}


def test_an_older_server_chooses_its_version() -> None:
    assert Server("2024-11-05").negotiate().version == "2024-11-05"


def test_a_server_that_lists_its_versions_is_asked_again() -> None:
    server = Server("2024-11-05", "2025-03-26", supported=True)
    assert server.negotiate().version == "2025-03-26"
    assert server.asked == [("initialize", "2025-11-25"), ("initialize", "2025-03-26")]


@pytest.mark.parametrize(
    "error",
    [server_error(-32601), server_error(-32022), server_error(-32602, {"supported": "x"}), failed(400), failed(404)],
)
def test_a_modern_server_is_found_without_a_wait(error: Exception) -> None:
    server = Server("2026-07-28", initialize=error)
    agreement = server.negotiate()
    assert agreement.modern
    assert agreement.server_info == {"name": "m"}
    assert [method for method, _ in server.asked] == ["initialize", "discover"]


def test_a_server_that_refuses_both_is_described_by_what_it_said_first() -> None:
    with pytest.raises(ServerFailedError, match="refused initialize with error -32601: no"):
        Server(initialize=server_error(-32601), discover=server_error(-1)).negotiate()
    with pytest.raises(ServerFailedError, match="answered 404"):
        Server(initialize=failed(404), discover=failed(500)).negotiate()


@pytest.mark.parametrize("error", [server_error(-32603), failed(500), failed(None)])
def test_other_errors_are_no_reason_to_ask_again(error: Exception) -> None:
    server = Server(initialize=error)
    with pytest.raises(ServerFailedError):
        server.negotiate()
    assert len(server.asked) == 1


def test_the_version_asked_for_is_the_one_asked() -> None:
    handshake, modern = Server("2025-03-26"), Server("2026-07-28")
    assert handshake.negotiate("2025-03-26").version == "2025-03-26"
    assert modern.negotiate("2026-07-28").version == "2026-07-28"
    assert handshake.asked == [("initialize", "2025-03-26")]
    assert modern.asked == [("discover", "2026-07-28")]


@pytest.mark.parametrize("version", ["1999-01-01", "2026-07-28", "", None, 7])
def test_a_version_that_is_none_of_the_handshake_is_a_violation(version: object) -> None:
    with pytest.raises(ProtocolViolationError, match=r"which this client does not know .it asked for 2025-11-25"):
        Server("2025-11-25", protocolVersion=version).negotiate()


@pytest.mark.parametrize("supported", [["2025-11-25"], [], "2026-07-28", None])
def test_a_server_that_does_not_speak_the_modern_version_says_so(supported: object) -> None:
    with pytest.raises(ServerFailedError, match="does not speak protocol version 2026-07-28"):
        Server("x", supportedVersions=supported).negotiate("2026-07-28")


@pytest.mark.parametrize(("key", "value"), [("serverInfo", None), ("capabilities", []), ("capabilities", None)])
def test_an_answer_without_what_it_must_have_is_a_violation(key: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    with pytest.raises(ProtocolViolationError, match=f"answered initialize without an object '{key}'"):
        Server("2025-11-25", **{key: value}).negotiate()


def test_instructions_that_are_no_text_are_none() -> None:
    assert Server("2025-11-25", instructions=7).negotiate().instructions is None


def test_only_versions_that_there_are_can_be_asked_for() -> None:
    check_version("auto")
    check_version("2026-07-28")
    with pytest.raises(UsageError, match="there is no protocol version '2027'"):
        check_version("2027")
