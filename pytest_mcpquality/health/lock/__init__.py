"""`mcp.lock.json`: what a server was when it was reviewed, and how it has changed since."""
