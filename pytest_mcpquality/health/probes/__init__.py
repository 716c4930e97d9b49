"""What is asked of a server beyond its lists: every probe is bounded, and calls nothing that may change the world."""
