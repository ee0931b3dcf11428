"""Closing what is held: one closing order at a time, and the flatten."""
