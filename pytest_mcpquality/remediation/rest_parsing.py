"""From the bytes of an answer to values: nothing is believed, everything is bounded."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from pytest_mcpquality.remediation.errors import NoDocumentationError, UnusableAnswerError
from pytest_mcpquality.remediation.policy import is_library_id
from pytest_mcpquality.remediation.values import Library, Snippet

_MOST_SNIPPETS: Final = 20
_MOST_LIBRARIES: Final = 100
_MOST_VERSIONS: Final = 200
_LONGEST_LINE: Final = 300
_LONGEST_TEXT: Final = 8000
_LONGEST_URL: Final = 500

JsonObject = dict[str, Any]


def json_object(body: bytes) -> JsonObject:
    """The JSON object that a body is.

    Raises:
        UnusableAnswerError: It is none.
    """
    try:
        found: object = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError(f"Context7 answered with what is no JSON ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise UnusableAnswerError("Context7 answered with JSON that is no object")
    return cast("JsonObject", found)


def object_or_nothing(body: bytes) -> JsonObject:
    """The JSON object that the body of an error may be, else an empty one."""
    try:
        return json_object(body)
    except UnusableAnswerError:
        return {}


def libraries_of(answer: JsonObject) -> tuple[Library, ...]:
    """The libraries that a search lists; those without a usable id are left out.

    Raises:
        UnusableAnswerError: It lists none, not even an empty list.
    """
    results = answer.get("results")
    if not isinstance(results, list):
        raise UnusableAnswerError(f"Context7 answered a search without results{_why(answer)}")
    entries = _objects(cast("list[object]", results)[:_MOST_LIBRARIES])
    return tuple(_library(one) for one in entries if is_library_id(text_of(one.get("id"), _LONGEST_LINE)))


def snippets_of(answer: JsonObject) -> tuple[Snippet, ...]:
    """The pieces of documentation in an answer, code first; its `rules` are somebody's instructions and left out.

    Raises:
        UnusableAnswerError: It is no documentation.
        NoDocumentationError: There is nothing about the query.
    """
    documented = any(isinstance(answer.get(name), list) for name in ("codeSnippets", "infoSnippets"))
    if "error" in answer or not documented:
        raise UnusableAnswerError(f"Context7 answered without documentation{_why(answer)}")
    found = [_code(one) for one in _objects(answer.get("codeSnippets"))]
    found += [_info(one) for one in _objects(answer.get("infoSnippets"))]
    kept = tuple(one for one in found if one.text or one.code)[:_MOST_SNIPPETS]
    if not kept:
        raise NoDocumentationError("Context7 has nothing about this")
    return kept


def text_of(value: object, limit: int = _LONGEST_TEXT) -> str:
    """A text that can be written anywhere: no lone surrogates, no NUL, no more than so many characters."""
    if not isinstance(value, str):
        return ""
    return value[:limit].encode("utf-8", "replace").decode("utf-8").replace("\0", "").strip()


def url_of(value: object) -> str:
    """An address on the web; empty when it is none, or when it is more than an address."""
    text = text_of(value, _LONGEST_URL + 1)
    try:
        split = urlsplit(text)
    except ValueError:
        return ""
    fits = len(text) <= _LONGEST_URL and text.isprintable() and " " not in text
    web = split.scheme in {"https", "http"} and split.hostname and "@" not in split.netloc
    return text if fits and web else ""


def _why(answer: JsonObject) -> str:
    return f": {text_of(answer['error'], 100)}" if isinstance(answer.get("error"), str) else ""


def _objects(values: object) -> Iterable[JsonObject]:
    entries = cast("list[object]", values) if isinstance(values, list) else []
    return (cast("JsonObject", one) for one in entries if isinstance(one, dict))


def _library(entry: Mapping[str, object]) -> Library:
    versions = entry.get("versions")
    tags = cast("list[object]", versions)[:_MOST_VERSIONS] if isinstance(versions, list) else []
    snippets = _number(entry.get("totalSnippets"))
    return Library(
        id=text_of(entry.get("id")),
        title=text_of(entry.get("title"), _LONGEST_LINE),
        description=text_of(entry.get("description"), _LONGEST_LINE),
        state=text_of(entry.get("state"), _LONGEST_LINE),
        trust_score=_number(entry.get("trustScore")),
        benchmark_score=_number(entry.get("benchmarkScore")),
        snippets=int(snippets or 0),
        versions=tuple(tag for tag in (text_of(one, _LONGEST_LINE) for one in tags) if tag),
    )


def _number(value: object) -> float | None:
    """A figure that was measured: -1 stands for none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _code(entry: JsonObject) -> Snippet:
    nothing: JsonObject = {}
    example = next(iter(_objects(entry.get("codeList"))), nothing)
    return Snippet(
        title=text_of(entry.get("codeTitle") or entry.get("pageTitle"), _LONGEST_LINE),
        text=text_of(entry.get("codeDescription")),
        code=text_of(example.get("code")),
        language=text_of(example.get("language") or entry.get("codeLanguage"), 40),
        url=url_of(entry.get("codeId")),
    )


def _info(entry: JsonObject) -> Snippet:
    return Snippet(
        title=text_of(entry.get("breadcrumb"), _LONGEST_LINE),
        text=text_of(entry.get("content")),
        url=url_of(entry.get("pageId")),
    )
