"""Is it what was reviewed?"""
