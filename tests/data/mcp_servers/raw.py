"""An MCP server without the SDK that misbehaves as told: `raw.py [MISBEHAVIOUR ...]`; starts in a few milliseconds."""

import json
import os
import signal
import sys
import time

WAYS = set(sys.argv[1:])
TOOLS = [{"name": f"tool{number}", "inputSchema": {"type": "object"}} for number in range(5)]


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def send(message: dict) -> None:
    write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")


def hang() -> None:
    while True:
        time.sleep(60)


def die(code: int) -> None:
    sys.stderr.write("Traceback (most recent call last):\n  somewhere\nModuleNotFoundError: foo\n")
    sys.stderr.flush()
    os._exit(code)


def huge(number: int) -> None:
    """A result of 100 MB, in one line."""
    write('{"jsonrpc": "2.0", "id": %d, "result": {"tools": [], "filler": "' % number)
    for _ in range(100):
        write("x" * 1_000_000)
    write('"}}\n')


def initialize(request: dict) -> dict:
    version = request["params"]["protocolVersion"]
    if "odd-version" in WAYS:
        version = "1999-01-01"
    return {
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "raw", "version": "1"},
        "instructions": "Be kind.",
    }


def pages(params: dict) -> dict:
    start = int(params.get("cursor", 0))
    result = {"tools": TOOLS[start : start + 2]}
    if start + 2 < len(TOOLS):
        result["nextCursor"] = str(start + 2)
    if "circles" in WAYS:
        result["nextCursor"] = "0"
    return result


def call(request: dict) -> None:
    params = request["params"]
    name, arguments, number = params["name"], params.get("arguments") or {}, request["id"]
    text = {"content": [{"type": "text", "text": json.dumps(arguments)}]}
    token = params.get("_meta", {}).get("progressToken")
    match name:
        case "die":
            die(7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            return
        case "late":
            time.sleep(0.3)
            send({"id": number, "result": text})
        case "unknown-id":
            send({"id": 700, "result": text})
        case "string-id":
            send({"id": str(number), "result": text})
        case "no-id":
            send({"id": None, "error": {"code": -32700, "message": "Parse error"}})
        case "twice":
            send({"id": number, "result": text})
            send({"id": number, "result": text})
        case "garbage":
            write("Starting up\n\nnull\n{}\n")
            write('{"jsonrpc": "2.0", "id": true, "method": "x"}\n')
            send({"id": number, "result": text})
        case "truncated":
            write('{"jsonrpc": "2.0", "id": 1, "resu\n')
        case "long":
            write("x" * 3_000_000)
        case "flood":
            write("spam\n" * 20_000)
        case "flood-stderr":
            sys.stderr.write("noise\n" * 300_000)
            send({"id": number, "result": text})
        case "close-stdout":
            os.close(1)
            hang()
        case "close-stdin":
            os.close(0)
            hang()
        case "error":
            send({"id": number, "error": {"code": -32602, "message": "no\x1b[31m such tool", "data": [1]}})
        case "bad-error":
            send({"id": number, "error": "boom"})
        case "bad-result":
            send({"id": number, "result": [1]})
        case "batch":
            write(json.dumps([{"jsonrpc": "2.0", "id": number, "result": text}]) + "\n")
        case "progress":
            for step in (1, 2):
                params = {"progressToken": token, "progress": step, "total": 2}
                send({"method": "notifications/progress", "params": params})
            send({"method": "notifications/progress", "params": {"progressToken": "nobody's", "progress": 1}})
            send({"id": number, "result": text})
        case "notify":
            send({"method": "notifications/tools/list_changed"})
            send({"id": number, "result": text})
        case "ask":
            asked(number, arguments)
        case "crlf":
            write(json.dumps({"jsonrpc": "2.0", "id": number, "result": text}) + "\r\n")
        case "environment":
            send({"id": number, "result": {"names": sorted(os.environ)}})
        case _:
            send({"id": number, "result": text})


def asked(number: int, arguments: dict) -> None:
    """Ask the client, and answer with its answer."""
    send({"id": "ask-1", "method": arguments["method"], "params": arguments.get("params", {})})
    if arguments.get("cancel"):
        send({"method": "notifications/cancelled", "params": {"requestId": "ask-1"}})
        send({"id": number, "result": {}})
        return
    answer = json.loads(sys.stdin.readline())
    send({"id": number, "result": {"answer": answer}})


def handle(request: dict) -> None:
    method, number = request.get("method"), request.get("id")
    if number is None:
        if method == "notifications/cancelled" and "log-cancel" in WAYS:
            sys.stderr.write(f"cancelled {request['params']['requestId']}\n")
            sys.stderr.flush()
        return
    if f"hang-{method}" in WAYS:
        return
    if f"die-{method}" in WAYS:
        die(7)
    if f"stop-{method}" in WAYS:
        write('{"jsonrpc": "2.0", "id":')
        return
    if f"garble-{method}" in WAYS:
        write('{"jsonrpc": "2.0", "id": 1, "resu\n')
        return
    if f"huge-{method}" in WAYS:
        huge(number)
        return
    match method:
        case "initialize" if "modern" in WAYS:
            send({"id": number, "error": {"code": -32601, "message": "Method not found"}})
        case "initialize" if "refuse" in WAYS:
            send({"id": number, "error": {"code": -32603, "message": "out of order"}})
        case "initialize" if "old" in WAYS and request["params"]["protocolVersion"] != "2024-11-05":
            data = {"supported": ["2024-11-05"], "requested": request["params"]["protocolVersion"]}
            send({"id": number, "error": {"code": -32602, "message": "Unsupported", "data": data}})
        case "initialize":
            send({"id": number, "result": initialize(request)})
        case "server/discover" if "modern" in WAYS:
            result = {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "resultType": "complete"}
            result["_meta"] = {"io.modelcontextprotocol/serverInfo": {"name": "raw", "version": "2"}}
            send({"id": number, "result": result})
        case "tools/call" if "modern" in WAYS:
            modern_call(request)
        case "ping":
            send({"id": number, "result": {}})
        case "tools/list":
            send({"id": number, "result": pages(request.get("params") or {})})
        case "resources/list":
            send({"id": number, "result": {"resources": "none"}})
        case "tools/call":
            call(request)
        case "echo":
            send({"id": number, "result": request.get("params", {})})
        case _:
            send({"id": number, "error": {"code": -32601, "message": f"Method not found: {method}"}})


def modern_call(request: dict) -> None:
    params = request["params"]
    if params["name"] != "endless" and params.get("inputResponses"):
        answers = {"answers": params["inputResponses"], "state": params.get("requestState")}
        send({"id": request["id"], "result": {"resultType": "complete"} | answers})
        return
    wanted = {"method": "elicitation/create", "params": {"message": "Really?"}}
    needed = {"resultType": "input_required", "inputRequests": {"sure": wanted}, "requestState": "s1"}
    send({"id": request["id"], "result": needed})


def main() -> None:
    if "die-at-start" in WAYS:
        die(3)
    if "hang-at-start" in WAYS:
        hang()
    if "ignore-term" in WAYS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "flood-stdout" in WAYS:
        while True:
            write("spam\n" * 1000)
    if "flood-stderr" in WAYS:
        sys.stderr.write("noise\n" * 3_000_000)
    if "banner" in WAYS:
        write("Welcome to raw!\n")
    if "child" in WAYS and os.fork() == 0:
        hang()
    if "detached" in WAYS and os.fork() == 0:
        os.setsid()
        hang()
    for line in sys.stdin:
        handle(json.loads(line))
    if "ignore-eof" in WAYS:
        hang()


main()
