"""Where the official exports are: one zip file an ecosystem, made anew several times a day by OSV."""

from __future__ import annotations

from collections.abc import Mapping

OFFICIAL: Mapping[str, str] = {
    name: f"https://osv-vulnerabilities.storage.googleapis.com/{name}/all.zip" for name in ("PyPI", "npm")
}
"""Their addresses by ecosystem (google.github.io/osv.dev/data)."""
