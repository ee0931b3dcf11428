"""When this life began, by the broker's clock: what was filled before is not ours to count.

The local clock cannot tell: it may be an hour off, ahead or behind (RS-46). The first event that
the broker dates can: it happened no later than now, and how long ago we began is known.
"""

from collections.abc import Callable, Sequence

from ...order import Execution


class Birth:
    """`ns`: the moment by the broker's clock, never later than it was, and earlier by as much as
    the first dated event was late; None before that."""

    def __init__(self) -> None:
        self.ns: int | None = None
        self._began_s: float | None = None

    def begin(self, now_s: Callable[[], float]) -> None:
        """Orders go out from now on; a second beginning is none."""
        if self._began_s is None:
            self._began_s = now_s()

    def heard(self, time_ns: int, now_s: float) -> None:
        """Something of ours happened at this time of the broker's."""
        if self.ns is None and self._began_s is not None and time_ns:
            self.ns = time_ns - round((now_s - self._began_s) * 1e9)

    def since(
        self, fills: Sequence[Execution], ours: Callable[[Execution], bool], now_s: float
    ) -> list[Execution]:
        """Fills that are to be counted: of strangers none that is older than this life is, or may
        be."""
        own = [ours(fill) for fill in fills]
        dated = zip(fills, own, strict=True)
        self.heard(max([fill.time_ns for fill, is_own in dated if is_own], default=0), now_s)
        born_ns = self.ns
        return [
            fill
            for fill, is_own in zip(fills, own, strict=True)
            if is_own or (born_ns is not None and fill.time_ns >= born_ns)
        ]
