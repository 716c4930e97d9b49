"""The bundled rules: complete, right about every line of their examples, and behind a gate that hides none."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
RULES = ROOT / "scanners" / "mcpquality_scanners" / "rules"
COMPILED = RULES / "mcp-rules.json"
ALL_RULES: list[dict[str, Any]] = json.loads(COMPILED.read_text(encoding="utf-8"))["rules"]
GATE = re.compile(json.loads((RULES / "gate.json").read_bytes())["words"].encode())
EXAMPLES = sorted(RULES.glob("*.py"))
MARK = re.compile(r"#\s*(ruleid|ok):\s*(\S+)")
SEVERITIES = {"CRITICAL", "HIGH", "MEDIUM", "LOW"}

HANDLERS = {
    "tool": "from app import it\n@it.tool()\ndef f(x: str): eval(x)\n",
    "tool-bare": "from app import it\n@it.tool\nasync def f(x): eval(x)\n",
    "tool-of-self": "class A:\n    def g(self):\n        @self.it.tool(name='x')\n        def f(x): eval(x)\n",
    "tool-of-item": "@servers['a'].tool()\ndef f(n: int, x: Annotated[str, 1] = ''): eval(x)\n",
    "tool-under-others": "@traced\n@it.tool()\n@cached(1)\ndef f(x): eval(x)\n",
    "resource": "@it.resource('a://{x}')\ndef f(x): eval(x)\n",
    "prompt": "@it.prompt()\ndef f(x): eval(x)\n",
    "call-tool": "@server.call_tool()\nasync def f(name, arguments): eval(arguments['x'])\n",
    "get-prompt": "@server.get_prompt()\nasync def f(name, arguments): eval(arguments['x'])\n",
    "read-resource": "@server.read_resource()\nasync def f(uri): eval(uri.path)\n",
    "request": "async def f(request: types.CallToolRequest): eval(request.params.arguments['x'])\n",
    "content": "async def f(arguments: dict) -> list[types.TextContent]: eval(arguments['x'])\n",
    "fastmcp-helper": "from fastmcp import FastMCP\ndef f(x): eval(x)\n",
    "sdk-one-helper": "from mcp.server.fastmcp import (\n    Context,\n    FastMCP,\n)\ndef f(x): eval(x)\n",
    "sdk-two-helper": "from mcp.server.mcpserver import MCPServer\ndef f(x): eval(x)\n",
    "low-level-helper": "from mcp.server.lowlevel import Server as S\ndef f(x): eval(x)\n",
    "module-helper": "import fastmcp\nit = fastmcp.FastMCP('a')\ndef f(x): eval(x)\n",
    "thread": "@it.tool()\ndef f(x):\n    def work():\n        eval(x)\n    Thread(target=work)\n",
    "answer": "import os\n@it.tool()\ndef f(): return dict(os.environ)\n",
    "answer-content": "import os\ndef f(): return [TextContent(type='text', text=str(os.environ))]\n",
}
OTHERS = {
    "plain": "def f(x): eval(x)\n",
    "framework": "@app.route('/x')\ndef f(x): eval(x)\n",
    "client": "from mcp import ClientSession\nfrom fastmcp import Client\ndef f(x): eval(x)\n",
    "number": "@it.tool()\ndef f(n: int, on: bool, day: date | None = None): eval(n), eval(on), eval(day)\n",
    "test": "import pytest\nS = '''\nfrom mcp.server import Server\n'''\ndef f(x): eval(x)\n",
    "quoted": "CASES = ['from mcp.server import Server']\ndef f(x): eval(x)\n",
    "doctest": '"""\n>>> from fastmcp import FastMCP\n"""\ndef f(x): eval(x)\n',
    "context": "@it.tool()\ndef f(self, ctx: Context): eval(ctx), eval(self)\n",
}


def marks(path: Path) -> dict[str, set[tuple[str, int]]]:
    """Return, for ``ruleid`` and ``ok``, each rule and the number of the line below its mark."""
    found: dict[str, set[tuple[str, int]]] = {"ruleid": set(), "ok": set()}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if match := MARK.search(line):
            found[match[1]].add((match[2], number + 1))
    return found


def scan(semgrep: Path, paths: Iterable[Path]) -> dict[str, Any]:
    """Run the compiled rules over files with the product's switches; return Semgrep's report."""
    switches = "--experimental --metrics=off --disable-version-check --json -j 1 --timeout 20 --disable-nosem"
    more = "--no-git-ignore --x-ignore-semgrepignore-files --max-target-bytes 5000000 --config"
    done = subprocess.run(
        [str(semgrep), "scan", *switches.split(), *more.split(), str(COMPILED), *map(str, paths)],
        capture_output=True,
        check=False,
        env={**os.environ, "SEMGREP_ENABLE_VERSION_CHECK": "0"},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["errors"] == []
    return report


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule["id"])
def test_every_rule_is_described(rule: dict[str, Any]) -> None:
    metadata = rule["metadata"]
    assert rule["id"].startswith("mcp-")
    assert rule["message"].strip()
    assert rule["severity"] in SEVERITIES
    assert metadata["category"] == "security"
    assert metadata["confidence"] in {"HIGH", "MEDIUM", "LOW"}
    assert metadata["cwe"]
    assert all(re.fullmatch(r"CWE-\d+: .+", cwe) for cwe in metadata["cwe"])
    assert metadata["references"]
    assert all(link.startswith("https://") for link in metadata["references"])
    assert "before:" in metadata["fix"]
    assert "after:" in metadata["fix"]


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule["id"])
def test_every_rule_has_examples(rule: dict[str, Any]) -> None:
    found = [marks(path) for path in EXAMPLES]
    for kind in ("ruleid", "ok"):
        assert sum(name == rule["id"] for marked in found for name, _ in marked[kind]) >= 2, kind


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_gate_lets_every_example_through(path: Path) -> None:
    assert GATE.search(path.read_bytes())


@pytest.mark.parametrize("form", HANDLERS)
def test_the_gate_lets_every_form_of_handler_through(form: str) -> None:
    assert GATE.search(HANDLERS[form].encode())


@pytest.mark.parametrize("form", ["plain", "framework", "client"])
def test_the_gate_stops_what_is_no_server(form: str) -> None:
    assert GATE.search(OTHERS[form].encode()) is None


@pytest.mark.e2e
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_exactly_the_marked_lines_are_hit(semgrep: Path, path: Path) -> None:
    expected = marks(path)
    own = {name for kind in expected.values() for name, _ in kind}
    results = scan(semgrep, [path])["results"]
    hits = {(result["check_id"].rsplit(".", 1)[-1], result["start"]["line"]) for result in results}
    assert {hit for hit in hits if hit[0] in own} == expected["ruleid"]


@pytest.mark.e2e
def test_every_form_of_handler_is_a_source_and_nothing_else_is(semgrep: Path, tmp_path: Path) -> None:
    for form, text in (HANDLERS | OTHERS).items():
        (tmp_path / f"{form}.py").write_text(text, encoding="utf-8")
    results = scan(semgrep, sorted(tmp_path.iterdir()))["results"]
    assert {Path(result["path"]).stem for result in results} == set(HANDLERS)


@pytest.mark.e2e
def test_a_large_file_is_searched_to_its_end(semgrep: Path, tmp_path: Path) -> None:
    # PCRE gives up on one search through so much text, and Semgrep then takes the file for one without the words.
    padding = "".join(f"# line {number} of many that hold nothing of interest to any rule\n" for number in range(9000))
    path = tmp_path / "large.py"
    path.write_text(f"{padding}import os\n\n\n@it.tool()\ndef f(x):\n    os.system(x)\n", encoding="utf-8")
    assert path.stat().st_size > 500_000
    [result] = scan(semgrep, [path])["results"]
    assert result["check_id"].endswith("mcp-command-injection")
