"""The network of a rehearsal: bytes between two processes in virtual time."""
