"""Does the server start, answer and stop?"""
