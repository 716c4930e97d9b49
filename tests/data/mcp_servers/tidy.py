"""A small MCP server without the SDK that does everything right: `tidy.py [PREFIX]`; its tools start with the prefix."""

import json
import sys

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")


def tool(prefix: str) -> dict:
    text = {"type": "string", "description": "What to give back."}
    schema = {"type": "object", "properties": {"text": text}, "required": ["text"], "additionalProperties": False}
    return {
        "name": f"{prefix}echo",
        "description": "Gives back what it was given.",
        "inputSchema": schema,
        "annotations": {"readOnlyHint": True},
    }


def call(params: dict, prefix: str) -> dict:
    if params.get("name") != f"{prefix}echo":
        return {"error": {"code": -32602, "message": "Unknown tool"}}
    arguments = params.get("arguments", {})
    if not isinstance(arguments, dict) or list(arguments) != ["text"] or not isinstance(arguments["text"], str):
        text = [{"type": "text", "text": "the tool takes one argument: text, a string"}]
        return {"result": {"content": text, "isError": True}}
    return {"result": {"content": [{"type": "text", "text": arguments["text"]}]}}


def answer(message: object, prefix: str = "") -> dict | None:
    """What it answers to a message; None: nothing, since it was a notification."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or "method" not in message:
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}
    if "id" not in message:
        return None
    params = message.get("params", {})
    match message["method"]:
        case "initialize":
            asked = params.get("protocolVersion")
            body = {
                "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "tidy", "version": "1.0"},
            }
            body = {"result": body}
        case "ping":
            body = {"result": {}}
        case "tools/list":
            body = {"result": {"tools": [tool(prefix)]}}
        case "tools/call":
            body = call(params, prefix)
        case _:
            body = {"error": {"code": -32601, "message": "Method not found"}}
    return {"jsonrpc": "2.0", "id": message["id"]} | body


def main() -> None:
    prefix = sys.argv[1] if len(sys.argv) > 1 else ""
    for line in sys.stdin:
        try:
            message = json.loads(line)
        except ValueError:
            answered = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
        else:
            answered = answer(message, prefix)
        if answered is not None:
            sys.stdout.write(json.dumps(answered) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
