"""Variables that did not reach a server and may be why it does not work."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

CERTIFICATES = (
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
    "npm_config_cafile",
)
"""Where programs look for certificate authorities to trust."""

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")

_RUNNERS = frozenset({"npx", "npm", "pnpm", "yarn", "bun", "bunx", "deno", "uv", "uvx", "pipx", "docker", "podman"})

_TLS = re.compile(r"certificate|\b(?:\w+_)?CERT_\w+|\bSSL|\bTLS\b|self.signed", re.IGNORECASE)
_NETWORK = re.compile(
    r"\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT)\b|(?i:timed out|getaddrinfo|unreachable|connection refused)"
)


def downloads(command: str) -> bool:
    """Whether a command may fetch what it starts from the network before it starts it."""
    return PurePath(command).stem in _RUNNERS


def hints(
    given: Mapping[str, str], ours: Mapping[str, str], stderr: tuple[str, ...], *, downloads: bool
) -> tuple[str, ...]:
    """Sentences on variables that are set here and were not handed on.

    Args:
        given: What the server has.
        ours: What we have.
        stderr: Its last words.
        downloads: Whether it may still be waiting for the network: npx behind a proxy says nothing at all.
    """
    words = " ".join(stderr)
    if not (downloads or _TLS.search(words) or _NETWORK.search(words)):
        return ()
    return (*_missing("CA", CERTIFICATES, given, ours), *_missing("proxy", PROXIES, given, ours))


def _missing(what: str, names: tuple[str, ...], given: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    lost = [name for name in names if ours.get(name) and name not in given]
    if not lost:
        return []
    listed = ", ".join(lost)
    return [
        f"your {what} variables ({listed}) did not reach the server (the SDK passes on six): name them in its `env`"
    ]
