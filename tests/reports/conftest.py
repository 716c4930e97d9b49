"""Lets the tests say `from tests.reports import samples`, which importlib mode alone does not promise.

At the end of the path: what is installed wins over the checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
