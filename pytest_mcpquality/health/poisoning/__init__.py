"""Does any text of a server instruct the model instead of describing the server?"""
