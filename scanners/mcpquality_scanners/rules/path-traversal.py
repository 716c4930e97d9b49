"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import base64
import io
import os
import shutil
import tarfile
from pathlib import Path

import aiofiles
import git

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.resource("notes://{name}")
def note(name: str) -> str:
    # ruleid: mcp-path-traversal
    return (ROOT / name).read_text()


@mcp.tool
def save(name: str, text: str) -> None:
    path = ROOT / f"{name}.md"
    # ruleid: mcp-path-traversal
    path.write_text(text)
    # ruleid: mcp-path-traversal
    with open(os.path.join(ROOT, name)) as file:
        file.read()


@app.tool()
def drop(name: str) -> None:
    if ".." in name:
        raise ValueError(name)
    # ruleid: mcp-path-traversal
    (ROOT / name).unlink()
    # ruleid: mcp-path-traversal
    shutil.rmtree(name)


@mcp.tool
def unresolved(name: str) -> str:
    path = ROOT / name
    if not path.is_relative_to(ROOT):
        raise ValueError(name)
    # ruleid: mcp-path-traversal
    return path.read_text()


@mcp.tool
def contained(name: str) -> str:
    path = (ROOT / name).resolve()
    if not path.is_relative_to(ROOT):
        raise ValueError(name)
    # ok: mcp-path-traversal
    return path.read_text()


@srv.tool()
async def tried(name: str) -> str:
    path = (ROOT / name).resolve()
    try:
        path.relative_to(ROOT)
    except ValueError:
        return "outside"
    # ok: mcp-path-traversal
    return path.read_text()


@srv.tool()
def common(name: str) -> str:
    path = os.path.realpath(os.path.join(ROOT, name))
    if os.path.commonpath([path, ROOT]) != ROOT:
        raise ValueError(name)
    # ok: mcp-path-traversal
    return open(path).read()


@srv.tool()
def prefixed(name: str) -> str:
    path = os.path.realpath(os.path.join(ROOT, name))
    if not path.startswith(ROOT + os.sep):
        raise ValueError(name)
    # ok: mcp-path-traversal
    return open(path).read()


@srv.tool()
def checked(name: str) -> str:
    path = validate_path(name)
    # ok: mcp-path-traversal
    return open(path).read()


@srv.tool()
def base(name: str) -> str:
    # ok: mcp-path-traversal
    return open(os.path.join(ROOT, os.path.basename(name))).read()


@srv.tool()
def plain(name: str) -> str:
    if ".." in name or name.startswith("/"):
        raise ValueError(name)
    # ok: mcp-path-traversal
    return open(ROOT + name).read()


@server.call_tool()
async def call(name: str, arguments: dict):
    # ruleid: mcp-path-traversal
    async with aiofiles.open(arguments["path"]) as file:
        return await file.read()


@server.read_resource()
async def read(uri) -> str:
    # ruleid: mcp-path-traversal
    return Path(uri.path).read_text()


def remove(filename: str) -> None:
    # ruleid: mcp-path-traversal
    os.remove(filename)


def load_config(filename: str) -> None:
    # ok: mcp-path-traversal
    open(filename)


@mcp.tool
def copied(path: str) -> str:
    real = os.path.realpath(path)
    if not real.startswith(ROOT + os.sep):
        raise ValueError(path)
    # ok: mcp-path-traversal
    return open(path).read()


@mcp.tool
def repository(repo_path: str) -> None:
    # ruleid: mcp-path-probing
    git.Repo(repo_path)
    # ruleid: mcp-path-probing
    os.listdir(repo_path)
    # ruleid: mcp-path-probing
    list(Path(repo_path).rglob("*.py"))
    # ok: mcp-path-probing
    os.listdir(ROOT)


@mcp.tool
def inside(folder: str) -> list:
    path = (ROOT / folder).resolve()
    if ROOT not in path.parents:
        raise ValueError(folder)
    # ok: mcp-path-probing
    return list(path.iterdir())


@mcp.tool
def unpack(data: str, name: str) -> None:
    # ruleid: mcp-path-traversal
    shutil.unpack_archive(name, ROOT)
    # ruleid: mcp-path-traversal
    with tarfile.open(name) as archive:
        archive.extractall(ROOT)
    # ok: mcp-path-traversal
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(data))) as archive:
        archive.extractall(ROOT, filter="data")


@mcp.tool
def delete_in_folder(path: str) -> bool:
    if Path(path).resolve().parent != ROOT:
        raise ValueError(path)
    # ok: mcp-path-traversal
    Path(path).unlink()
    return True


@mcp.tool
def delete_under_folder(path: str) -> bool:
    if ROOT not in Path(path).resolve().parents:
        raise ValueError(path)
    # ok: mcp-path-traversal
    Path(path).unlink()
    return True


@mcp.tool
def delete_anywhere(path: str) -> bool:
    if Path(path).resolve().parent == Path("/"):
        log("at the top")
    # ruleid: mcp-path-traversal
    Path(path).unlink()
    return True


@mcp.tool
def trace(carrier: dict, text: str) -> None:
    # ok: mcp-path-traversal
    context = propagate.extract(carrier, context=current())
    # ok: mcp-path-traversal
    keywords = self.extractor.extract(text)


@mcp.tool
def unpack(member: str) -> None:
    # ruleid: mcp-path-traversal
    tar_file.extract(member)


@mcp.tool
def delete_below_folder(path: str) -> bool:
    if not Path(path).resolve().is_relative_to(ROOT):
        raise ValueError(path)
    # ok: mcp-path-traversal
    Path(path).unlink()
    return True
