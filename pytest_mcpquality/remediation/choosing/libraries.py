"""Well-known packages: where Context7 has their documentation, and by which modules code imports them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PYTHON: Final = "/python/cpython"
MCP_SDK: Final = "/modelcontextprotocol/python-sdk"

LIBRARIES: Mapping[str, str] = {
    # The repositories that the packages name as their own.
    "aiohttp": "/aio-libs/aiohttp",
    "asyncpg": "/magicstack/asyncpg",
    "cryptography": "/pyca/cryptography",
    "defusedxml": "/tiran/defusedxml",
    "django": "/django/django",
    "fastapi": "/fastapi/fastapi",
    "fastmcp": "/jlowin/fastmcp",
    "flask": "/pallets/flask",
    "httpx": "/encode/httpx",
    "jinja2": "/pallets/jinja",
    "lxml": "/lxml/lxml",
    "mako": "/sqlalchemy/mako",
    "markupsafe": "/pallets/markupsafe",
    "mcp": MCP_SDK,
    "paramiko": "/paramiko/paramiko",
    "psycopg": "/psycopg/psycopg",
    "psycopg2": "/psycopg/psycopg2",
    "pydantic": "/pydantic/pydantic",
    "pyjwt": "/jpadilla/pyjwt",
    "pymysql": "/pymysql/pymysql",
    "pytest": "/pytest-dev/pytest",
    "pyyaml": "/yaml/pyyaml",
    "requests": "/psf/requests",
    "sqlalchemy": "/sqlalchemy/sqlalchemy",
    "starlette": "/encode/starlette",
    "torch": "/pytorch/pytorch",
    "transformers": "/huggingface/transformers",
    "urllib3": "/urllib3/urllib3",
}
"""Ids by PEP 503 names; a package that is not here is searched for by its name."""

MODULES: Mapping[str, str] = {
    "jwt": "pyjwt",
    "rest_framework": "django",
    "yaml": "pyyaml",
}
"""Packages by the first part of a module's name, where that is another one."""

RENAMED: Mapping[str, str] = {
    "django-rest-framework": "django",
    "djangorestframework": "django",
    "psycopg2-binary": "psycopg2",
    "pytorch": "torch",
}
"""Packages whose documentation is another one's."""


def library_of(package: str) -> str:
    """The id of a package's documentation where it is known, else its name."""
    name = RENAMED.get(package, package)
    return LIBRARIES.get(name, name)


def python_libraries(minor: str) -> tuple[str, ...]:
    """Where Python's own documentation is: `/websites/python_3` would be, and never gets ready."""
    return PYTHON, f"/websites/python_3_{minor}"
