"""Read models to text: rendered regions, JSON. Pure."""
