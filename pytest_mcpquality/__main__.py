"""`python -m pytest_mcpquality`: the command line."""

import sys

from pytest_mcpquality.cli import main

sys.exit(main())
