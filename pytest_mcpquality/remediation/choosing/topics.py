"""What is asked about each kind of flaw, in our own words; and which rules and weaknesses are of that kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of flaw.

    Attributes:
        query: What is asked of Python's own documentation, and of libraries without words of their own.
        libraries: Packages whose documentation says it better where they are used, the best first, and in which words;
            empty words: the same.
        default: The package that is asked where none of them is used; empty: Python's own documentation.
        topic: One of `resilience.cache.ttl.TTL_BY_TOPIC`; empty: answers stay fresh for a week.
    """

    query: str
    libraries: Mapping[str, str] = field(default_factory=dict[str, str])
    default: str = ""
    topic: str = ""


_RENDERING = {
    "django": "templates autoescaping, escape untrusted values, format_html instead of mark_safe",
    "flask": "render_template autoescaping, escape untrusted values",
    "jinja2": "enable autoescape, escape untrusted values",
    "markupsafe": "escape untrusted values, Markup.format",
    "mako": "default filters, escape untrusted values",
}
_HTTP = {
    "requests": "verify TLS certificates, custom CA bundle",
    "httpx": "verify TLS certificates, custom CA bundle, SSL context",
    "aiohttp": "client SSL verification, custom SSL context",
    "urllib3": "certificate verification, custom CA certificates",
}
_SQL = {
    "sqlalchemy": "text() with bound parameters, parameterized queries",
    "django": "raw SQL queries with params, protect against SQL injection",
    "psycopg": "pass parameters to SQL queries, compose identifiers with sql.SQL",
    "psycopg2": "pass parameters to SQL queries, compose identifiers with sql.SQL",
    "asyncpg": "query arguments, prepared statements",
    "pymysql": "execute with parameters",
}
_ADDRESSES = {
    "httpx": "restrict redirects, event hooks to check the request's host",
    "requests": "restrict redirects, check the host before the request",
    "aiohttp": "restrict redirects, custom connector and resolver",
}
_SERVERS = {"fastmcp": "", "mcp": ""}

TOPICS: Mapping[str, Topic] = {
    "shell": Topic("subprocess run without shell=True, argument list, shlex.quote"),
    "process": Topic("subprocess run with an argument list, absolute path of the executable, security considerations"),
    "evaluation": Topic("ast.literal_eval instead of eval, parse literals safely"),
    "pickle": Topic("pickle security, restrict what can be unpickled, json instead"),
    "yaml": Topic("safe_load instead of load, SafeLoader", {"pyyaml": ""}, default="pyyaml"),
    "models": Topic(
        "load weights safely, weights_only",
        {
            "torch": "torch.load with weights_only",
            "transformers": "from_pretrained with a pinned revision, safetensors",
        },
        default="torch",
    ),
    "sql": Topic("sqlite3 placeholders, bind values to SQL parameters", _SQL),
    "rendering": Topic("html.escape untrusted values", _RENDERING),
    "templates": Topic("render untrusted templates in a sandboxed environment", {"jinja2": ""}, default="jinja2"),
    "paths": Topic("pathlib resolve and is_relative_to, keep a path inside a folder"),
    "archives": Topic("tarfile extraction filters, filter data"),
    "temporary files": Topic("tempfile.mkstemp, NamedTemporaryFile, TemporaryDirectory"),
    "permissions": Topic("os.open with mode, os.chmod, file permission bits"),
    "tls": Topic("ssl.create_default_context, certificate verification, minimum version", _HTTP),
    "requests tls": Topic("verify TLS certificates, custom CA bundle", _HTTP, default="requests"),
    "timeouts": Topic(
        "request timeouts",
        {
            "requests": "timeouts for connect and read",
            "httpx": "timeout configuration",
            "aiohttp": "ClientTimeout",
        },
        default="requests",
    ),
    "addresses": Topic("ipaddress is_private and is_global, urllib.parse check scheme and host", _ADDRESSES),
    "clear text": Topic("ssl wrap a connection, ftplib FTP_TLS, smtplib starttls"),
    "xml": Topic(
        "parse untrusted XML safely", {"defusedxml": "", "lxml": "resolve_entities off"}, default="defusedxml"
    ),
    "hashes": Topic("hashlib sha256, scrypt and pbkdf2_hmac for passwords, usedforsecurity"),
    "ciphers": Topic("authenticated encryption, Fernet, AES-GCM", {"cryptography": ""}, default="cryptography"),
    "keys": Topic("generate RSA and elliptic curve keys, key size", {"cryptography": ""}, default="cryptography"),
    "randomness": Topic("secrets module, token_urlsafe, secure random numbers"),
    "secrets": Topic("read secrets from environment variables, os.environ, keep them out of the code"),
    "binding": Topic("socket bind to the loopback interface, host and port"),
    "debugging": Topic("deploy to production, debug mode off", {"flask": "", "django": ""}, default="flask"),
    "exceptions": Topic("catch specific exceptions, logging.exception, contextlib.suppress"),
    "ssh": Topic("host key verification, load_system_host_keys, RejectPolicy", {"paramiko": ""}, default="paramiko"),
    "regular expressions": Topic("re module, avoid catastrophic backtracking, possessive quantifiers"),
    "tool arguments": Topic("validate tool arguments, input schema, Field constraints", _SERVERS, default="mcp"),
    "tool errors": Topic("return errors from tools without internal details", _SERVERS, default="mcp"),
    "tool descriptions": Topic("tool names, descriptions and annotations", _SERVERS, default="mcp"),
    "server life": Topic("run a server on stdio, lifespan, shut down cleanly", _SERVERS, default="mcp"),
    "server protocol": Topic("initialize, declared capabilities, logging to standard error", _SERVERS, default="mcp"),
    "server exposure": Topic(
        "streamable HTTP transport security, allowed hosts and origins, authorization", _SERVERS, default="mcp"
    ),
    "server speed": Topic("asynchronous tools, long work with progress reports", _SERVERS, default="mcp"),
    "tests": Topic("parametrize tests, fixtures, test error paths with raises", {"pytest": ""}, default="pytest"),
}

