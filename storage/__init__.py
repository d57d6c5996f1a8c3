"""The single table: entities, events, merge, key schema, engines and repositories. Knows nothing of the web."""
