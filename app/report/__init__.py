"""The report of a run: in words, as frames, as a page."""
