"""Examples for Semgrep's own test format; read by the tests, never imported or run."""

import sqlite3

from sqlalchemy import text

from fastmcp import FastMCP
from mcp.server import Server
from mcp.server.fastmcp import FastMCP as SdkOne
from mcp.server.mcpserver import MCPServer

mcp = FastMCP("examples")
app = SdkOne("examples")
srv = MCPServer("examples")
server = Server("examples")


@mcp.tool
def user(name: str) -> list:
    # ruleid: mcp-sql-injection
    return db.execute(f"SELECT * FROM users WHERE name = '{name}'").fetchall()


@app.tool()
def bound(name: str, limit: int) -> list:
    # ok: mcp-sql-injection
    db.execute("SELECT * FROM users WHERE name = ?", (name,))
    # ok: mcp-sql-injection
    return db.execute(f"SELECT * FROM users LIMIT {limit}")


@srv.tool()
async def table(table: str) -> None:
    query = "SELECT * FROM " + table
    # ruleid: mcp-sql-injection
    await connection.fetch(query)
    # ruleid: mcp-sql-injection
    cursor.executescript("DROP TABLE %s" % table)
    # ruleid: mcp-sql-injection
    session.execute(text("SELECT * FROM {}".format(table)))


@mcp.tool
def known(table: str) -> None:
    if table not in TABLES:
        raise ValueError(table)
    # ok: mcp-sql-injection
    db.execute(f"SELECT * FROM {table}")


@mcp.tool
def named(table: str) -> None:
    if not table.isidentifier():
        raise ValueError(table)
    # ok: mcp-sql-injection
    db.execute(f"SELECT * FROM {table}")


@server.call_tool()
async def call(name: str, arguments: dict):
    # ruleid: mcp-sql-injection
    db.execute(f"PRAGMA table_info({arguments['table']})")
    # ruleid: mcp-raw-sql
    db.execute(arguments["query"])


@mcp.tool
def raw(query: str) -> None:
    # ruleid: mcp-raw-sql
    cursor.execute(query)
    # ok: mcp-raw-sql
    cursor.execute("SELECT 1")


@mcp.tool
def readonly(query: str) -> None:
    conn = sqlite3.connect("file:data.db?mode=ro", uri=True)
    # ok: mcp-raw-sql
    conn.execute(query)


@mcp.tool
def frame(table: str, columns: list[str]) -> object:
    # ruleid: mcp-sql-injection
    pd.read_sql(f"SELECT * FROM {table}", engine)
    query = "SELECT "
    query += ", ".join(columns)
    # ruleid: mcp-sql-injection
    duckdb.sql(query)
    # ok: mcp-sql-injection
    return db.execute("SELECT 1 FROM t WHERE id IN (" + ",".join("?" for _ in columns) + ")", columns)
