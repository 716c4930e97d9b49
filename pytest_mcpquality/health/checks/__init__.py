"""The checks of a server, one a file."""
