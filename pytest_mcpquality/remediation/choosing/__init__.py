"""From a finding to what is asked: which library's documentation, and in which words.

Nothing of the code under review becomes part of a question: its words are those of the tables in here, of a plugin or
of the configuration, and beside them at most the name of a package that a public advisory is about, and a version in
digits.
"""
