"""What looks like a secret, hidden in every text that a report shows.

Scanners promise not to pass secrets on, but their messages quote the code under review. This is the second
fence: it works on the text alone and knows nothing of where it comes from.
"""

from __future__ import annotations

import re

MASK = "[hidden]"

_LOOKED_AT = 20_000
"""Characters of a text that are looked through; what stands behind them is not shown by anybody."""

_NAMES = r"passw(?:or)?d|passphrase|secret|token|api_?key|access_?key|private_?key|credentials?"

# What secrets look like wherever they stand: vendors' documented prefixes (AWS, GitHub, GitLab, Slack, Google,
# Stripe and OpenAI style keys, PyPI, npm, JSON web tokens), credentials in an address or a header, and texts
# assigned to a name that says so. Every repetition is bounded: the texts are other people's.
_SECRETS = re.compile(
    rf"""\bA(?:KIA|SIA)[0-9A-Z]{{16}}
    | \bgh[opusr]_\w{{16,}} | \bgithub_pat_\w{{16,}} | \bglpat-[\w-]{{16,}} | \bxox[abeprs]-[\w-]{{10,}}
    | \b[sr]k[-_][\w-]{{16,}} | \bAIza[\w-]{{30,}} | \bpypi-[\w-]{{16,}} | \bnpm_\w{{16,}}
    | \beyJ[\w-]{{8,}}\.[\w-]{{8,}}\.[\w-]*
    | (?<=://)[^\s/:@'"]{{0,100}}:[^\s/@'"]{{1,200}}(?=@)
    | (?<=[?&])(?i:\w{{0,30}}(?:{_NAMES}|signature)\w{{0,30}}=)(?P<query>[^\s&"'<>]{{4,}})
    | (?i:\bbearer|\bbasic)\s{{1,9}}(?P<header>[\w.~+/=-]{{16,}})
    | (?i:{_NAMES})
      \w{{0,30}}["']?\]?\s{{0,9}}(?::\s{{0,9}}\w{{1,20}}\s{{0,9}})?[:=]\s{{0,9}}[bfru]{{0,2}}(?P<text>"[^"]{{4,}}"?|'[^']{{4,}}'?)
    """,
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY)(?:(?!-----END).)*", re.DOTALL)

# In configuration files a value needs no quotes; in code, what follows the name without quotes is an expression.
_UNQUOTED = re.compile(
    rf"(?i:(?:{_NAMES})\w{{0,30}})[\"']?\s{{0,9}}[:=]\s{{0,9}}(?P<text>[^\s\"'#,;]{{4,}}|\"[^\"]+\"?|'[^']+'?)"
)


def redacted(text: str, *, unquoted: bool = False) -> str:
    """`text` with what looks like a secret hidden; `unquoted` for languages whose values need no quotes."""
    hidden = _PRIVATE_KEY.sub(rf"\1 {MASK} ", _SECRETS.sub(_mask, text))
    return _UNQUOTED.sub(_mask, hidden) if unquoted else hidden


def shortened(text: str, limit: int) -> str:
    """The first `limit` characters of `text`, redacted before it is cut: half a secret would not be recognised."""
    shown = redacted(text[:_LOOKED_AT])
    more = max(len(shown) - limit, 0) + max(len(text) - _LOOKED_AT, 0)
    return f"{shown[:limit]} [{more:,} more characters: see the JSON report]" if more else shown


def _mask(match: re.Match[str]) -> str:
    """The match without its secret: a quoted text keeps its quotes, and what stands before a value stays."""
    groups = match.groupdict()
    value = next((found for found in groups.values() if found is not None), None)
    if value is None:
        return MASK
    before = match[0][: -len(value)]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{before}{quote}{MASK}{quote}"
