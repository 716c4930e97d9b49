"""Where tools come from: one environment a tool, made by uv from a lock with hashes, shared by all projects.

An environment is built in place under a file lock and marked complete last, so that two scans starting at once
build it once, and one that was cut short is built anew. Nothing is ever installed beside the user's code.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import os
import platform
import re
import shutil
import sys
from base64 import urlsafe_b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from packaging.version import InvalidVersion, Version
from platformdirs import user_cache_path

from mcpquality_scanners.base import Completed, ProcessRunner, Tool
from mcpquality_scanners.errors import ToolError, ToolNotInstalledError, UsageError
from mcpquality_scanners.process import clean_environment
from mcpquality_scanners.text import last_lines

LOCKS = Path(__file__).parent / "locks"
INSTALL_TIMEOUT = 900.0
"""Seconds a tool's installation may take; Semgrep is 60 MB to download."""

LOCK_TIMEOUT = 2 * INSTALL_TIMEOUT
"""Seconds to wait for another scan's installation of a tool."""

VERSION_TIMEOUT = 60.0
"""Seconds `TOOL --version` may take."""

ON_PATH = "path"
"""In `[tool.mcpquality.tools]`: the tool that is on PATH."""

_MARKER = "mcpquality.json"
_POLL = 0.1  # seconds between looks at a lock that another scan holds
_VERSION = re.compile(r"\d+\.\d+[\w.]*")
_ALGORITHM = "sha256="
_PIP_SECTIONS = ("global", "install")


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that we ship a lock for; `name` is its name on PyPI and its command."""

    name: str
    version: str


SPECS: Mapping[str, ToolSpec] = {
    spec.name: spec
    for spec in (
        ToolSpec("bandit", "1.9.4"),
        ToolSpec("coverage", "7.17.3"),
        ToolSpec("detect-secrets", "1.5.0"),
        ToolSpec("pip-audit", "2.10.1"),
        ToolSpec("ruff", "0.17.6"),
        # Later ones ask for a certifi that the registry does not have on every platform yet.
        ToolSpec("semgrep", "1.182.0"),
        ToolSpec("zizmor", "1.32.0"),
    )
}


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment of a tool on disk, there or not."""

    name: str
    version: str
    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self._scripts / ("python.exe" if sys.platform == "win32" else "python")

    @property
    def executable(self) -> Path:
        """The tool's command."""
        return self._scripts / (f"{self.name}.exe" if sys.platform == "win32" else self.name)

    @property
    def _scripts(self) -> Path:
        return self.folder / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def marker(self) -> Path:
        """The file that says that the environment is complete."""
        return self.folder / _MARKER

    def beside(self, suffix: str) -> Path:
        """A file next to the environment, for what must outlive it while it is rebuilt."""
        return self.folder.with_name(self.folder.name + suffix)

    def is_complete(self) -> bool:
        """Whether it was built to the end and still has its interpreter and command.

        The interpreter is a link into the Python it was made with: gone when that was removed.
        """
        programs = (self.python, self.executable)
        return os.access(self.marker, os.R_OK) and all(os.access(program, os.X_OK) for program in programs)


def default_cache() -> Path:
    """The folder that all projects of this user share: `MCPQUALITY_CACHE_DIR`, else the platform's cache folder."""
    chosen = os.environ.get("MCPQUALITY_CACHE_DIR")
    if not chosen:
        return user_cache_path("mcpquality", appauthor=False)
    # `Path.expanduser` raises for a user there is not.
    return Path(os.path.expanduser(chosen)).absolute()  # noqa: PTH111


