"""Which packages a project's own code imports: by names, without running or parsing anything.

What is said to be not imported must not be imported, so all that might be an import counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mcpquality_scanners.dependencies.model import UnreadableError, read_text
from mcpquality_scanners.python_code import SUFFIXES

# A notebook's cells are JSON strings, so what comes before an import may be a quote.
_IMPORT = re.compile(
    r"(?m)(?:^|[\";])[ \t>.]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t(]+([\w., \t]*)|import[ \t]+([\w., \t]+))"
)
# `import_module("yaml")`, the INSTALLED_APPS of Django, names of plugins.
_QUOTED = re.compile(r"[\"']([A-Za-z_]\w*)(?:[.:][\w.:]*)?[\"']")

_LEAST = 3  # letters of a module's name that say something inside a package's name

MODULES: Mapping[str, tuple[str, ...]] = {
    # Well-known packages whose modules have other names, as their documentation says.
    "attrs": ("attr", "attrs"),
    "beautifulsoup4": ("bs4",),
    "biopython": ("Bio",),
    "discord-py": ("discord",),
    "djangorestframework": ("rest_framework",),
    "dnspython": ("dns",),
    "grpcio": ("grpc",),
    "gitpython": ("git",),
    "ipython": ("IPython",),
    "mysqlclient": ("MySQLdb",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "paho-mqtt": ("paho",),
    "pillow": ("PIL",),
    "protobuf": ("google.protobuf",),
    "psycopg2-binary": ("psycopg2",),
    "pycrypto": ("Crypto",),
    "pycryptodome": ("Crypto",),
    "pycryptodomex": ("Cryptodome",),
    "pygithub": ("github",),
    "pyjwt": ("jwt",),
    "pymupdf": ("fitz", "pymupdf"),
    "pyopenssl": ("OpenSSL",),
    "pyserial": ("serial",),
    "python-dateutil": ("dateutil",),
    "python-docx": ("docx",),
    "python-dotenv": ("dotenv",),
    "python-jose": ("jose",),
    "python-ldap": ("ldap",),
    "python-magic": ("magic",),
    "python-multipart": ("multipart", "python_multipart"),
    "pywin32": ("win32api", "win32con", "win32com", "pythoncom", "pywintypes"),
    "pyyaml": ("yaml",),
    "pyzmq": ("zmq",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "setuptools": ("setuptools", "pkg_resources", "distutils"),
}


@dataclass(frozen=True, slots=True)
class Imports:
    """What the code of a tree mentions.

    Attributes:
        modules: Everything that seems to be imported, dotted (`google.cloud.storage`).
        quoted: First words of texts that look like names of modules.
        complete: Whether there is code, and all of it could be read.
    """

    modules: frozenset[str]
    quoted: frozenset[str]
    complete: bool

    def mentions(self, package: str, known: Iterable[str] = ()) -> bool:
        """Whether a package (PEP 503 name) may be imported; `known` are its modules where an environment tells."""
        names = {*known, *MODULES.get(package, ())}
        likely = {package.replace("-", "_"), package.replace("-", ".")}
        exact = names | likely
        if any(_within(module, name) for module in self.modules for name in exact):
            return True
        if {name.partition(".")[0] for name in exact} & self.quoted:
            return True
        # Where nobody tells the modules, a name inside the other is taken for a sign: `pyyaml` and `yaml`.
        return not names and any(_resemble(module, package) for module in self.modules)


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def _resemble(module: str, package: str) -> bool:
    first = module.partition(".")[0].replace("_", "").lower()
    whole = package.replace("-", "")
    return len(first) >= _LEAST and (first in whole or whole in first)


def read_imports(root: Path, files: Iterable[str]) -> Imports:
    """Read the code among the files."""
    modules: set[str] = set()
    quoted: set[str] = set()
    code = [file for file in files if file.endswith(SUFFIXES)]
    complete = bool(code)
    for file in code:
        try:
            text = read_text(root / file)
        except UnreadableError:
            complete = False
            continue
        quoted |= set(_QUOTED.findall(text))
        for source, parts, listed in _IMPORT.findall(text):
            modules |= {source, *(f"{source}.{part}" for part in _imported(parts))} if source else _imported(listed)
    return Imports(frozenset(modules), frozenset(quoted), complete)


def _imported(listed: str) -> set[str]:
    """The modules of `import a.b as c, d`."""
    return {words[0] for part in listed.split(",") if (words := part.split())}
