"""Does it stand what it should not be sent?"""
