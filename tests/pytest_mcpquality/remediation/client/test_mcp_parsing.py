"""The MCP server's sentences: what each means, and the tools of every version that there has been."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mcpquality.remediation.errors import (
    KeyRefusedError,
    MovedError,
    NoDocumentationError,
    QuotaExceededError,
    RemediationError,
    UnreachableError,
    UnusableAnswerError,
)
from pytest_mcpquality.remediation.mcp_parsing import libraries_in, snippets_in
from pytest_mcpquality.remediation.mcp_tools import choose
from pytest_mcpquality.remediation.values import Library, Snippet

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

LISTED = """Available Libraries:

- Title: Requests
- Context7-compatible library ID: /psf/requests
- Description: HTTP for humans: simple
- Code Snippets: 312
- Source Reputation: High
- Benchmark Score: 91.5
- Versions: v2.31.0, v2.32.4
----------
- Title: Toolbelt
- Context7-compatible library ID: /requests/toolbelt
- Description: More
- Trust Score: 9.8
----------
- Title: Broken
- Context7-compatible library ID: /not an id
- Source Reputation: Medium
"""

DOCUMENTED = """### Verify TLS

Source: https://github.com/psf/requests/blob/main/docs/advanced.rst

Verifies by default.

```python
text = \"\"\"
```bash
ls
```
\"\"\"
```

--------------------------------

### Library > Notes

Source: https://example.org/notes

Only prose here.
"""

OLD = """TITLE: Verify TLS
DESCRIPTION: Verifies by default.

SOURCE: https://github.com/psf/requests/blob/main/docs/advanced.rst

LANGUAGE: Python
CODE:
```
requests.get(url)
```

----------------------------------------

