"""What a mock server has: tools, resources, prompts, completions, as they stand on the wire."""
