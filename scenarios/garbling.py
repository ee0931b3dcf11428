"""The forms in which a message is spoiled so that nobody can read it (F16).

Beside the table of faults, because every simulated broker asks for them, with a plan or without.
"""

GARBLED = ("truncated", "types", "nan", "huge", "empty", "bytes", "nonsense")
