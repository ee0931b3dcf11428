"""An entry, its stop and its targets, as one thing."""
