"""What somebody should look at."""

from msgspec import Struct


class Incident(Struct, frozen=True):
    """Something that went wrong and was dealt with, or that somebody should look at.

    `time_ns`: the manager's wall clock. `intent`: what the trader wanted when it happened, `tag`:
    the client tag of the order it is about; "" where it is about no one intent or order.
    """

    time_ns: int
    kind: str
    text: str
    intent: str = ""
    tag: str = ""
