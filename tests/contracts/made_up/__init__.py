"""A CI tool that nobody has, with all that a new tool takes: this file's neighbour, its payloads, one registration."""
