"""Faults that a plan scripts, carried out between the client and the broker's desk."""
