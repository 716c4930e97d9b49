"""How people and machines read the results: one format a module, from `Results` to text."""
