"""Configuration: `[tool.mcpquality]`, `MCPQUALITY_*` and command-line options become frozen settings.

`keys` holds the one table of everything that can be set; `loading` checks the sources against it, `rendering`
and `reference` write it down. Nothing is imported here, so that each entrance pays only for what it needs.
"""
