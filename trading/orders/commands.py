"""What an order core asks to have sent."""

from enum import Enum

from msgspec import Struct

from ..order import OrderChange


class Do(Enum):
    """A command on its way to the broker."""

    PLACE = "place"
    MODIFY = "modify"
    CANCEL = "cancel"
    LOOK = "look"

    # Its members are keys at every command, and Enum's own hash is a call in Python.
    __hash__ = object.__hash__


# By themselves: to find a member in its class takes as long as a call, and every event asks.
PLACE, MODIFY, CANCEL, LOOK = Do.PLACE, Do.MODIFY, Do.CANCEL, Do.LOOK


class Command(Struct, frozen=True):
    """What to send next, after `delay_s`, which counts from `since_s` where that is given. `change`
    belongs to MODIFY."""

    do: Do
    delay_s: float = 0.0
    change: OrderChange | None = None
    since_s: float | None = None
