"""Starting this server, and whether it is well."""
