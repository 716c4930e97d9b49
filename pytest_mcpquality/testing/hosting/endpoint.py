"""Where the relay finds the test process: a file that only its owner may read, so no process list shows the token."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import weakref
from pathlib import Path


class Endpoint:
    """A folder of our own with one file: the port, and the token that a relay has to show."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mcpquality-mock-"))
        # Also when nobody closes anything, at the latest at the end of the process.
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.token = secrets.token_hex(16)
        self.path = self._folder / "endpoint"

    def publish(self, port: int) -> None:
        """Write the file."""
        with open(self.path, "w", encoding="ascii", opener=_private) as file:
            file.write(f"{port} {self.token}\n")

    def admits(self, token: str) -> bool:
        """Whether this is our relay."""
        return secrets.compare_digest(token.encode(), self.token.encode())

    def remove(self) -> None:
        """Take the file away; who still has the command is told that the server is gone."""
        self._remove()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
