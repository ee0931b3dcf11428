"""Plays scenarios: as they are written, and as families of seeds."""
