"""The page of one run, for a person who looks for a race."""
