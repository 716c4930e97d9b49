"""Random-looking text that is no secret: checksums, and vectors of tests.

Only about what was found for looking random and for nothing else. What is left out is counted, and told.
"""

from __future__ import annotations

import re

_HEX_DIGESTS = frozenset({32, 40, 48, 56, 64, 96, 128})
"""Hexadecimal digits of a digest: MD5 and 128 bits of others, SHA-1, and the lengths of SHA-2 and SHA-3."""

_ABOUT_DIGESTS = re.compile(
    r"sha-?[1235]|sha_?(?:224|256|384|512)|md5|blake|digest|check_?sum|integrity|hash|fingerprint|etag|crc"
    r"|commit|revision|\brev\b|\bref\b|uses:|uuid",
    re.IGNORECASE,
)
_PREFIXED = re.compile(r"\bsha(?:1|256|384|512)[-:=]['\"]?[0-9A-Za-z+/=_-]{27,}")

# Hashes of passwords and of keys are worth as much as these to an attacker.
_ABOUT_SECRETS = re.compile(r"passw|passphrase|secret|token|salt|api.?key|private|credential|auth", re.IGNORECASE)


def is_checksum(line: str, length: int, *, hexadecimal: bool) -> bool:
    """Whether random-looking text of that length in that line is a checksum, by what stands around it.

    >>> [is_checksum(line, 64, hexadecimal=True) for line in ("sha256 = ...", "hash_of_the_password = ...")]
    [True, False]
    """
    if _PREFIXED.search(line):
        return True
    if _ABOUT_SECRETS.search(line) or not _ABOUT_DIGESTS.search(line):
        return False
    return not hexadecimal or length in _HEX_DIGESTS
