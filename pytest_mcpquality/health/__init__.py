"""Is an MCP server alive, safe, quick, and what it was when it was reviewed?"""
