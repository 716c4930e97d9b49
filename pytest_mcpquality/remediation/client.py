"""The client: policy, cache, breaker, retry and single-flight around a way to Context7."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeVar

from mcpquality_scanners.errors import UsageError
from mcpquality_scanners.text import one_line
from pytest_mcpquality.remediation.cache_opening import Tiers, open_tiers
from pytest_mcpquality.remediation.cache_records import (
    documentation_from,
    documentation_record,
    libraries_from,
    libraries_record,
)
from pytest_mcpquality.remediation.client_service import Budget, Service
from pytest_mcpquality.remediation.errors import MovedError, NoDocumentationError, RemediationError, UnusableAnswerError
from pytest_mcpquality.remediation.keys import Key, Keyring
from pytest_mcpquality.remediation.policy import SEARCH_TTL, best, checked, docs_ttl, is_library_id, ranked
from pytest_mcpquality.remediation.protocol import Context7Client
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.remediation.statistics import DocsStatistics, Quota
from pytest_mcpquality.remediation.values import Documentation, Library, Miss, MissReason, TransportKind
from pytest_mcpquality.resilience.breaker import CircuitBreaker
from pytest_mcpquality.resilience.cache.values import Answer, Json, NoAnswerError, Source
from pytest_mcpquality.resilience.clock import SYSTEM_CLOCK, Clock

T = TypeVar("T")

_FRONT: Final = 1000  # documents that are kept ready to be handed out
_SKEW: Final = 24 * 3600.0  # seconds that a document may be from the future; see `resilience.cache.cache`
_CALLS: Final = 3


class DocsClient:
    """Fetches documentation, and keeps it; an asynchronous context manager. Make one with `open_client`.

    Args:
        settings: How.
        transport: Makes the way to the service, when it is first needed.
        tiers: Where answers are kept.
        keys: The keys.
        clock: Where time comes from.
        scatter: Gives numbers from 0 to 1, for the jitter of waits.
    """

    def __init__(
        self,
        settings: DocsSettings,
        transport: Callable[[DocsClient], Context7Client],
        tiers: Tiers,
        keys: Keyring,
        *,
        clock: Clock = SYSTEM_CLOCK,
        scatter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._tiers = tiers
        self._cache = tiers.cache
        self._clock = clock
        self._now = clock.now
        self._identity = _identity(settings)
        self._service = Service(
            settings,
            lambda: transport(self),
            keys,
            tiers.cache,
            identity=self._identity,
            clock=clock,
            scatter=scatter,
        )
        # Ready to be handed out, with the time from which and until which they are fresh.
        self._front: dict[tuple[str, str], tuple[float, float, Documentation]] = {}
        self._front_hits = self._fetches = 0
        self._kept: Counter[Source] = Counter()
        self._quota = Quota()

    def __repr__(self) -> str:
        return f"<DocsClient over {self._settings.transport.value}, {self._service!r}, {self._cache!r}>"

    async def fetch(self, library: str, query: str, *, topic: str = "", calls: int = _CALLS) -> Documentation | Miss:
        """Documentation of a library about a query; never raises for what the service does.

        Args:
            library: An id such as `/psf/requests`, perhaps with `/tag`; or a name, which is searched for first.
            query: One concept, 1 to 500 characters, from a template: it is sent to a third party.
            topic: One of `resilience.cache.ttl.TTL_BY_TOPIC`: how long the answer stays fresh; empty is a week.
            calls: Requests that may be sent, retries included.

        Raises:
            UsageError: The library or the query cannot be asked for.
        """
        self._fetches += 1
        ready = self._front.get((library, query))
        if ready is not None and ready[0] <= self._now().timestamp() < ready[1]:
            self._front_hits += 1
            return ready[2]
        return await self._guarded(partial(self._fetch, _name_or_id(library), checked("query", query), topic), calls)

    async def libraries(
        self, name: str, query: str, *, calls: int = _CALLS, anew: bool = False
    ) -> tuple[Library, ...] | Miss:
        """The libraries of a name, the best first; kept for a day.

        Args:
            name: What is searched for.
            query: What one wants to know of it.
            calls: Requests that may be sent, retries included.
            anew: Ask, whatever is kept.

        Raises:
            UsageError: The name or the query cannot be asked for.
        """
        self._fetches += 1
        call = partial(self._libraries, checked("library name", name), checked("query", query), anew=anew)
        return await self._guarded(call, calls)

    def kept(self, library: str, query: str) -> Documentation | None:
        """What is kept here already, stale or not, without asking anybody: for when there is no time left."""
        library_id = self._kept_id(library)
        answer = self._cache.kept(self._docs_key(library_id, query)) if library_id else None
        return None if answer is None else self._documentation(answer, query)

    def note_quota(self, quota: Quota) -> None:
        """Remember what an answer said of requests left."""
        self._quota = quota

    @property
    def place(self) -> str:
        """Where answers are kept, for people; empty when only in this process."""
        return self._tiers.place

    @property
    def breaker(self) -> CircuitBreaker:
        """What stands between it and a service that fails."""
        return self._service.breaker

    @property
    def statistics(self) -> DocsStatistics:
        """What it has done since it was made."""
        figures = self._service.figures
        tiers = {source.value: held for source, held in self._cache.statistics.items()}
        memory = tiers[Source.MEMORY.value]
        tiers[Source.MEMORY.value] = replace(memory, hits=memory.hits + self._front_hits)
        kept = Counter({source.value: count for source, count in self._kept.items() if source is not Source.COMPUTED})
        kept[Source.MEMORY.value] += self._front_hits
        transport = self._service.transport
        return DocsStatistics(
            requests=figures.requests,
            answered=figures.answered,
            errors={reason.value: count for reason, count in self._service.errors.items()},
            retries=figures.retries,
            seconds=figures.seconds,
            slowest=figures.slowest,
            fetches=self._fetches,
            kept=dict(kept),
            tiers=tiers,
            breaker=self._service.breaker.statistics,
            pool=None if transport is None else transport.statistics,
            quota=self._quota,
            troubles=self._tiers.troubles,
        )

    async def clear(self) -> None:
        """Keep nothing, and ask the service again even if it wanted to be left alone."""
        self._front.clear()
        self._service.forget()
        await self._tiers.clear()

    async def aclose(self) -> None:
        """Let go of connections and files."""
        await self._service.aclose()
        await self._tiers.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    # From a question to an answer ----------------------------------------------------------------------------------

    async def _guarded(self, call: Callable[[Budget], Awaitable[T]], calls: int) -> T | Miss:
        budget = Budget(calls, self._clock.monotonic() + self._settings.deadline)
        try:
            return await call(budget)
        except NoAnswerError as error:
            return _known_miss(error, budget.used)
        except NoDocumentationError as error:
            return Miss(MissReason.PENDING if error.pending else error.reason, str(error), budget.used)
        except RemediationError as error:
            return Miss(error.reason, str(error), budget.used)

    async def _fetch(self, library: str, query: str, topic: str, budget: Budget) -> Documentation:
        library_id = library
        if not library.startswith("/"):
            library_id = best(await self._libraries(library, query, budget), library).id
        ttl = docs_ttl(topic)
        compute = partial(self._asked_documentation, library_id, query, budget)
        key = self._docs_key(library_id, query)
        answer = await self._cache.get_or_compute(key, compute, ttl=ttl)
        found = self._documentation(answer, query)
        if found is None:
            # Somebody else wrote what is in the cache: it is replaced.
            self._cache.put(key, record := await compute(), ttl=ttl)
            found = documentation_from(record, query)
        self._kept[answer.source] += 1
        if not found.stale:
            fetched = found.fetched_at.timestamp()
            # What a name stands for is not remembered for longer than a search.
            known = self._now().timestamp() + SEARCH_TTL if library_id != library else float("inf")
            if len(self._front) >= _FRONT:
                # The one that has been here for longest; it is still in the cache.
                del self._front[next(iter(self._front))]
            self._front[library, query] = (fetched - _SKEW, min(fetched + ttl, known), found)
        return replace(found, calls=budget.used) if budget.used else found

    async def _libraries(self, name: str, query: str, budget: Budget, *, anew: bool = False) -> tuple[Library, ...]:
        compute = partial(self._asked_libraries, name, query, budget)
        key = self._search_key(name)
        if anew:
            self._cache.put(key, await compute(), ttl=SEARCH_TTL)
        answer = await self._cache.get_or_compute(key, compute, ttl=SEARCH_TTL)
        try:
            found = libraries_from(answer.value)
        except ValueError:
            self._cache.put(key, record := await compute(), ttl=SEARCH_TTL)
            found = libraries_from(record)
        return tuple(ranked(found, name))

    async def _asked_documentation(self, library_id: str, query: str, budget: Budget) -> Json:
        with _kept_as_negative():
            try:
                return await self._ask_documentation(library_id, query, budget)
            except MovedError as moved:
                return await self._ask_documentation(_hop(library_id, moved), query, budget)

    async def _ask_documentation(self, library_id: str, query: str, budget: Budget) -> Json:
        async def call(transport: Context7Client, key: Key | None) -> Json:
            snippets = await transport.documentation(library_id, query, key=key)
            return documentation_record(Documentation(library_id, query, snippets, self._now(), transport.kind))

        return await self._service.ask(call, budget)

    async def _asked_libraries(self, name: str, query: str, budget: Budget) -> Json:
        async def call(transport: Context7Client, key: Key | None) -> Json:
            return libraries_record(await transport.libraries(name, query, key=key))

        with _kept_as_negative():
            found = await self._service.ask(call, budget)
            if not found:
                raise NoDocumentationError(f"Context7 knows no library {name!r}")
            return found

    # What is kept --------------------------------------------------------------------------------------------------

    def _documentation(self, answer: Answer, query: str) -> Documentation | None:
        """What an answer holds; None when it is none of ours."""
        try:
            found = documentation_from(answer.value, query)
        except ValueError:
            return None
        return replace(found, stale=True) if answer.source is Source.STALE else found

    def _kept_id(self, library: str) -> str:
        """The id that a name was found to have; empty when that is not known."""
        if library.startswith("/"):
            return library
        answer = self._cache.kept(self._search_key(library))
        try:
            return best(libraries_from(answer.value), library).id if answer else ""
        except (ValueError, NoDocumentationError):
            return ""

    def _docs_key(self, library_id: str, query: str) -> str:
        return f"docs|{self._identity}|{library_id}|{query}"

    def _search_key(self, name: str) -> str:
        # Not by query: the ranking is ours, and quotas are small.
        return f"search|{self._identity}|{name.casefold()}"


def open_client(settings: DocsSettings, clock: Clock = SYSTEM_CLOCK) -> DocsClient:
    """A client; nothing is connected to, and no HTTP client loaded, before something is asked that is not kept.

    Raises:
        UsageError: The settings do not fit together.
    """
    keys = Keyring(settings, clock)
    make = _mcp if settings.transport is TransportKind.MCP else _rest
    return DocsClient(settings, partial(make, settings, clock), open_tiers(settings.cache, clock), keys, clock=clock)


def _rest(settings: DocsSettings, clock: Clock, client: DocsClient) -> Context7Client:
    from pytest_mcpquality.remediation.rest import RestTransport  # noqa: PLC0415 - loads the HTTP client

    return RestTransport(settings.api_url, on_quota=client.note_quota, clock=clock)


def _mcp(settings: DocsSettings, clock: Clock, _: DocsClient) -> Context7Client:
    from pytest_mcpquality.remediation.mcp_transport import McpTransport  # noqa: PLC0415 - as above

    return McpTransport(settings, clock=clock)


def _name_or_id(library: str) -> str:
    """A library as it can be asked for.

    Raises:
        UsageError: It cannot.
    """
    if library.startswith("/") and not is_library_id(library):
        raise UsageError(
            f"docs: {one_line(library, 80)!r} is no id of a library: it must be like /owner/name or /owner/name/tag"
        )
    return checked("library", library)


def _hop(library_id: str, moved: MovedError) -> str:
    """Where to a library has moved; one hop is followed, and none in a circle."""
    if moved.target == library_id:
        raise UnusableAnswerError(f"{moved}: it has moved to itself") from None
    return moved.target


@contextmanager
def _kept_as_negative() -> Generator[None]:
    """That there is no documentation is worth remembering; not so where it has only moved once more."""
    try:
        yield
    except NoDocumentationError as error:
        detail: Json = {"text": str(error), "pending": error.pending}
        raise NoAnswerError(str(error), detail=detail, passing=error.pending) from None
    except MovedError as error:
        raise UnusableAnswerError(f"{error}: it has moved more than once") from None


def _known_miss(error: NoAnswerError, calls: int) -> Miss:
    """Why there is none, as it was kept; whoever may have written it."""
    match error.detail:
        case {"text": str(text), "pending": bool(pending)}:
            return Miss(MissReason.PENDING if pending else MissReason.NOT_FOUND, text, calls)
        case _:
            return Miss(MissReason.NOT_FOUND, "Context7 has none", calls)


def _identity(settings: DocsSettings) -> str:
    """A short name of the service that is asked, which gives nothing away."""
    command = "\0".join(settings.mcp_command) or settings.mcp_url
    source = settings.api_url if settings.transport is TransportKind.REST else command
    return hashlib.sha256(source.encode()).hexdigest()[:12]
