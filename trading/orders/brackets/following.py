"""Moving a stop by the market's price: the best price seen, and a pause after each move.

The core says where the stop belongs (`core.followed`); here is only the when. However fast
prices come, one move leaves in each `follow_s`, to the level that is due then (RS-26).
"""

from collections.abc import Callable
from decimal import Decimal

from ..exits.closing import Sender
from ..settings import OrderSettings
from . import core as core
from .core import Facts
from .plan import Plan


class Follower:
    """`px`: where the rules brought the stop, None before they moved it; `best`: the best price
    seen. `look` tells the plan and
    the facts, `settle` acts on a new `px`."""

    def __init__(
        self,
        sender: Sender,
        settings: OrderSettings,
        look: Callable[[], tuple[Plan, Facts]],
        settle: Callable[[], None],
    ) -> None:
        self.px: Decimal | None = None
        self.best: Decimal | None = None  # in our favour, since the first fill
        self._sender = sender
        self._settings = settings
        self._look = look
        self._settle = settle
        self._pause: int | None = None

    def see(self, price: Decimal, sign: int) -> None:
        """Take a price in; `sign` is the bracket's side. One that is no better than the best so far
        changes nothing, nor does one from before the first fill."""
        if self.best is not None and sign * (price - self.best) <= 0:
            return
        if self._look()[1].net > 0:
            self.best = price
            if self._pause is None:
                self._follow()

    def stop(self) -> None:
        """Forget the timer."""
        self._sender.never(self._pause)
        self._pause = None

    def _follow(self) -> None:
        plan, facts = self._look()
        assert self.best is not None, "a price was seen"
        px = core.followed(plan, facts, self.best)
        if px is not None:
            self.px = px
            self._pause = self._sender.later(self._settings.follow_s, self._again)
            self._settle()

    def _again(self) -> None:
        self._pause = None
        plan, facts = self._look()
        if plan.rules.follows and facts.net > 0:
            self._follow()
