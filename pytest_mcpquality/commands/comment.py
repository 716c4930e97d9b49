"""`mcpquality comment RESULTS...`: posts or updates the one comment on a pull or merge request."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from mcpquality_reports.base import no_sources
from mcpquality_reports.markdown import comment
from mcpquality_reports.redacting import without_secrets
from mcpquality_scanners.errors import UsageError
from pytest_mcpquality.commands.comparing import compared, earlier
from pytest_mcpquality.commands.documents import read_results
from pytest_mcpquality.forges.sticky import Forge, Posted, marker, post
from pytest_mcpquality.forges.target import GITHUB, Choice, Target, find_target, find_token


def run(given: argparse.Namespace) -> int:
    """Post it, or with `--dry-run` print it. Ends with 0 when that is done, whatever the verdict is."""
    mark = marker(given.name)
    results = compared(read_results(given.results), earlier(given.compare))
    body = comment(mark).render(without_secrets(results), no_sources)
    choice = Choice(given.forge or "", given.repository or "", given.number or 0, given.api_url or "")
    if given.dry_run:
        return _print(body, choice, os.environ)
    target = find_target(choice, os.environ)
    posted = _post(target, find_token(target.forge, os.environ), body, mark)
    print(f"{posted.action} the comment on {target}{': ' + posted.url if posted.url else ''}")  # noqa: T201
    return 0


def _print(body: str, choice: Choice, environ: Mapping[str, str]) -> int:
    try:
        where = str(find_target(choice, environ))
    except UsageError as error:
        where = f"nowhere yet: {error}"
    print(f"mcpquality: would be posted on {where}", file=sys.stderr)  # noqa: T201 - not part of the comment
    sys.stdout.flush()
    sys.stdout.buffer.write(body.encode("utf-8"))
    sys.stdout.buffer.flush()
    return 0


def _post(target: Target, token: str, body: str, mark: str) -> Posted:
    from pytest_mcpquality.forges import github, gitlab  # noqa: PLC0415 - the HTTP client is not needed to print
    from pytest_mcpquality.forges.client import Api  # noqa: PLC0415

    headers = github.headers(token) if target.forge == GITHUB else gitlab.headers(token)
    with Api(target.api, headers, token) as api:
        forge: Forge = github.GitHub(api, target) if target.forge == GITHUB else gitlab.GitLab(api, target)
        return post(forge, body, mark)
