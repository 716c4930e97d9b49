"""Sphinx: built with `-n -W`, so that a broken reference fails the build."""

from pytest_mcpquality import __version__

project = "pytest-mcpquality"
author = "pytest-mcpquality maintainers"
project_copyright = "2026, pytest-mcpquality maintainers"
version = release = __version__
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "examples"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# Two hyphens are an option of a command, not a dash.
smartquotes = False
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
html_title = "pytest-mcpquality"
