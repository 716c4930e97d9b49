"""Documentation that tells how to fix a finding, fetched from Context7 by a client that survives the service.

`client.open_client(settings)` gives a `DocsClient`; `await client.fetch(library, query)` gives a `Documentation`, or a
`Miss` that says why there is none. Import from the modules; nothing is imported here.
"""
