"""A search over seeds, in as many processes as there are cores."""