_RULES: Mapping[str, str] = {
    "shell": "B602 B604 B605 B609 mcp-command-injection",
    "process": "B404 B603 B606 B607 mcp-argument-injection mcp-arbitrary-program",
    "evaluation": "B102 B307 mcp-code-injection",
    "pickle": "B301 B302 B403 mcp-unsafe-deserialization",
    "yaml": "B506",
    "models": "B614 B615",
    "sql": "B608 B610 B611 mcp-sql-injection mcp-raw-sql",
    "rendering": "B308 B701 B702 B703 B704",
    "templates": "mcp-template-injection",
    "paths": "mcp-path-traversal mcp-path-probing",
    "archives": "B202",
    "temporary files": "B108 B306",
    "permissions": "B103",
    "tls": "B323 B502 B503 B504",
    "requests tls": "B501",
    "timeouts": "B113",
    "addresses": "B310 mcp-ssrf",
    "clear text": "B312 B321 B401 B402",
    "xml": "B313 B314 B315 B316 B317 B318 B319 B405 B406 B407 B408 B409 B411",
    "hashes": "B303 B324",
    "ciphers": "B304 B305 B413",
    "keys": "B505",
    "randomness": "B311",
    "secrets": "B105 B106 B107",  # pragma: allowlist secret - ids of rules
    "binding": "B104",
    "debugging": "B201",
    "exceptions": "B110 B112",
    "ssh": "B507 B601",
    "tool errors": "mcp-secret-in-response mcp-traceback-in-response mcp-robustness-error-leaks",
}

_WEAKNESSES: Mapping[str, tuple[int, ...]] = {
    "shell": (77, 78, 88),
    "evaluation": (94, 95, 96),
    "pickle": (502,),
    "sql": (89, 564),
    "rendering": (79, 80, 116),
    "templates": (1336,),
    "paths": (22, 23, 36, 73, 59),
    "archives": (409,),
    "temporary files": (377, 379),
    "permissions": (276, 732),
    "tls": (295, 297, 757),
    "addresses": (918, 601),
    "clear text": (319,),
    "xml": (91, 112, 611, 776),
    "hashes": (328, 916),
    "ciphers": (326, 327),
    "randomness": (330, 335, 338),
    "secrets": (259, 312, 321, 522, 532, 798),
    "binding": (605,),
    "debugging": (215, 489),
    "tool errors": (200, 209),
    "regular expressions": (1333,),
    "timeouts": (400,),
}

RULES: Final[Mapping[str, str]] = {rule: topic for topic, rules in _RULES.items() for rule in rules.split()}
"""Topics by rule id. Ruff's rules, ports of Bandit's tests, have the same numbers."""

WEAKNESSES: Final[Mapping[int, str]] = {cwe: topic for topic, numbers in _WEAKNESSES.items() for cwe in numbers}
"""Topics by CWE number."""
