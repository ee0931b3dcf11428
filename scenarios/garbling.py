"""The forms in which an event is written so that nobody can read it.

Beside the table of faults, because every simulated broker asks for them, with a plan or without.
"""

GARBLED = ("truncated", "types", "nan", "huge", "empty", "bytes", "nonsense")
