"""Lets the tests say `from tests.support.mcp import raw`; what is installed wins over the checkout."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3]))
