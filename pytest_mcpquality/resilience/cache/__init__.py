"""A cache of answers in two tiers: memory in front of a file. Import from the modules; nothing is imported here."""
