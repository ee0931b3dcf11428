"""What brackets hold of one instrument, kept from look to look.

A fill beside a hundred brackets costs what it costs beside one: only those are counted again whose
orders were filled, and those that came or went.
"""


class Tally:
    """Contracts by intent, signed. `net`: all of them. `plain`: nobody is among them whom no number
    says enough of: who closes for others, or was let go."""

    __slots__ = ("_held", "_others", "net")

    def __init__(self) -> None:
        self.net = 0
        self._held: dict[str, int] = {}
        self._others: dict[str, None] = {}

    @property
    def plain(self) -> bool:
        return not self._others

    def held(self, intent: str) -> int:
        """What an owner holds, of those that a number says enough of."""
        return self._held.get(intent, 0)

    def put(self, intent: str, held: int | None) -> None:
        """An owner holds so many now; None: a number does not say enough of it."""
        self.drop(intent)
        if held is None:
            self._others[intent] = None
        else:
            self._held[intent] = held
            self.net += held

    def drop(self, intent: str) -> None:
        """An owner is no more, or needs no look."""
        self.net -= self._held.pop(intent, 0)
        self._others.pop(intent, None)
