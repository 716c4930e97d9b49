"""Copies of the notes, elsewhere."""

from notes_server.store import FOLDER

ACCESS_KEY = "AKIAQ3EGV7PLANTEDKEY"


def backup_plan(everything: bool) -> list[str]:
    """Which files a backup would take."""
    if everything:
        return sorted(str(path) for path in FOLDER.rglob("*"))
    return sorted(str(path) for path in FOLDER.glob("*.md"))
