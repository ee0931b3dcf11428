"""What somebody should look at."""

from msgspec import Struct


class Incident(Struct, frozen=True):
    """Something that went wrong and was dealt with, or that somebody should look at."""

    time_ns: int
    kind: str
    text: str
