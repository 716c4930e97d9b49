"""What `[tool.mcpquality.docs]` takes: the documentation that reports show with a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcpquality_scanners.options import Option, OptionKind, Weaker

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCS = "docs"
"""The table."""

GENERAL: tuple[Option, ...] = (
    # Nothing here changes what is looked at or let through: advice comes after the verdict.
    Option(
        "enabled",
        OptionKind.FLAG,
        default=True,
        help="Whether Context7 is asked how to fix what was found; without it, our own help is shown.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "transport",
        OptionKind.CHOICE,
        "rest",
        "How Context7 is reached: its REST interface, or an MCP server.",
        choices=("rest", "mcp"),
        weaker=Weaker.NEVER,
    ),
    Option(
        "api-url",
        OptionKind.TEXT,
        None,
        "Base of the REST interface; not set: CONTEXT7_API_URL, else Context7's own.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "mcp-url",
        OptionKind.TEXT,
        None,
        "The MCP server; not set: CONTEXT7_MCP_URL, else Context7's own.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "mcp-command",
        OptionKind.LIST,
        (),
        "A command that starts an MCP server on stdio, in place of the URL.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "api-key-file",
        OptionKind.TEXT,
        None,
        "A file with a key a line, beside those of CONTEXT7_API_KEY; read anew when it changes.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "api-key-command",
        OptionKind.LIST,
        (),
        "A command that prints a key a line, such as that of a password manager.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "deadline",
        OptionKind.NUMBER,
        10,
        "Seconds for all questions of a run; then what is there is used.",
        minimum=0.1,
        weaker=Weaker.NEVER,
    ),
    Option("timeout", OptionKind.NUMBER, 4, "Seconds for one request.", minimum=0.1, weaker=Weaker.NEVER),
    Option(
        "cache",
        OptionKind.TEXT,
        None,
        'Where answers are kept: the path of a file, "memory", or redis://HOST:PORT/NUMBER for several machines; '
        "not set: a file in the platform's cache folder.",
        weaker=Weaker.NEVER,
    ),
    Option(
        "rules",
        OptionKind.LIST,
        (),
        'What to ask about a rule, in place of the built-in choice: "RULE | LIBRARY" or "RULE | LIBRARY | QUERY"; '
        "for RULE also SCANNER:RULE, CWE-NUMBER or a package.",
        weaker=Weaker.NEVER,
    ),
)
"""Its keys."""

FLAGS: Mapping[str, str] = {"enabled": "--no-docs"}
"""Options of `mcpquality scan` by the key they set."""
