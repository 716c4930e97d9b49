"""Pool, breaker, cache, retry, single-flight and the clock they run on: no MCP, no HTTP in here.

Asyncio only. Import from the modules; this package imports nothing, so that nothing is paid for what is not used.
"""
