"""One command of the command line a file: parsed arguments in, exit code out."""
