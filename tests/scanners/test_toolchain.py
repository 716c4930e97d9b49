"""Where tools come from, with a fake uv that builds what it is told to: the real one is in tests/e2e."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
import shutil
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from packaging.version import Version

from mcpquality_scanners import toolchain as toolchain_module
from mcpquality_scanners.base import Completed
from mcpquality_scanners.errors import ToolError, ToolNotInstalledError, UsageError
from mcpquality_scanners.process import SystemProcessRunner
from mcpquality_scanners.toolchain import (
    LOCKS,
    ON_PATH,
    SPECS,
    Environment,
    Toolchain,
    changed_files,
    default_cache,
    uv_settings,
)

UV = "/fake/uv"


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def install_wheel(folder: Path, name: str, version: str) -> None:
    """What installing a wheel leaves: a module, a command, a RECORD of both, and files that no RECORD vouches for."""
    packages = folder / "lib" / "python3.11" / "site-packages"
    script(folder / "bin" / name, f"echo {name} {version}")
    (packages / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
    (packages / f"{name}.py").write_text("pass\n", encoding="utf-8")
    info = packages / f"{name}-{version}.dist-info"
    info.mkdir()
    rows = []
    for relative in (f"{name}.py", f"../../../bin/{name}"):
        digest = urlsafe_b64encode(hashlib.sha256((packages / relative).read_bytes()).digest()).rstrip(b"=").decode()
        rows.append(f"{relative},sha256={digest},1")
    rows += [f"{info.name}/RECORD,,", f"{name}.pyc,,"]
    (info / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")


class FakeUv:
    """A process runner with a uv that makes environments, a pip with a configuration, and real tools."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.environments: list[Mapping[str, str]] = []
        self.pip_config = b""
        self.stderr = b""
        self.fails_at = ""
        self.times_out = False
        self.not_there = False
        self.installs_nothing = False
        self.before_install: Callable[[], Coroutine[Any, Any, None]] | None = None
        self.error: OSError | None = None

    @property
    def builds(self) -> int:
        return sum("venv" in call for call in self.calls)

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109 - see ProcessRunner
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
    ) -> Completed:
        if argv[1:] == ("-m", "pip", "config", "list"):
            return Completed(argv, 0, self.pip_config, b"", 0.0)
        if argv[0] != UV:
            return await SystemProcessRunner().run(argv, cwd=cwd, timeout=timeout, env=env, stdin=stdin)
        self.calls.append(argv)
        self.environments.append(env or {})
        if self.not_there:
            raise ToolError("uv could not be started: gone")
        if self.error is not None:
            raise self.error
        command = "venv" if "venv" in argv else "install"
        if self.fails_at == command:
            code = None if self.times_out else 2
            return Completed(argv, code, b"", self.stderr, 0.0, timed_out=self.times_out)
        if command == "venv":
            python = Path(argv[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)
        else:
            if self.before_install is not None:
                await self.before_install()
            self._install(argv)
        return Completed(argv, 0, b"", b"", 0.0)

    def _install(self, argv: tuple[str, ...]) -> None:
        if self.installs_nothing:
            return
        python = Path(argv[argv.index("--python") + 1])
        wanted = Path(argv[-1]).read_text(encoding="utf-8")
        name = next(name for name in SPECS if Path(argv[-1]).name.startswith(f"{name}-"))
        version = re.search(rf"^{name}==([^\s;]+)", wanted, re.MULTILINE)
        assert version is not None
        install_wheel(python.parent.parent, name, version.group(1))


class Bench:
    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.uv = FakeUv()
        self.said: list[tuple[str, str]] = []

    def toolchain(self, *, offline: bool = False, **chosen: str) -> Toolchain:
        return Toolchain(
            self.cache,
            self.uv,
            uv=UV,
            chosen=chosen,
            offline=offline,
            notify=lambda name, text: self.said.append((name, text)),
        )

    def installed(self) -> Environment:
        return asyncio.run(self.toolchain().install("bandit"))

    def check(self) -> str:
        return asyncio.run(self.toolchain().check("bandit")) or "whole"

    def repair(self) -> None:
        asyncio.run(self.toolchain().install("bandit", again=True))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "cache")


