"""Reading and writing, one module a noun."""
