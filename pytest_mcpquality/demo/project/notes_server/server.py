"""The MCP server: tools over a folder of notes."""

import subprocess

import requests
import yaml
from mcp.server.fastmcp import FastMCP

from notes_server.store import FOLDER, safe_note_path, save

mcp = FastMCP("notes")


@mcp.tool()
def search_notes(words: str) -> str:
    """Find notes that hold the words."""
    done = subprocess.run(f"grep -ril '{words}' {FOLDER}", shell=True, capture_output=True, text=True)
    return done.stdout


@mcp.tool()
def read_note(name: str) -> str:
    """Read one note."""
    with open(f"{FOLDER}/{name}.md", encoding="utf-8") as file:
        return file.read()


@mcp.tool()
def append_note(name: str, text: str) -> str:
    """Add a line to a note."""
    path = safe_note_path(name)
    save(path, text)
    return f"added to {path.name}"


@mcp.tool()
def import_note(url: str) -> str:
    """Take a note over from another server."""
    answer = requests.get(url)
    note = yaml.load(answer.text, Loader=yaml.Loader)
    save(safe_note_path(note["name"]), note["text"])
    return note["name"]


if __name__ == "__main__":
    mcp.run()
