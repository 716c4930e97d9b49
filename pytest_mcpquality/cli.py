"""The command line: arguments in, exit code out.

Only the parser is built here; each command's module is imported when it is called, so that `--version` and
`--help` cost next to nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TextIO, TypeAlias

from mcpquality_scanners.errors import McpQualityError, UsageError
from pytest_mcpquality import __version__
from pytest_mcpquality.exit_codes import INCOMPLETE, INTERRUPTED, USAGE

_START = """\
start here:
  mcpquality demo               see it work on a small project with planted flaws
  mcpquality scan PATH          scan your own
  mcpquality COMMAND --help     all options of a command

"""
_EPILOG = """\
exit codes:
  0    everything that was asked for was looked at, and nothing failed
  1    a gate failed: a finding at or over --fail-on, coverage under its threshold, an unhealthy server
  2    wrong usage or configuration; nothing was run
  3    nothing failed, but something could not be looked at: incomplete is never green
  130  interrupted
"""
# It has no public name, and takes a parameter only for type checkers.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
_SEVERITIES = ("critical", "high", "medium", "low", "info")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="mcpquality",
        description="May this change be merged? Coverage gates and security scanners side by side, one honest verdict.",
        epilog=_START + _EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"mcpquality {__version__}")
    commands = whole.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    _add_scan(commands)
    _add_health(commands)
    _add_report(commands)
    _add_comment(commands)
    _add_demo(commands)
    _add_explain(commands)
    _add_tools(commands)
    _add_advisories(commands)
    _add_docs(commands)
    _add_init(commands)
    _add_config(commands)
    return whole


def _command(commands: _Commands, name: str, help_: str, *, epilog: str = "") -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=help_,
        description=f"{help_[0].upper()}{help_[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(parser=command)
    return command


def _add_scan(commands: _Commands) -> None:
    scan = _command(commands, "scan", "scan a project and say whether it may be merged", epilog=_EPILOG)
    scan.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project's folder (default: here)")
    _add_selection(scan)
    _add_format(scan)
    _add_comparison(scan)
    _add_limits(scan)
    _add_verbosity(scan)


def _add_health(commands: _Commands) -> None:
    health = _command(commands, "health", "start MCP servers and say whether they may be used", epilog=_EPILOG)
    health.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project's folder (default: here)")
    health.add_argument(
        "--server", action="append", metavar="NAME|COMMAND|URL",
        help="look at this server; repeatable (default: all that are configured in the project)",
    )  # fmt: skip
    health.add_argument(
        "--config", action="append", metavar="FILE",
        help="read servers from this file (as .mcp.json), or settings (as mcpquality.toml), and from none in the "
        "project; repeatable",
    )  # fmt: skip
    health.add_argument(
        "--fail-on", type=str.lower, choices=_SEVERITIES, metavar="SEVERITY",
        help=f"a finding at or over it fails: {', '.join(_SEVERITIES)} (default: high)",
    )  # fmt: skip
    health.add_argument(
        "--lock", metavar="FILE",
        help="what was reviewed (default: mcp.lock.json, where it lies beside the configuration)",
    )  # fmt: skip
    health.add_argument("--update-lock", action="store_true", help="write the lock file anew, to be reviewed")
    health.add_argument(
        "--report", action="append", metavar="FORMAT[=PATH]",
        help="a report to standard output or a file, in every format of `mcpquality scan`; repeatable "
        "(default: terminal)",
    )  # fmt: skip
    health.add_argument(
        "--skip", action="append", metavar="CHECK", help="do not look for this rule; * and ? are wildcards; repeatable"
    )
    health.add_argument(
        "--timeout", type=float, metavar="SECONDS", help="time for everything with a server (default: 60)"
    )
    _add_no_docs(health)
    _add_verbosity(health)


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format", action="append", metavar="FORMAT[=PATH]",
        help="a report to standard output or a file: terminal, html, json, sarif, sarif-github, markdown, "
        "markdown-comment, github-annotations, junit, gl-sast, gl-dependency, gl-secret, gl-codequality, vex, badge, "
        "badge-json or a plugin's; all=FOLDER writes every one; repeatable (default: terminal)",
    )  # fmt: skip


def _add_comparison(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--compare", type=Path, metavar="RESULTS",
        help="an earlier run's JSON report: terminal, HTML, JSON and Markdown say what is new and what is fixed since",
    )  # fmt: skip


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scanner", action="append", metavar="NAME",
        help="run only this scanner: semgrep, bandit, pip-audit, detect-secrets, coverage, gitleaks, ...; repeatable",
    )  # fmt: skip
    command.add_argument("--skip", action="append", metavar="NAME", help="do not run this scanner; repeatable")
    command.add_argument(
        "--fail-on", type=str.lower, choices=_SEVERITIES, metavar="SEVERITY",
        help=f"a finding at or over it fails: {', '.join(_SEVERITIES)} (default: high)",
    )  # fmt: skip
    command.add_argument(
        "--allow-incomplete", action="append", metavar="NAME",
        help="accept that this scanner does not see everything; shown in every report; repeatable",
    )  # fmt: skip
    command.add_argument(
        "--since", metavar="REF",
        help="look for secrets also in what the commits after this one added and took away again",
    )  # fmt: skip
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="read this configuration file and none in the project"
    )


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=int, metavar="N", help="processes at once (default: one a core)")
    command.add_argument("--timeout", type=float, metavar="SECONDS", help="time a scanner may take (default: 600)")
    command.add_argument(
        "--offline",
        action="store_const",
        const=True,
        help="do without the network; what needs it is incomplete",
    )
    _add_no_docs(command)


def _add_no_docs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-docs", dest="docs", action="store_const", const=False,
        help="do not ask Context7 how to fix what was found; our own help is shown",
    )  # fmt: skip


def _add_verbosity(command: argparse.ArgumentParser) -> None:
    loudness = command.add_mutually_exclusive_group()
    loudness.add_argument(
        "-q", "--quiet", action="store_true",
        help="print the verdict and what it rests on: what failed or was not seen, and looser settings",
    )  # fmt: skip
    loudness.add_argument("-v", "--verbose", action="store_true", help="print every finding with its fix")
    command.add_argument("--no-color", action="store_true", help="no colours (as does the variable NO_COLOR)")


def _add_results(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "results", nargs="+", type=Path, metavar="RESULTS",
        help="a JSON report of a scan; several are merged: nothing gets greener by that",
    )  # fmt: skip


def _add_report(commands: _Commands) -> None:
    report = _command(commands, "report", "write reports from the JSON reports of earlier scans", epilog=_EPILOG)
    _add_results(report)
    _add_format(report)
    _add_comparison(report)
    report.add_argument("--source", metavar="FOLDER", help="show code around findings from here (default: no code)")
    report.add_argument("--exit-zero", action="store_true", help="end with 0 whatever the verdict, once all is written")
    _add_verbosity(report)


def _add_comment(commands: _Commands) -> None:
    comment = _command(commands, "comment", "post the results on a pull or merge request, in one comment that stays")
    _add_results(comment)
    _add_comparison(comment)
    comment.add_argument("--dry-run", action="store_true", help="print the comment and post nothing")
    comment.add_argument("--name", default="", metavar="NAME", help="tells several comments on one change apart")
    comment.add_argument("--forge", choices=("github", "gitlab"), help="where (default: whose CI this runs in)")
    comment.add_argument("--repository", metavar="NAME", help="OWNER/NAME, or on GitLab a project's path or number")
    comment.add_argument("--number", type=int, metavar="N", help="of the pull or merge request")
    comment.add_argument("--api-url", metavar="URL", help="of the forge's API, for servers of your own")


def _add_demo(commands: _Commands) -> None:
    demo = _command(commands, "demo", "unpack a small MCP server with planted flaws and scan it")
    demo.add_argument(
        "folder", nargs="?", type=Path, metavar="FOLDER", help="where to unpack it (default: mcpquality-demo, here)"
    )
    _add_verbosity(demo)


def _add_explain(commands: _Commands) -> None:
    explain = _command(commands, "explain", "explain a rule: what it finds and how to put it right")
    explain.add_argument("rule", metavar="RULE", help="a rule's id as a report shows it, such as B602")


def _add_tools(commands: _Commands) -> None:
    tools = _command(commands, "tools", "list, install or check the scanners' own tools")
    actions = tools.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    for name, help_ in (
        ("list", "list the tools, their versions and whether they are installed"),
        ("install", "install tools now instead of on first use, and repair broken ones"),
        ("doctor", "check that every installed tool is whole and starts"),
    ):
        action = _command(actions, name, help_)
        action.add_argument("names", nargs="*", metavar="NAME", help="tools (default: all)")


def _add_advisories(commands: _Commands) -> None:
    advisories = _command(commands, "advisories", "keep known vulnerabilities at hand for scans without the network")
    actions = advisories.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    update = _command(actions, "update", "take OSV records into the store; by default the official exports")
    update.add_argument(
        "--from", action="append", dest="from_", metavar="URL|FILE",
        help="an OSV export: a zip file or a folder of records in JSON or YAML; repeatable",
    )  # fmt: skip
    update.add_argument(
        "--ecosystem", action="append", choices=("PyPI", "npm"), metavar="NAME",
        help="only this official export: PyPI or npm; repeatable (default: both)",
    )  # fmt: skip
    update.add_argument("--name", metavar="NAME", help="keep the records of --from beside those of their ecosystem")
    status = _command(actions, "status", "tell what the store holds, how old it is and where it is from")
    for action in (update, status):
        action.add_argument(
            "--store", type=Path, metavar="FILE", help="the store (default: in the platform's data folder)"
        )


def _add_docs(commands: _Commands) -> None:
    docs = _command(commands, "docs", "look at the documentation that reports show with a rule, from Context7")
    actions = docs.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    status = _command(actions, "status", "tell who is asked, what is kept, and how well that works")
    status.add_argument("--ask", action="store_true", help="send one request to see; it counts against the quota")
    status.add_argument("--prometheus", action="store_true", help="print the figures in Prometheus' text format")
    get = _command(actions, "get", "print the documentation about a rule, or about a library")
    get.add_argument(
        "what", metavar="RULE|LIBRARY", help="a rule's id (B602), CWE-NUMBER, or a library (/psf/requests, requests)"
    )
    get.add_argument("query", nargs="?", metavar="QUERY", help="what to ask about a library; it is sent to Context7")
    warm = _command(actions, "warm", "fetch what a scan of a project could ask for, for scans to come")
    warm.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project's folder (default: here)")
    _command(actions, "clear", "forget all documentation that is kept")


def _add_init(commands: _Commands) -> None:
    init = _command(commands, "init", "write a commented configuration to start from")
    init.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project's folder (default: here)")


def _add_config(commands: _Commands) -> None:
    config = _command(commands, "config", "print every setting that holds, and where it comes from")
    config.add_argument("path", nargs="?", default=".", metavar="PATH", help="the project's folder (default: here)")
    config.add_argument("--config", type=Path, metavar="FILE", help="read this file and none in the project")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    _prepare_streams()
    code = _guarded(arguments)
    lost = _flush(sys.stdout)
    if lost is not None:
        # Nobody saw the verdict, so it is not one. That the reader went away (`| head`) needs no words.
        code = code or INCOMPLETE
        if not isinstance(lost, BrokenPipeError):
            _complain(f"standard output cannot be written to: {lost.strerror}", code)
    _flush(sys.stderr)
    return code


def _guarded(arguments: Sequence[str] | None) -> int:
    """The command's exit code; whatever it raises is told in a sentence, never as a traceback."""
    given = argparse.Namespace(verbose=False)
    try:
        given = _parsed(arguments)
        code: int = import_module(f"pytest_mcpquality.commands.{given.command}").run(given)
    except SystemExit as ending:  # argparse, after --help, --version or a complaint of its own
        code = ending.code if isinstance(ending.code, int) else USAGE
    except UsageError as error:
        code = _complain(error, USAGE)
    except McpQualityError as error:
        code = _complain(error, INCOMPLETE)
    except KeyboardInterrupt:
        code = _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        code = INCOMPLETE
    except OSError as error:
        code = _complain(f"could not go on: {error}", INCOMPLETE)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug must not end with 1, which means "failed"
        code = _internal_error(error, verbose=getattr(given, "verbose", False))
    return code


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    given, unknown = parser().parse_known_args(arguments)
    if unknown:
        import difflib  # noqa: PLC0415 - only for who mistypes

        command: argparse.ArgumentParser = given.parser
        options = re.findall(r"--[a-z][a-z-]+", command.format_help())
        near = difflib.get_close_matches(unknown[0].partition("=")[0], options, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        command.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    return given


def _prepare_streams() -> None:
    """File names and findings hold any character; a terminal that cannot show one must not end the run.

    A closed stream (`2>&-`) is None, and what is printed to None goes to the other one.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a replaced stream may lack it


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until the process ends


def _flush(stream: TextIO) -> OSError | None:
    """Write out what is buffered; where that fails, see to it that the interpreter does not try again at its end."""
    try:
        stream.flush()
    except OSError as error:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def _complain(what: object, code: int) -> int:
    with contextlib.suppress(OSError):
        print(f"mcpquality: {what}", file=sys.stderr)  # noqa: T201 - the command line's one voice for errors
    return code


def _internal_error(error: Exception, *, verbose: bool) -> int:
    if verbose:
        import traceback  # noqa: PLC0415 - only where we are at fault

        traceback.print_exception(error)
    hint = "" if verbose else "; scan -v shows where"
    return _complain(f"internal error: {type(error).__name__}: {error}. Please report it{hint}.", INCOMPLETE)
