"""Model <-> items: documents and attributes."""
