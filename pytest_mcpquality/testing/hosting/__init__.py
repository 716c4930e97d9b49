"""How a mock server is reached: a process over stdio, a socket over HTTP, streams in memory.

Import from the modules; this package imports nothing, so that nothing is paid for what is not used.
"""
