"""What stands for the keeper where there is no journal: nobody could ever read what it wrote."""

from collections.abc import Sequence

from ...order import OrderRequest
from ..events import IncidentRaised
from ..exits.closing import Kept
from ..happened import Happened


class Unkept:
    """Answers as `keeper.Keeper` and keeps nothing. No observer: an event costs nothing here."""

    failing = False

    def first(self, requests: Sequence[OrderRequest], owner: Kept | None = None) -> None:
        """Orders that open something are about to be sent."""

    def keep(self, owner: Kept) -> None:
        """What an owner is for is otherwise now."""

    def left(self, owner: Kept) -> None:
        """An owner is finished."""

    def state(self, body: bytes) -> None:
        """The strategy's state is otherwise now."""

    def event(self, told: Happened | IncidentRaised) -> None:
        """The next event of the manager's stream."""

    def events(self, since: int) -> list[tuple[int, bytes]]:
        """Events after the `since`-th: none were kept."""
        return []
