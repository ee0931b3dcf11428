"""A twin's state over a restart."""
