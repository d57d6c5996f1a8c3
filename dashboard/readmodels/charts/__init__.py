"""Charts of what teams deliver, as coordinates: data in, frozen shapes out, which templates draw. Pure."""
