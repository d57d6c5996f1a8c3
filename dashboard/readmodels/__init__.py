"""One builder a screen: entities in, one frozen dataclass out, which is the whole context of its template."""
