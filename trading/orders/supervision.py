"""Faults of our own: each becomes an incident, and only what it concerns is looked after.

An exception in one bracket must not stop another one's guard, and it must not vanish (DESIGN 3;
fault-model, INV-11). Whoever calls something that could raise catches it and says here what it was
about. An order is not trusted until it was looked up; an owner's position goes to a `Fallback`.
"""

import traceback
from collections.abc import Callable
from pathlib import PurePath

from . import tags
from .handle import Order
from .registry import Registry
from .settings import OrderSettings

_KEPT_MOST = 1_000  # faults are few; what is kept of them is bounded all the same


class Supervision:
    """`incident(kind, text, about)` tells of a fault, once for each kind of it.

    `fall_back(intent, story)` gives what an owner holds to a fallback; `go_on(order)` lets
    all that depends on an order act. `count`: faults so far, also those that were not told again.
    """

    fall_back: Callable[[str, str], None]
    go_on: Callable[[Order], None]

    def __init__(
        self,
        incident: Callable[[str, str, str], None],
        orders: Registry,
        settings: OrderSettings,
    ) -> None:
        self.count = 0
        self._incident = incident
        self._orders = orders
        self._settings = settings
        self._said: dict[tuple[str, str, str], None] = {}
        self._faults: dict[str, int] = {}  # by tag

    def failed(self, error: Exception, where: str, about: str) -> None:
        """Something raised while it dealt with `about`: an order's client tag, an owner's intent,
        or "" where it was neither."""
        self.told(error, where, about)
        tag = tags.parse(about)
        if tag is None:
            if about:
                self.fall_back(about, _story(error, where))
            return
        order = self._orders.find(about, "")
        if order is None:
            return
        faults = self._faults.get(about, 0) + 1
        if faults > self._settings.fault_tries:
            del self._faults[about]
            if tag.role:
                self.fall_back(tag.intent, _story(error, where))
            return
        self._faults[about] = faults
        if len(self._faults) > _KEPT_MOST:
            del self._faults[next(iter(self._faults))]
        if not order.core.terminal:
            _mistrust(order)
        try:
            self.go_on(order)
        except Exception as again:  # noqa: BLE001  counted as above, so this ends
            self.failed(again, f"what followed {where}", about)

    def told(self, error: Exception, where: str, about: str) -> None:
        """Something raised, and nothing of ours depends on it: an observer, a listener."""
        self.count += 1
        said = (where, about, type(error).__name__)
        if said in self._said:  # whoever fails at every event is not an incident at every event
            return
        self._said[said] = None
        if len(self._said) > _KEPT_MOST:
            del self._said[next(iter(self._said))]
        self._incident("fault", _story(error, where), about)


def _mistrust(order: Order) -> None:
    """What is under way may have been answered or not, and was half taken in: ask the broker."""
    core = order.core
    core.flight = None
    core.agreement.ended()
    core.doubt.arise_later(first=True)


def _story(error: Exception, where: str) -> str:
    """What was raised and by which line of ours, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{where} raised {error!r}{at}"
