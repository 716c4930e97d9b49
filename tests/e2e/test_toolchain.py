"""The toolchain with the real uv and the real registry, in a cache folder of the test's own."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from mcpquality_scanners import toolchain as toolchain_module
from mcpquality_scanners.errors import ToolNotInstalledError
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import LOCKS, SPECS, Environment, Toolchain, changed_files

pytestmark = pytest.mark.e2e

SMALL = "coverage"
"""A tool without dependencies."""


def toolchain_in(cache: Path, *, offline: bool = False, version: str | None = None) -> Toolchain:
    chosen = {SMALL: version} if version else {}
    return Toolchain(cache, SystemProcessRunner(), uv=find_uv_bin(), offline=offline, chosen=chosen)


def install(cache: Path, *, again: bool = False, version: str | None = None) -> Environment:
    return asyncio.run(toolchain_in(cache, version=version).install(SMALL, again=again))


def check(cache: Path, version: str | None = None) -> str | None:
    return asyncio.run(toolchain_in(cache, version=version).check(SMALL))


def failure(cache: Path) -> str:
    with pytest.raises(ToolNotInstalledError) as caught:
        install(cache)
    assert not toolchain_in(cache).environment(SMALL).is_complete()
    return str(caught.value)


@pytest.mark.parametrize("name", SPECS)
def test_every_tool_of_ours_is_installed_whole_and_says_its_version(toolchain: Toolchain, name: str) -> None:
    tool = asyncio.run(toolchain.tool(name))
    assert asyncio.run(toolchain.check(name)) is None
    assert asyncio.run(toolchain.version_of(tool.executable)) == SPECS[name].version


def test_a_tool_is_installed_checked_and_used_offline(tmp_path: Path) -> None:
    environment = install(tmp_path)
    assert check(tmp_path) is None
    tool = asyncio.run(toolchain_in(tmp_path, offline=True).tool(SMALL))
    assert tool.executable == environment.executable
    # Bytecode is there from the start: an environment without starts twice as slowly.
    assert list(environment.folder.glob("lib/*/site-packages/coverage/__pycache__/*.pyc"))


def test_what_is_damaged_is_found_and_repaired_even_if_it_was_changed_in_place(tmp_path: Path) -> None:
    environment = install(tmp_path)
    (module,) = environment.folder.glob("lib/*/site-packages/coverage/version.py")
    module.write_text("evil = True\n", encoding="utf-8")
    assert changed_files(environment.folder) == ["coverage/version.py"]
    assert "coverage/version.py" in (check(tmp_path) or "")
    install(tmp_path, again=True)
    assert check(tmp_path) is None
    install(tmp_path / "another cache")
    assert check(tmp_path / "another cache") is None


def test_an_environment_whose_python_is_gone_is_rebuilt_on_use(tmp_path: Path) -> None:
    environment = install(tmp_path)
    environment.python.unlink()
    environment.python.symlink_to("/nonexistent/python")
    assert "its Python is gone" in (check(tmp_path) or "")
    asyncio.run(toolchain_in(tmp_path).tool(SMALL))
    assert check(tmp_path) is None


def test_two_processes_that_install_at_once_build_once(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from uv import find_uv_bin
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import Toolchain
said = lambda name, text: print(text.split()[0], flush=True)
tools = Toolchain(Path(sys.argv[1]), SystemProcessRunner(), uv=find_uv_bin(), notify=said)
print(asyncio.run(tools.tool("{SMALL}")).version)
"""

    async def both() -> list[bytes]:
        argv = (sys.executable, "-c", code, str(tmp_path))
        runs = (SystemProcessRunner().run(argv, cwd=tmp_path, timeout=300) for _ in range(2))
        return [done.stdout for done in await asyncio.gather(*runs)]

    outputs = [output.decode().split() for output in asyncio.run(both())]
    version = SPECS[SMALL].version
    assert [output[-1] for output in outputs] == [version, version]
    assert sorted(output[0] for output in outputs) in (["installing", "waiting"], [version, "installing"])
    assert check(tmp_path) is None


def test_another_version_is_installed_beside_ours(tmp_path: Path) -> None:
    install(tmp_path)
    install(tmp_path, version="7.10")
    assert check(tmp_path) is None
    assert check(tmp_path, version="7.10") is None


def test_a_registry_that_cannot_be_reached_is_told_with_the_tools_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Port 1 is closed; nothing may come from uv's cache or from a folder of wheels.
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    for name in ("UV_FIND_LINKS", "UV_INDEX", "UV_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    said = failure(tmp_path)
    assert said.startswith(f"{SMALL} {SPECS[SMALL].version} could not be installed: ")
    assert "127.0.0.1:1" in said
    assert "\n" not in said


def test_what_the_registry_has_under_another_hash_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(LOCKS, tmp_path / "locks")
    lock = tmp_path / "locks" / f"{SMALL}.txt"
    lock.write_text(
        re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text(encoding="utf-8")), encoding="utf-8"
    )
    monkeypatch.setattr(toolchain_module, "LOCKS", tmp_path / "locks")
    said = failure(tmp_path / "cache")
    assert said.startswith(f"{SMALL} {SPECS[SMALL].version} could not be installed: ")
    assert "0000000000" in said or "hash" in said.lower()


def test_a_version_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolNotInstalledError, match=rf"{SMALL} 0\.0\.0\.1 could not be installed: .*{SMALL}"):
        install(tmp_path, version="0.0.0.1")
