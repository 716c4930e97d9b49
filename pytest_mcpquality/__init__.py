"""May this change be merged? One honest verdict for people who build on the Model Context Protocol."""

__version__ = "0.1.0"
