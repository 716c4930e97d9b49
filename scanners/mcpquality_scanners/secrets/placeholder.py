"""Values that stand where a secret goes and are none: `your-client-secret`, `<token>`, `secret`, a sentence.

This file is also handed to detect-secrets, which runs in an environment of its own: it needs the standard library only.
"""

from __future__ import annotations

import re

_VOCABULARY = frozenset({
    "a", "access", "an", "anonymous", "api", "app", "auth", "bar", "baz", "bearer", "change", "changeme", "client",
    "credential", "credentials", "default", "demo", "dev", "development", "dummy", "enter", "example", "fake",
    "foo", "here", "hidden", "id", "insert", "jwt", "key", "keys", "me", "my", "name", "none", "null", "oauth",
    "pass", "passphrase", "passwd", "password", "passwords", "placeholder", "private", "public", "put", "pwd",
    "redacted", "removed", "replace", "sample", "secret", "secrets", "session", "some", "super", "test", "testing",
    "the", "this", "to", "todo", "token", "tokens", "user", "username", "value", "webhook", "with", "your",
})  # fmt: skip
_NAMED = frozenset({"credential", "credentials", "key", "keys", "passphrase", "password", "pwd", "secret", "token"})
_OWNERS = frozenset({"my", "your"})

_SHORT = 3  # digits that count or name something, as in `secret123`

_TEMPLATE = re.compile(r"<[^<>]+>|\$?\{[^{}]+\}|\{\{[^{}]+\}\}|%\(\w+\)s|\[[A-Za-z _-]+\]")
_BLANKED = re.compile(r"[xX*.•_#?-]+")
_CUT_OFF = re.compile(r"[\w-]{1,40}(?:\.\.\.|…)")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_SENTENCE = re.compile(r"(?:[A-Za-z][A-Za-z'-]*[,;:]? ){5,}[A-Za-z][A-Za-z'-]*[.!?]")
_WORD = re.compile(r"[A-Za-z]+|[0-9]+")
_JOINED = re.compile(r"[A-Za-z0-9]+(?:[ ._-]+[A-Za-z0-9]+)*")


def is_placeholder(value: str) -> bool:
    """Whether a value reads as if a secret were to be filled in, or named, or written about.

    >>> [is_placeholder(value) for value in ("your-github-client-secret", "<token>", "hunter2", "s3cr3t-Tr0ub4dor")]
    [True, True, False, False]
    """
    text = value.strip()
    shapes = (_TEMPLATE, _BLANKED, _CUT_OFF, _SENTENCE)
    return any(shape.fullmatch(text) for shape in shapes) or _is_name(text) or _is_made_of_words(text.strip("_"))


def _is_name(text: str) -> bool:
    """Whether it is the name of a variable that holds the secret, such as `SERVICE_API_KEY`."""
    return _VARIABLE.fullmatch(text) is not None and text.rpartition("_")[2].lower() in _NAMED


def _is_made_of_words(text: str) -> bool:
    """Whether nothing but words for secrets and their owners is in it; after `your` and `my` any may come between."""
    if not _JOINED.fullmatch(text):
        return False
    words = [word.lower() for word in re.split(r"[ ._-]+", text)]
    if words[0] in _OWNERS and words[-1] in _NAMED:
        return True
    parts: list[str] = _WORD.findall(text)
    return all(len(part) <= _SHORT if part.isdigit() else part.lower() in _VOCABULARY for part in parts)
