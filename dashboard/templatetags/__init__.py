"""Words and times in templates."""
