"""The Python examples of the README and the docs are tests, too; and all tests start from the same signals."""

import os
import signal

from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], patterns=["README.md", "docs/*/*.md", "docs/*/*/*.md"]
).pytest()

# How long an example takes tells nothing on a machine that others use too. The gate tries the same examples each time,
# so that red means that the change is wrong; everybody else's runs go on looking.
settings.register_profile("gate", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None)
settings.load_profile("gate" if "TOX_ENV_NAME" in os.environ else "search")

# No test asks a documentation service on the internet, whatever it scans: nobody listens there (9, "discard").
os.environ |= {"CONTEXT7_API_URL": "http://127.0.0.1:9/api", "CONTEXT7_MCP_URL": "http://127.0.0.1:9/mcp"}
os.environ.pop("CONTEXT7_API_KEY", None)

# Under `nohup` and in a shell's background job these are ignored, by us and by every process we start.
for ignored, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, usual)
