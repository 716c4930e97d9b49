"""Notes in a folder, for language models."""
