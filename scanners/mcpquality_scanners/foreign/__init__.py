"""Tools that teams already have: used where their command is found, or their report file is given.

`scanner.ForeignScanner` is the one way such a tool becomes a scanner; each tool is a file of its own that says
how it is started, and what its output means.
"""

from mcpquality_scanners.foreign.every import foreign_scanners

__all__ = ["foreign_scanners"]