TITLE: Another
SOURCE: nowhere
"""


def test_libraries_as_they_are_listed() -> None:
    assert libraries_in(LISTED, NOW) == (
        Library("/psf/requests", "Requests", "HTTP for humans: simple", "", 7.0, 91.5, 312, ("v2.31.0", "v2.32.4")),
        Library("/requests/toolbelt", "Toolbelt", "More", "", 9.8),
    )


def test_libraries_as_the_first_version_listed_them() -> None:
    text = "2 available documentation libraries:\n\nTitle: Next.js\nLibrary name: vercel/nextjs\n\n"
    text += "Title: Odd\nLibrary name: odd\n"
    assert libraries_in(text, NOW) == (Library("/vercel/nextjs", "Next.js"),)


def test_documentation_as_text() -> None:
    assert snippets_in(DOCUMENTED, NOW) == (
        Snippet(
            "Verify TLS",
            "Verifies by default.",
            'text = """\n```bash\nls\n```\n"""',
            "python",
            "https://github.com/psf/requests/blob/main/docs/advanced.rst",
        ),
        Snippet("Library > Notes", "Only prose here.", url="https://example.org/notes"),
    )


def test_documentation_as_version_one_wrote_it() -> None:
    first, second = snippets_in(OLD, NOW)
    url = "https://github.com/psf/requests/blob/main/docs/advanced.rst"
    assert first == Snippet("Verify TLS", "Verifies by default.", "requests.get(url)", "python", url)
    assert second == Snippet("Another")


FAILURES: list[tuple[str, type[RemediationError]]] = [
    ("", UnusableAnswerError),
    ("<html>Sign in</html>", UnusableAnswerError),
    ("### Half of it", UnusableAnswerError),
    ("### title without its Source: ", UnusableAnswerError),
    ("Rate limited or quota exceeded. Upgrade your plan for higher limits.", QuotaExceededError),
    ("Too many requests", QuotaExceededError),
    ("Unauthorized. Please check your API key.", KeyRefusedError),
    ("Access denied", KeyRefusedError),
    (
        "The library you are trying to access does not exist. Please try with a different library ID.",
        NoDocumentationError,
    ),
    ("No libraries found matching the provided name.", NoDocumentationError),
    ("No code documentation available for this library. Try mode='info'.", NoDocumentationError),
    ("Documentation not found or not finalized for this library.", NoDocumentationError),
    ("Library is not finalized yet", NoDocumentationError),
    ("Error fetching library context. Please try again later. TypeError: fetch failed", UnreachableError),
    ("Request failed with status 503. Please try again later.", UnreachableError),
    ('{"error": "library_not_finalized", "message": "wait"}', NoDocumentationError),
    ('{"error": "rate_limit_exceeded"}', QuotaExceededError),
    ('{"error": "library_redirected", "redirectUrl": "/psf/requests"}', MovedError),
    ('{"error": "library_redirected", "redirectUrl": "http://attacker.example"}', UnusableAnswerError),
    ('{"unknown": true}', UnusableAnswerError),
]


@pytest.mark.parametrize(("text", "error"), FAILURES)
def test_what_is_no_documentation_says_why(text: str, error: type[RemediationError]) -> None:
    for parse in (snippets_in, libraries_in):
        with pytest.raises(RemediationError) as told:
            parse(text, NOW)
        assert type(told.value) is error
        assert "\n" not in str(told.value)


def test_what_is_not_ready_is_told_from_what_is_not_there() -> None:
    for text, pending in (("Library is not finalized yet", True), ("Documentation not found or not finalized", False)):
        with pytest.raises(NoDocumentationError) as told:
            snippets_in(text, NOW)
        assert told.value.pending is pending


@given(st.text() | st.builds("### {}\n\nSource: {}\n{}".format, st.text(), st.text(), st.text()))
def test_no_text_breaks_it(text: str) -> None:
    for parse in (snippets_in, libraries_in):
        try:
            found = parse(text, NOW)
        except RemediationError:
            continue
        assert found


# The tools.


def tool(name: str, *required: str, **optional: object) -> dict[str, Any]:
    properties = {argument: {"type": "string"} for argument in (*required, *optional)}
    return {"name": name, "inputSchema": {"type": "object", "properties": properties, "required": list(required)}}


VERSIONS: list[tuple[str, list[dict[str, Any]], dict[str, str], dict[str, str]]] = [
    (
        "1.0.0",
        [
            tool("list-available-docs", libraryName=1),
            tool("get-library-documentation", "libraryName", topic=1, tokens=1),
        ],
        {"libraryName": "requests"},
        {"libraryName": "psf/requests", "topic": "TLS"},
    ),
    (
        "1.0.7 to 1.0.26",
        [
            tool("resolve-library-id", "libraryName"),
            tool("get-library-docs", "context7CompatibleLibraryID", topic=1, tokens=1),
        ],
        {"libraryName": "requests"},
        {"context7CompatibleLibraryID": "/psf/requests", "topic": "TLS"},
    ),
    (
        "1.0.31 to 1.0.33",
        [
            tool("resolve-library-id", "libraryName"),
            tool("get-library-docs", "context7CompatibleLibraryID", mode=1, topic=1, page=1),
        ],
        {"libraryName": "requests"},
        {"context7CompatibleLibraryID": "/psf/requests", "topic": "TLS"},
    ),
    (
        "2.x, 3.x, 4.x",
        [tool("query-docs", "libraryId", "query"), tool("resolve-library-id", "query", "libraryName"), tool("more")],
        {"libraryName": "requests", "query": "TLS"},
        {"libraryId": "/psf/requests", "query": "TLS"},
    ),
]


@pytest.mark.parametrize(("version", "listed", "search", "read"), VERSIONS, ids=[one[0] for one in VERSIONS])
def test_only_what_a_version_declares_is_sent(
    version: str, listed: list[dict[str, Any]], search: dict[str, str], read: dict[str, str]
) -> None:
    del version
    tools = choose(listed)
    assert tools.search_arguments("requests", "TLS") == search
    assert tools.read_arguments("/psf/requests", "TLS") == read


def test_a_server_without_the_tools_is_none_of_context7() -> None:
    for listed in ([], [tool("resolve-library-id", "libraryName")], [tool("query-docs", "libraryId")], [{"name": 7}]):
        with pytest.raises(UnusableAnswerError, match="has no tool"):
            choose(listed)


def test_a_tool_that_wants_what_nobody_knows_is_not_called() -> None:
    tools = choose([tool("resolve-library-id", "libraryName", "tenant"), tool("query-docs", "libraryId", "query")])
    with pytest.raises(UnusableAnswerError, match="the tool resolve-library-id wants tenant"):
        tools.search_arguments("requests", "TLS")


def test_a_tool_that_declares_nothing_is_sent_nothing() -> None:
    tools = choose([{"name": "resolve-library-id"}, {"name": "query-docs", "inputSchema": {"required": 7}}])
    assert tools.search_arguments("requests", "TLS") == {}
