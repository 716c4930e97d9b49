"""Common weaknesses by CWE number, in our own words: what they are called and what helps against them."""

from __future__ import annotations

from collections.abc import Mapping

WEAKNESSES: Mapping[int, tuple[str, str]] = {
    20: ("input that is not validated", "Check type, length and range of what comes from outside before it is used."),
    22: ("path traversal", "Resolve the path and refuse it unless it lies inside the folder that is meant."),
    59: ("links followed", "Open files so that links are not followed, in folders that nobody else can write to."),
    77: ("command injection", "Start programs with a list of arguments and without a shell."),
    78: ("command injection into a shell", "Start programs with a list of arguments and without a shell."),
    79: ("cross-site scripting", "Escape every value for the place it is put into; leave the template's escaping on."),
    88: ("argument injection", "Put `--` before values from outside, and refuse those that start with a hyphen."),
    89: ("SQL injection", "Hand values over as parameters; never build a statement out of them."),
    94: (
        "code injection",
        "Do not run text as code; use a table of functions, or a parser for the data that is meant.",
    ),
    95: ("code injection through eval", "Do not evaluate text; `ast.literal_eval` reads plain values."),
    200: ("exposed information", "Answer with what the caller needs, and log the rest where only you read it."),
    209: ("details in error messages", "Answer with a short message, and log the details where only you read them."),
    252: ("return value not looked at", "Look at what the call returns, and handle what went wrong."),
    259: ("password in the code", "Read it from the environment or a secret store, and change the one that was seen."),
    276: ("permissions too wide", "Give the least that works: `0o600` for files, `0o700` for folders."),
    295: ("certificates not verified", "Leave verification on; hand over your own certificates as a CA bundle."),
    319: ("sent in clear text", "Use the encrypted form of the protocol, and refuse to fall back."),
    321: ("key in the code", "Read it from the environment or a secret store, and change the one that was seen."),
    326: ("encryption too weak", "Use keys and ciphers that are recommended today, through a maintained library."),
    327: ("broken algorithm", "Use an algorithm that is recommended today; say so where it is not about security."),
    328: ("weak hash", "Use SHA-256 for data, and scrypt, Argon2 or PBKDF2 for passwords."),
    330: ("predictable random numbers", "Take tokens and keys from the `secrets` module."),
    338: ("predictable random numbers", "Take tokens and keys from the `secrets` module."),
    352: ("requests forged across sites", "Leave the framework's protection against it on, and check the token."),
    377: ("unsafe temporary file", "Let `tempfile` make it."),
    400: ("resources without a limit", "Set a timeout, and a limit for sizes and counts that come from outside."),
    434: (
        "any file accepted",
        "Check the type by content, choose the name yourself, and store it where nothing runs it.",
    ),
    489: ("debugging left on", "Switch it on from outside, in development only."),
    502: ("untrusted data unpickled", "Read data in a format that cannot carry code, such as JSON."),
    601: ("open redirect", "Redirect to addresses of a list of your own."),
    605: ("open to every network", "Bind to `127.0.0.1` by default and let the operator choose another address."),
    611: ("external entities in XML", "Parse XML with `defusedxml`, or switch entities off."),
    617: ("assertion that can be reached", "Raise an exception of your own where the condition matters."),
    703: ("exceptional conditions not handled", "Raise, catch and log exceptions on purpose."),
    732: ("permissions too wide", "Give the least that works: `0o600` for files, `0o700` for folders."),
    798: ("credentials in the code", "Read them from the environment or a secret store, and change what was seen."),
    918: ("requests to addresses that others choose", "Allow hosts by a list, and check the address after resolving."),
    1333: ("slow regular expression", "Bound repetitions, avoid nested ones, and limit the length of the input."),
    1336: ("template injection", "Never take the template itself from outside; hand values over as variables."),
}
