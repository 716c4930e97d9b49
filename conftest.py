"""The Python examples of the README and the docs are tests, too; and all tests start from the same signals."""

import signal

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()], patterns=["README.md", "docs/*/*.md", "docs/*/*/*.md"]
).pytest()

# Under `nohup` and in a shell's background job these are ignored, by us and by every process we start.
for ignored, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, usual)
