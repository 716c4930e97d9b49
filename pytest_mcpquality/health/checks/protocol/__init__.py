"""Does it speak the protocol?"""
