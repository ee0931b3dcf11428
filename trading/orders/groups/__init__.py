"""Orders that depend on each other: OCO, OTO and one-updates-other groups."""
