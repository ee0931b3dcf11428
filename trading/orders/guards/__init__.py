"""Orders for what is held: a guard of a position, and closes of all or a part of it."""
