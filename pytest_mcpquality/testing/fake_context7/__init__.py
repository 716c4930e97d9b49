"""A Context7 of our own: what its REST interface says and does, at a loopback socket, on command.

Import from the modules, or `FakeContext7` from `pytest_mcpquality.testing`; nothing is imported here.
"""
