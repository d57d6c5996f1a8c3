"""Reading from the tools' own APIs what their webhooks do not tell. Nothing here writes to a tool, or to the store."""
