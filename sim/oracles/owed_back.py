"""What gives back and is in doubt: what works then may be for what is held once that is there.

To take it away would leave that bare; to leave it is too much where nothing arrived. No client can
do right by both, so that neither is judged before it is known which it is.
"""

from collections.abc import Callable

from .doubtful import GIVES_BACK
from .knowable import Moment
from .scene import Scene


class OwedBack:
    """The excuses of one rule, by symbol."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[str, Moment] = {}  # the end of the doubt that was taken in last
        self._excused: dict[str, None] = {}

    def excuses(
        self, symbol: str, closes: Callable[[int], bool], restart: Callable[[Moment], None]
    ) -> bool:
        """Whether the rule does not judge now. `closes(back)`: whether so many contracts, signed,
        would be closed by what is too much. `restart`: from a moment on it judges anew."""
        doubts, was = self._scene.doubts, symbol in self._excused
        ended = doubts.newly_ended(symbol, GIVES_BACK, self._seen, self._scene.now_ns())
        back = doubts.given_back(symbol)
        if back and closes(back):
            self._excused[symbol] = None
            return True
        if was:  # the doubt is over, or what is held is another
            del self._excused[symbol]
            ended = ended or self._scene.contracts[symbol].moved
        if ended is not None:
            restart(ended)
        return False