def failure(of: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(ToolNotInstalledError) as caught:
        asyncio.run(of)
    return str(caught.value)


# --- installing ---


def test_a_tool_is_installed_on_first_use_and_then_used(bench: Bench) -> None:
    first = asyncio.run(bench.toolchain().tool("bandit"))
    second = asyncio.run(bench.toolchain().tool("bandit"))
    assert first == second
    assert (first.name, first.version) == ("bandit", SPECS["bandit"].version)
    assert os.access(first.executable, os.X_OK)
    assert first.python is not None
    assert first.python.exists()
    assert bench.uv.builds == 1
    assert bench.said == [("bandit", f"installing bandit {first.version} (first use)")]
    assert bench.check() == "whole"


def test_a_toolchain_looks_only_once(bench: Bench) -> None:
    async def twice() -> bool:
        toolchain = bench.toolchain()
        return await toolchain.tool("bandit") is await toolchain.tool("bandit")

    assert asyncio.run(twice())


def test_uv_is_told_to_hold_the_lock_and_to_stay_out_of_the_scanned_folder(bench: Bench) -> None:
    environment = bench.installed()
    venv, install = bench.uv.calls
    assert venv[-2:] == (sys.executable, str(environment.folder))
    assert "--require-hashes" in install
    assert "copy" in install
    assert "--refresh" not in install
    assert Path(install[-1]).read_text(encoding="utf-8") == (LOCKS / "bandit.txt").read_text(encoding="utf-8")


def test_another_version_is_another_environment_without_our_lock(bench: Bench) -> None:
    toolchain = bench.toolchain(bandit="1.8.0")
    environment = asyncio.run(toolchain.install("bandit"))
    assert environment.version == "1.8.0"
    assert environment.folder != bench.installed().folder
    assert "--require-hashes" not in bench.uv.calls[1]
    assert Path(bench.uv.calls[1][-1]).read_text(encoding="utf-8") == "bandit==1.8.0\n"
    assert not toolchain.is_locked("bandit")
    assert bench.toolchain(bandit=SPECS["bandit"].version).is_locked("bandit")


def test_two_ways_to_write_a_version_are_one(bench: Bench) -> None:
    toolchain = bench.toolchain(bandit="1.8")
    environment = asyncio.run(toolchain.install("bandit"))
    script(environment.executable, "echo bandit 1.8.0")
    said = asyncio.run(toolchain.check("bandit"))
    assert said is not None
    assert "installed files are missing or changed" in said  # the command, and no word about the version


@pytest.mark.parametrize(
    "version", ["", "latest", ">=1", "1.0\n--index-url=http://x.example", "../../x", "1.0/..", "1 2"]
)
def test_what_is_no_version_is_wrong_usage(bench: Bench, version: str) -> None:
    with pytest.raises(UsageError, match=r"tools\.bandit must be a version such as"):
        bench.toolchain(bandit=version)


def test_a_changed_lock_is_another_environment(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bench.toolchain().environment("bandit").folder
    shutil.copytree(LOCKS, tmp_path / "locks")
    with (tmp_path / "locks" / "bandit.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    monkeypatch.setattr(toolchain_module, "LOCKS", tmp_path / "locks")
    assert bench.toolchain().environment("bandit").folder != before


def test_what_is_half_built_is_built_anew(bench: Bench) -> None:
    environment = bench.toolchain().environment("bandit")
    left_over = environment.folder / "lib" / "left-over.py"
    left_over.parent.mkdir(parents=True)
    left_over.write_text("", encoding="utf-8")
    assert bench.check().startswith("broken: not built to the end")
    bench.installed()
    assert not left_over.exists()
    assert bench.check() == "whole"


def test_a_cancelled_installation_leaves_nothing_that_looks_whole(bench: Bench) -> None:
    reached = asyncio.Event()

    async def stop() -> None:
        reached.set()
        await asyncio.Event().wait()

    async def cancelled() -> None:
        bench.uv.before_install = stop
        task = asyncio.create_task(bench.toolchain().install("bandit"))
        await reached.wait()
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(cancelled())
    assert not bench.toolchain().environment("bandit").is_complete()
    bench.uv.before_install = None
    assert bench.installed().is_complete()


def test_two_that_install_at_once_build_once(bench: Bench) -> None:
    async def wait_for_the_other() -> None:
        while not any("waiting" in text for _, text in bench.said):  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def both() -> None:
        bench.uv.before_install = wait_for_the_other
        await asyncio.gather(bench.toolchain().tool("bandit"), bench.toolchain().tool("bandit"))

    asyncio.run(both())
    assert bench.uv.builds == 1
    assert [text for _, text in bench.said] == [
        f"installing bandit {SPECS['bandit'].version} (first use)",
        "waiting for another scan to install it",
    ]


def test_a_lock_that_is_never_let_go_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain_module, "LOCK_TIMEOUT", 0.01)
    lock = bench.toolchain().environment("bandit").beside(".lock")
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        said = failure(bench.toolchain().tool("bandit"))
    assert f"another process has held {lock} for too long" in said
    assert bench.uv.calls == []


# --- broken environments ---


def _damage_python(environment: Environment) -> None:
    environment.python.unlink()
    environment.python.symlink_to("/nonexistent/python")


def _package(environment: Environment) -> Path:
    (found,) = environment.folder.glob("lib/*/site-packages/bandit.py")
    return found


def _record(environment: Environment) -> Path:
    (found,) = environment.folder.glob("lib/*/site-packages/*.dist-info/RECORD")
    return found


DAMAGES: dict[str, Callable[[Environment], object]] = {
    "no command": lambda environment: environment.executable.unlink(),
    "a command that cannot be run": lambda environment: environment.executable.chmod(0o644),
    "no Python": lambda environment: environment.python.unlink(),
    "a Python that is gone": _damage_python,
    "no marker": lambda environment: environment.marker.unlink(),
}
HIDDEN_DAMAGES: dict[str, Callable[[Environment], object]] = {
    "a garbled marker": lambda environment: environment.marker.write_bytes(b"\xff{"),
    "a marker of another shape": lambda environment: environment.marker.write_text("[1]", encoding="utf-8"),
    "an empty marker": lambda environment: environment.marker.write_bytes(b""),
    "a changed file": lambda environment: _package(environment).write_text("evil()\n", encoding="utf-8"),
    "a missing file": lambda environment: _package(environment).unlink(),
    "a missing RECORD": lambda environment: _record(environment).unlink(),
    "a missing package": lambda environment: shutil.rmtree(_package(environment).parent),
    "a garbled RECORD": lambda environment: _record(environment).write_bytes(b"\xff\0"),
    "an emptied RECORD": lambda environment: _record(environment).write_bytes(b""),
    "a changed command": lambda environment: script(environment.executable, "exit 0"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_what_is_plainly_broken_is_told_and_rebuilt_on_next_use(
    bench: Bench, damage: Callable[[Environment], object]
) -> None:
    damage(bench.installed())
    assert bench.check().startswith("broken: not built to the end, or its Python is gone")
    asyncio.run(bench.toolchain().tool("bandit"))
    assert bench.uv.builds == 2
    assert bench.check() == "whole"


@pytest.mark.parametrize("damage", HIDDEN_DAMAGES.values(), ids=HIDDEN_DAMAGES.keys())
def test_what_has_changed_is_told_and_rebuilt_on_request(bench: Bench, damage: Callable[[Environment], object]) -> None:
    damage(bench.installed())
    assert re.match(r"broken: 1 installed files are missing or changed, such as \S+$", bench.check())
    bench.repair()
    assert "--refresh" in bench.uv.calls[-1]
    assert bench.check() == "whole"


def test_a_record_that_nobody_vouched_for_is_read_with_care(bench: Bench) -> None:
    environment = bench.installed()
    added = _record(environment).parent.with_name("evil-1.0.dist-info") / "RECORD"
    added.parent.mkdir()
    added.write_bytes(b"\xff\0")
    assert "such as evil-1.0.dist-info" in bench.check()
    added.write_text("../no/such/file,sha256=x,1\n\0,sha256=x,1\nother,md5=x,1\n", encoding="utf-8")
    assert sorted(changed_files(environment.folder)) == ["\0", "../no/such/file"]


def test_a_tool_that_says_it_is_another_version_is_broken(bench: Bench) -> None:
    environment = bench.toolchain().environment("bandit")
    script(environment.executable, "echo bandit 0.0.1")
    environment.python.symlink_to(sys.executable)
    environment.marker.write_text("{}", encoding="utf-8")
    assert bench.check() == f"broken: says it is version 0.0.1, not {environment.version}"
    script(environment.executable, "echo bandit 1.9.4; exit 1")
    assert bench.check() == f"broken: says it is version unknown, not {environment.version}"
    environment.executable.write_text("#!/no/such/shell\n", encoding="utf-8")
    assert bench.check().startswith("broken: bandit could not be started")


def test_what_is_not_there_yet_is_not_broken(bench: Bench) -> None:
    assert bench.check() == "not installed; it will be on first use"


# --- what goes wrong while installing ---


def test_offline_uses_what_is_there_and_downloads_nothing(bench: Bench) -> None:
    said = failure(bench.toolchain(offline=True).tool("bandit"))
    assert "--offline forbids" in said
    assert "mcpquality tools install bandit" in said
    assert bench.uv.calls == []
    bench.installed()
    assert asyncio.run(bench.toolchain(offline=True).tool("bandit")).name == "bandit"


@pytest.mark.parametrize("step", ["venv", "install"])
def test_what_uv_said_is_told_with_the_tools_name(bench: Bench, step: str) -> None:
    bench.uv.fails_at = step
    bench.uv.stderr = b"noise\nerror: Failed to fetch\n  Caused by: \x1b[31mno space left on device\x1b[0m\n\n"
    said = failure(bench.toolchain().tool("bandit"))
    assert said.startswith(f"bandit {SPECS['bandit'].version} could not be installed: ")
    assert "error: Failed to fetch | Caused by: no space left on device" in said
    assert said.endswith("Run `mcpquality tools install bandit` when that is put right.")
    assert not bench.toolchain().environment("bandit").is_complete()


def test_a_uv_that_says_nothing_or_never_ends_or_is_not_there(bench: Bench) -> None:
    bench.uv.fails_at = "install"
    assert "uv ended with 2." in failure(bench.toolchain().tool("bandit"))
    bench.uv.times_out = True
    assert "it took longer than 900 s." in failure(bench.toolchain().tool("bandit"))
    bench.uv.not_there = True
    said = failure(bench.toolchain().tool("bandit"))
    assert "bandit" in said
    assert "uv could not be started" in said


def test_an_installation_without_the_command_is_none(bench: Bench) -> None:
    bench.uv.installs_nothing = True
    assert "it has no command bandit." in failure(bench.toolchain().tool("bandit"))


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    bench = Bench(tmp_path / "file" / "cache")
    said = failure(bench.toolchain().tool("bandit"))
    assert said.startswith(f"bandit could not be installed into {tmp_path}/file/cache: ")
    assert "MCPQUALITY_CACHE_DIR" in said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_forbidden_disk_is_told(bench: Bench, number: int) -> None:
    bench.uv.error = OSError(number, os.strerror(number))
    said = failure(bench.toolchain().tool("bandit"))
    assert os.strerror(number) in said
    assert not bench.toolchain().environment("bandit").is_complete()


def test_a_disk_that_is_full_when_the_marker_is_written_leaves_no_whole_environment(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_environment: Environment) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(toolchain_module, "_mark", full)
    assert "No space left on device" in failure(bench.toolchain().tool("bandit"))
    assert not bench.toolchain().environment("bandit").is_complete()


# --- the tool on PATH ---


def test_the_tool_on_path_where_the_configuration_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{bench.cache / 'bin'}:/usr/bin:/bin")
    said = failure(bench.toolchain(bandit=ON_PATH).tool("bandit"))
    assert said == (
        'bandit was not found on PATH. Install it, or remove `bandit = "path"` from [tool.mcpquality.tools].'
    )
    script(bench.cache / "bin" / "bandit", "echo bandit 3.2.1; echo python 3.11.7")
    tool = asyncio.run(bench.toolchain(bandit=ON_PATH).tool("bandit"))
    assert (tool.version, tool.executable, tool.python) == ("3.2.1", bench.cache / "bin" / "bandit", None)
    assert bench.uv.calls == []


def test_a_tool_that_is_none_of_ours_is_looked_for_on_path(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(bench.cache))
    assert failure(bench.toolchain().tool("gitleaks")) == "gitleaks was not found on PATH. Install it."
    script(bench.cache / "gitleaks", "echo no figure")
    assert asyncio.run(bench.toolchain().tool("gitleaks")).version == "unknown"


def test_a_tool_in_the_scanned_folder_is_not_on_path(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "gitleaks", "echo 1.0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".:")
    assert "not found on PATH" in failure(bench.toolchain().tool("gitleaks"))


def test_one_from_path_or_unknown_has_no_environment(bench: Bench) -> None:
    with pytest.raises(UsageError, match="bandit is taken from PATH"):
        bench.toolchain(bandit=ON_PATH).environment("bandit")
    with pytest.raises(UsageError, match=r"there is no tool 'gitleaks'\. There are bandit"):
        asyncio.run(bench.toolchain().install("gitleaks"))


# --- where uv looks ---


@pytest.mark.parametrize(
    ("pip_config", "environ", "expected"),
    [
        ("", {}, {}),
        ("global.index-url='https://m.example/simple'", {}, {"UV_DEFAULT_INDEX": "https://m.example/simple"}),
        (
            "global.index-url='https://g.example'\ninstall.index-url='https://i.example/?a=b'",
            {},
            {"UV_DEFAULT_INDEX": "https://i.example/?a=b"},
        ),
        ("install.index-url='https://i.example'\nwheel.index-url='https://w.example'", {}, {"UV_DEFAULT_INDEX": "https://i.example"}),
        ("global.index-url='https://g.example'", {"PIP_INDEX_URL": "https://e.example"}, {"UV_DEFAULT_INDEX": "https://e.example"}),
        ("global.index-url='https://g.example'", {"UV_DEFAULT_INDEX": "https://u.example"}, {}),
        ("global.index-url='https://g.example'", {"UV_INDEX_URL": "https://u.example"}, {}),
        ("global.cert='/a.pem'", {}, {"SSL_CERT_FILE": "/a.pem"}),
        ("global.cert='/a.pem'", {"PIP_CERT": "/b.pem"}, {"SSL_CERT_FILE": "/b.pem"}),
        ("", {"REQUESTS_CA_BUNDLE": "/c.pem"}, {"SSL_CERT_FILE": "/c.pem"}),
        ("global.cert='/a.pem'", {"SSL_CERT_FILE": "/d.pem"}, {}),
        ("WARNING: something\nindex-url\n=\n.=\nglobal.timeout='60'", {}, {}),
    ],
)  # fmt: skip
def test_uv_looks_where_pip_would(pip_config: str, environ: dict[str, str], expected: dict[str, str]) -> None:
    assert uv_settings(pip_config, environ) == expected


def test_pips_configuration_reaches_uv(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "PIP_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "PIP_CERT",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
    bench.uv.pip_config = b"global.index-url='https://mirror.example/simple'\n"
    bench.installed()
    assert bench.uv.environments == [{"UV_DEFAULT_INDEX": "https://mirror.example/simple"}] * 2


def test_the_cache_is_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", "relative")
    assert default_cache() == tmp_path / "relative"
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", "~/tools")
    assert default_cache() == Path("/home/somebody/tools")
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", "~no-such-user/tools")
    assert default_cache() == tmp_path / "~no-such-user" / "tools"
    monkeypatch.setenv("MCPQUALITY_CACHE_DIR", "")
    assert default_cache().name == "mcpquality"
    assert default_cache().is_absolute()


# --- what ships ---


def test_there_is_a_lock_for_every_tool_and_no_other() -> None:
    assert sorted(path.stem for path in LOCKS.glob("*.txt")) == sorted(SPECS)
    assert [name for name, spec in SPECS.items() if spec.name != name] == []


@pytest.mark.parametrize("name", SPECS)
def test_a_lock_pins_everything_with_hashes_and_names_no_index(name: str) -> None:
    text = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
    requirements = re.sub(r"\s*\\\n\s*", " ", text).strip().splitlines()
    pin = re.compile(
        r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^;]+?)?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
    )
    pins = [pin.fullmatch(line) for line in requirements]
    assert [line for line, match in zip(requirements, pins, strict=True) if match is None] == []
    versions = {match["name"]: match["version"] for match in pins if match}
    assert versions[name] == SPECS[name].version
    assert all(Version(version) for version in versions.values())
    assert "://" not in text


def test_the_marker_tells_what_was_installed(bench: Bench) -> None:
    marker = json.loads(bench.installed().marker.read_text(encoding="utf-8"))
    assert marker["name"] == "bandit"
    assert marker["version"] == SPECS["bandit"].version
    (record,) = marker["records"]
    assert record.endswith("dist-info/RECORD")


def test_a_cache_inside_a_project_is_ignored_by_its_git(bench: Bench) -> None:
    bench.installed()
    assert (bench.cache / ".gitignore").read_text(encoding="utf-8") == "*\n"