class Toolchain:
    """Finds and installs tools; a `ToolProvider`.

    Args:
        cache: The folder that holds the environments.
        processes: The way to run uv and the tools.
        uv: Path of uv's executable.
        chosen: `[tool.mcpquality.tools]`: another version of a tool, or `"path"` for the one on PATH.
        offline: Whether nothing may be downloaded; what is installed already is used.
        notify: Called with a tool's name and a few words when something takes longer.

    Raises:
        UsageError: What is chosen for one of our tools is no version.
    """

    def __init__(
        self,
        cache: Path,
        processes: ProcessRunner,
        *,
        uv: str,
        chosen: Mapping[str, str] | None = None,
        offline: bool = False,
        notify: Callable[[str, str], None] = lambda _name, _text: None,
    ) -> None:
        self._cache = cache
        self._processes = processes
        self._uv = uv
        self._chosen = {name: _checked(name, version) for name, version in (chosen or {}).items()}
        self._offline = offline
        self._notify = notify
        self._found: dict[str, Tool] = {}

    async def tool(self, name: str) -> Tool:
        """The tool of that name; installed first where need be. See `ToolProvider.tool`.

        Raises:
            ToolNotInstalledError: It was not found and cannot be installed.
        """
        if name not in self._found:
            self._found[name] = await self._find(name)
        return self._found[name]

    async def _find(self, name: str) -> Tool:
        if name not in SPECS or self._chosen.get(name) == ON_PATH:
            return await self._on_path(name)
        environment = self.environment(name)
        if not environment.is_complete():
            await self.install(name)
        return Tool(name, environment.version, environment.executable, environment.python)

    def environment(self, name: str) -> Environment:
        """Where the environment of one of our tools is, or would be.

        The folder's name holds a hash of all that makes it what it is, so that a new lock or Python gets a new one.

        Raises:
            UsageError: It is none of our tools, or comes from PATH.
        """
        if name not in SPECS:
            raise UsageError(f"there is no tool {name!r}. There are {', '.join(SPECS)}.")
        version = self._version(name)
        if version == ON_PATH:
            raise UsageError(f"{name} is taken from PATH, as [tool.mcpquality.tools] says: it has no environment.")
        parts = (self._requirement(name), sys.implementation.cache_tag or "", platform.machine(), sys.platform)
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
        return Environment(name, version, self._cache / "tools" / f"{name}-{version}-{key}")

    def is_locked(self, name: str) -> bool:
        """Whether the tool is installed from our lock with hashes, and not from a version the user named."""
        return self._version(name) == SPECS[name].version

    def _version(self, name: str) -> str:
        return self._chosen.get(name, SPECS[name].version)

    def _requirement(self, name: str) -> str:
        if self.is_locked(name):
            return (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
        return f"{name}=={self._version(name)}\n"

    async def install(self, name: str, *, again: bool = False) -> Environment:
        """Build the environment of one of our tools unless it is complete; with `again` in any case.

        Raises:
            ToolNotInstalledError: It could not be built; the message holds what uv said.
        """
        environment = self.environment(name)
        try:
            self._make_cache(environment.folder.parent)
            async with _held(environment, self._notify):
                if again or not environment.is_complete():
                    await self._build(environment, afresh=again)
        except OSError as error:
            raise ToolNotInstalledError(
                f"{name} could not be installed into {self._cache}: {error.strerror or error}. "
                "Set MCPQUALITY_CACHE_DIR to a folder that can be written."
            ) from error
        return environment

    def _make_cache(self, tools: Path) -> None:
        tools.mkdir(parents=True, exist_ok=True)
        # A CI runner keeps it inside the checkout: it is neither the project's to commit nor ours to scan.
        ignore = self._cache / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    async def _build(self, environment: Environment, *, afresh: bool) -> None:
        name = environment.name
        if self._offline:
            raise ToolNotInstalledError(
                f"{name} {environment.version} is not installed and --offline forbids to download it. "
                f"Run `mcpquality tools install {name}` while online."
            )
        self._notify(name, f"installing {name} {environment.version} (first use)")
        # The marker goes first, so that nobody takes half an environment for a whole one. Not in a thread: it would
        # go on deleting after a cancelled wait has let go of the lock.
        environment.marker.unlink(missing_ok=True)
        shutil.rmtree(environment.folder, ignore_errors=True)
        wanted = environment.beside(".txt")
        wanted.write_text(self._requirement(name), encoding="utf-8")
        hashes = ("--require-hashes",) if self.is_locked(name) else ()
        # Copies: a damaged file of the environment must not be the one in uv's cache, from which it is repaired.
        copies = ("--link-mode", "copy", *(("--refresh",) if afresh else ()))
        settings = await self._pip_settings()
        await self._run_uv(environment, settings, "venv", "--python", sys.executable, str(environment.folder))
        await self._run_uv(
            environment,
            settings,
            *("pip", "install", "--python", str(environment.python), "--compile-bytecode"),
            *copies,
            *hashes,
            *("--requirement", str(wanted)),
        )
        await asyncio.to_thread(_mark, environment)
        if not environment.is_complete():
            raise _not_installed(environment, f"it has no command {name}.")

    async def _run_uv(self, environment: Environment, settings: Mapping[str, str], *arguments: str) -> None:
        try:
            # Not in the scanned folder: its uv.toml must not choose where our tools come from.
            completed = await self._processes.run(
                (self._uv, "--quiet", *arguments),
                cwd=environment.folder.parent,
                timeout=INSTALL_TIMEOUT,
                env=settings,
            )
        except ToolError as error:
            raise _not_installed(environment, f"{error}.") from error
        if completed.exit_code != 0:
            raise _not_installed(environment, _ending(completed))

    async def _pip_settings(self) -> dict[str, str]:
        """Environment variables for uv that say where pip would look: uv does not read pip's configuration."""
        completed = await self._processes.run(
            (sys.executable, "-m", "pip", "config", "list"), cwd=self._cache, timeout=VERSION_TIMEOUT
        )
        return uv_settings(completed.stdout.decode("utf-8", "replace"), os.environ)

    async def _on_path(self, name: str) -> Tool:
        # Absolute folders only: the code under review must not bring the tool that looks at it.
        found = shutil.which(name, path=clean_environment()["PATH"])
        if found is None:
            advice = f', or remove `{name} = "{ON_PATH}"` from [tool.mcpquality.tools]' if name in SPECS else ""
            raise ToolNotInstalledError(f"{name} was not found on PATH. Install it{advice}.")
        return Tool(name, await self.version_of(Path(found)), Path(found))

    async def version_of(self, executable: Path) -> str:
        """What `EXECUTABLE --version` says, or "unknown" when it says nothing of the kind.

        Raises:
            ToolError: It could not be started.
        """
        completed = await self._processes.run(
            (str(executable), "--version"),
            cwd=self._cache if self._cache.is_dir() else Path.cwd(),
            timeout=VERSION_TIMEOUT,
            env={"SEMGREP_ENABLE_VERSION_CHECK": "0"},
        )
        match = _VERSION.search(completed.stdout.decode("utf-8", "replace"))
        return match.group() if match and completed.exit_code == 0 else "unknown"

    async def check(self, name: str) -> str | None:
        """What is wrong with the environment of one of our tools, or None: what `tools doctor` asks.

        Raises:
            UsageError: It is none of our tools, or comes from PATH.
        """
        environment = self.environment(name)
        if not os.access(environment.folder, os.F_OK):
            return "not installed; it will be on first use"
        if not environment.is_complete():
            return "broken: not built to the end, or its Python is gone; it will be rebuilt on next use"
        changed = await asyncio.to_thread(changed_files, environment.folder)
        if changed:
            return f"broken: {len(changed)} installed files are missing or changed, such as {changed[0]}"
        try:
            version = await self.version_of(environment.executable)
        except ToolError as error:
            return f"broken: {error}"
        if not _is_version(version, environment.version):
            return f"broken: says it is version {version}, not {environment.version}"
        return None


def _checked(name: str, version: str) -> str:
    """A version the user chose: it becomes part of a path and of a requirement, so nothing else may be in it."""
    if name in SPECS and version != ON_PATH:
        try:
            Version(version)
        except InvalidVersion as error:
            raise UsageError(
                f"tools.{name} must be a version such as {SPECS[name].version}, or {ON_PATH!r}, not {version!r}"
            ) from error
    return version


def _is_version(said: str, wanted: str) -> bool:
    """Whether two texts are one version, as 1.8 and 1.8.0 are."""
    try:
        return Version(said) == Version(wanted)
    except InvalidVersion:
        return False


def _not_installed(environment: Environment, why: str) -> ToolNotInstalledError:
    name = environment.name
    return ToolNotInstalledError(
        f"{name} {environment.version} could not be installed: {why} "
        f"Run `mcpquality tools install {name}` when that is put right."
    )


def _mark(environment: Environment) -> None:
    """Say that the environment is complete, and what is in it."""
    records = {path.relative_to(environment.folder).as_posix(): _digest(path) for path in _records(environment.folder)}
    contents = {"name": environment.name, "version": environment.version, "records": records}
    environment.marker.write_text(json.dumps(contents, indent=1), encoding="utf-8")


def _records(environment: Path) -> list[Path]:
    return list(environment.glob("**/site-packages/*.dist-info/RECORD"))


def changed_files(environment: Path) -> list[str]:
    """Files of an environment that are missing or differ from what was installed, sorted.

    The marker tells the wheels' RECORDs and their digests, and these tell all other files and theirs.
    """
    try:
        marker: dict[str, dict[str, str | None]] = json.loads((environment / _MARKER).read_bytes())
        recorded = dict(marker.get("records", {}))
    except (OSError, ValueError, AttributeError, TypeError):
        return [_MARKER]
    found = [name for name, digest in recorded.items() if _digest(environment / name) != digest]
    for record in _records(environment):
        if record.relative_to(environment).as_posix() not in found:
            found += _changed_of(record)
    return sorted(found)


def _changed_of(record: Path) -> list[str]:
    """Files that a RECORD lists and that are not as it says."""
    try:
        rows = list(csv.reader(record.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError, csv.Error):
        return [record.parent.name]
    files = [row for row in rows if len(row) > 1 and row[1].startswith(_ALGORITHM)]
    return [name for name, digest, *_ in files if _digest(record.parent.parent / name) != digest]


def _digest(path: Path) -> str | None:
    """The digest of a file as a RECORD writes it; None when it cannot be read."""
    try:
        digest = hashlib.sha256(path.read_bytes()).digest()
    except (OSError, ValueError):
        return None
    return _ALGORITHM + urlsafe_b64encode(digest).rstrip(b"=").decode()


def uv_settings(pip_config: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for uv from the output of `pip config list`; what the user set for uv stays.

    >>> uv_settings("global.index-url='https://mirror.example/simple'", {})
    {'UV_DEFAULT_INDEX': 'https://mirror.example/simple'}
    """
    known: dict[str, str] = {}
    for line in pip_config.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.strip().rpartition(".")
        if section in _PIP_SECTIONS:
            known[name] = value.strip().strip("'\"")
    settings: dict[str, str] = {}
    index = environ.get("PIP_INDEX_URL") or known.get("index-url")
    if index and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environ.keys():
        settings["UV_DEFAULT_INDEX"] = index
    certificates = environ.get("PIP_CERT") or known.get("cert") or environ.get("REQUESTS_CA_BUNDLE")
    if certificates and "SSL_CERT_FILE" not in environ:
        settings["SSL_CERT_FILE"] = certificates
    return settings


def _ending(completed: Completed) -> str:
    if completed.timed_out:
        return f"it took longer than {INSTALL_TIMEOUT:.0f} s."
    # Eight lines: uv tells what it was after first, and then cause by cause.
    return last_lines(completed.stderr, 8) or f"uv ended with {completed.exit_code}."


@asynccontextmanager
async def _held(environment: Environment, notify: Callable[[str, str], None]) -> AsyncGenerator[None]:
    """Hold an environment's lock between processes; `notify` is called once when another one has it.

    Raises:
        ToolNotInstalledError: The other one holds it longer than any installation takes.
    """
    lock = FileLock(environment.beside(".lock"), thread_local=False)
    try:
        async with asyncio.timeout(LOCK_TIMEOUT):
            await _acquire(lock, lambda: notify(environment.name, "waiting for another scan to install it"))
    except TimeoutError as error:
        raise _not_installed(environment, f"another process has held {lock.lock_file} for too long.") from error
    try:
        yield
    finally:
        lock.release()


async def _acquire(lock: FileLock, waiting: Callable[[], None]) -> None:
    said = False
    while True:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if not said:
                waiting()
                said = True
            await asyncio.sleep(_POLL)
        else:
            return
