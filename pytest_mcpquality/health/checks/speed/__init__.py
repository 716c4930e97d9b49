"""Is it fast enough, and are its answers small enough?"""
