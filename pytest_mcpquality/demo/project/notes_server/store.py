"""The folder of notes."""

from pathlib import Path

FOLDER = Path("notes")


def safe_note_path(name: str) -> Path:
    """The file of a note; a name that leads out of the folder is refused."""
    root = FOLDER.resolve()
    path = (root / f"{name}.md").resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"{name!r} is not the name of a note")
    return path


def save(path: Path, text: str) -> None:
    """Add a line to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text + "\n")


def oldest(count: int) -> list[Path]:
    """The notes that were not touched for longest."""
    notes = sorted(FOLDER.glob("*.md"), key=lambda path: path.stat().st_mtime)
    if count < 0:
        raise ValueError("count must not be negative")
    return notes[:count]
