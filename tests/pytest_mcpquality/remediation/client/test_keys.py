"""Keys in turn, read anew, and never shown."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.remediation.errors import KeyRefusedError, QuotaExceededError
from pytest_mcpquality.remediation.keys import Key, Keyring
from pytest_mcpquality.remediation.settings import DocsSettings
from pytest_mcpquality.testing import FakeClock

pytestmark = [pytest.mark.timeout(30), pytest.mark.asyncio]

SECRET = "ctx7sk-11111111-2222"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def keyring(clock: FakeClock, **settings: object) -> Keyring:
    return Keyring(replace(DocsSettings(), **settings), clock)  # type: ignore[arg-type]


async def used(ring: Keyring) -> str:
    key = await ring.current()
    assert key is not None
    return key.reveal()


def printing(*lines: str, code: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", f"print({chr(10).join(lines)!r}); raise SystemExit({code})")


async def test_without_keys_none_is_sent(clock: FakeClock) -> None:
    ring = keyring(clock)
    assert await ring.current() is None
    ring.refuse(None)
    with pytest.raises(KeyRefusedError, match="Context7 wants a key: set one as CONTEXT7_API_KEY"):
        await ring.current()


async def test_the_next_one_is_taken_when_one_is_refused(clock: FakeClock) -> None:
    ring = keyring(clock, api_keys=("one", "two"))
    assert await used(ring) == "one"
    ring.refuse(await ring.current())
    assert await ring.has_another()
    assert await used(ring) == "two"
    ring.refuse(await ring.current())
    assert not await ring.has_another()
    with pytest.raises(KeyRefusedError, match="refused every key"):
        await ring.current()
    ring.forget()
    assert await used(ring) == "one"


async def test_the_first_is_taken_again_when_its_quota_is_new(clock: FakeClock) -> None:
    ring = keyring(clock, api_keys=("one", "two"))
    ring.over_quota(await ring.current(), 100)
    assert await used(ring) == "two"
    ring.over_quota(await ring.current(), 50)
    with pytest.raises(QuotaExceededError, match="every key is over quota") as told:
        await ring.current()
    assert told.value.retry_after == 50
    clock.advance(50)
    assert await used(ring) == "two"
    clock.advance(50)
    assert await used(ring) == "one"


async def test_a_file_is_read_anew_when_it_changes(clock: FakeClock, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# ours\n\n one \n", encoding="utf-8")
    ring = keyring(clock, api_key_file=file)
    assert await used(ring) == "one"
    before = ring.fingerprint()
    file.write_text("two\nthree\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert await used(ring) == "two"
    assert ring.fingerprint() != before
    file.unlink()
    assert await used(ring) == "two"


async def test_a_file_that_is_not_there_is_said(clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match=r"the file of keys .*nothing cannot be read: No such file"):
        await keyring(clock, api_key_file=tmp_path / "nothing").current()
    (tmp_path / "empty").touch()
    with pytest.raises(KeyRefusedError, match="there is no key"):
        await keyring(clock, api_key_file=tmp_path / "empty").current()
    (tmp_path / "wrong").write_text(f"{SECRET} with spaces", encoding="utf-8")
    with pytest.raises(KeyRefusedError, match="is no key") as told:
        await keyring(clock, api_key_file=tmp_path / "wrong").current()
    assert SECRET not in str(told.value)


async def test_a_command_is_run_once_and_again_when_its_keys_are_of_no_use(clock: FakeClock, tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = f"import pathlib; p = pathlib.Path({str(count)!r}); n = len(p.read_text()) if p.exists() else 0; "
    program += "p.write_text('x' * (n + 1)); print(f'key{min(n, 1)}')"
    ring = keyring(clock, api_key_command=(sys.executable, "-I", "-c", program))
    assert ring.fingerprint() is None
    assert await used(ring) == await used(ring) == "key0"
    assert count.read_text(encoding="utf-8") == "x"
    ring.refuse(await ring.current())
    assert await used(ring) == "key1"
    ring.refuse(await ring.current())
    with pytest.raises(KeyRefusedError):
        await ring.current()
    with pytest.raises(KeyRefusedError):
        await ring.current()
    assert count.read_text(encoding="utf-8") == "xxx"


async def test_many_who_need_a_key_run_the_command_once(clock: FakeClock, tmp_path: Path) -> None:
    count = tmp_path / "count"
    program = f"import time; open({str(count)!r}, 'a').write('x'); time.sleep(0.2); print('key')"
    ring = keyring(clock, api_key_command=(sys.executable, "-I", "-c", program))
    assert await asyncio.gather(*(used(ring) for _ in range(10))) == ["key"] * 10
    assert count.read_text(encoding="utf-8") == "x"


async def test_who_is_cancelled_while_it_runs_leaves_it_to_the_next(clock: FakeClock) -> None:
    ring = keyring(clock, api_key_command=printing("key"))
    first = asyncio.create_task(ring.current())
    await asyncio.sleep(0.01)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await used(ring) == "key"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (printing(SECRET, code=3), "failed with exit code 3"),
        (printing("two words"), "is no key"),
        (("/nothing/here", SECRET), "cannot be run"),
        (printing("x" * 100_000), "failed with exit code|is no key"),
        (printing(), "there is no key"),
    ],
)
async def test_a_command_that_gives_no_key_is_said_without_its_output(
    command: tuple[str, ...], message: str, clock: FakeClock
) -> None:
    with pytest.raises(KeyRefusedError, match=message) as told:
        await keyring(clock, api_key_command=command).current()
    assert SECRET not in str(told.value)


@pytest.mark.parametrize("text", [f"{SECRET}\r\nX-Evil: 1", f"{SECRET} ", "ké", "", f"\0{SECRET}", "x" * 501])
async def test_what_could_leave_its_header_is_no_key(text: str, clock: FakeClock) -> None:
    with pytest.raises(UsageError, match="the key that was given is no key") as told:
        keyring(clock, api_keys=(text,))
    assert SECRET not in str(told.value)


async def test_a_key_does_not_show_itself(clock: FakeClock) -> None:
    key, same = Key(SECRET), Key(SECRET)
    assert key == same
    assert hash(key) == hash(same)
    assert key != SECRET
    ring = keyring(clock, api_keys=(SECRET, "other"))
    ring.refuse(await ring.current())
    settings = DocsSettings(api_keys=(SECRET,), api_key_command=("pass", SECRET), cache=f"redis://:{SECRET}@h")
    for shown in (repr(key), str(key), f"{key}", repr(ring), repr(vars(ring)), repr(settings), ring.fingerprint()):
        assert shown is not None
        assert SECRET not in shown
    assert repr(ring) == "<Keyring: 2 keys, 1 of no use now>"
    assert ring.hide(f"<{SECRET}>") == "<[key]>"
    for copied in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            copied(key)
