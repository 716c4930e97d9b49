"""Connections to MCP servers, on the wire: every transport, both eras of the protocol, either major of the SDK or none.

Import from the modules; this package imports nothing, so that nothing is paid for what is not used.
"""
