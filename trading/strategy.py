"""Strategies: a class with handlers, one file, the same in all worlds.

One task pulls a strategy's events and awaits its handlers; they never overlap. While one waits,
quotes conflate and everything else queues; the order manager never waits for it.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from inspect import getattr_static, isawaitable
from random import Random
from types import CoroutineType
from typing import Any

from .bars import Bars
from .desk import Desk
from .errors import RunEnded, UsageError
from .events import Bar, Crossing, Quote, StatusChange, Trade
from .instrument import Instrument
from .market import Channel
from .order import Execution, ExecutionReport, OrderSpec, Trail
from .orders.brackets.bracket import Bracket
from .orders.brackets.plan import Level, Targets
from .orders.exits.cancel_all import CancelAllResult
from .orders.exits.flatten_all import FlattenAll
from .orders.exits.flatten_core import FlattenResult
from .orders.groups.group import Group
from .orders.groups.groups import IfRefused
from .orders.guards.close import Close
from .orders.guards.guard import Guard
from .orders.handle import CancelResult, Order
from .orders.manager import Incident
from .orders.positions import Position
from .price import PriceLike, Ticks
from .repeating import Timer
from .series import as_read
from .state import KeptState
from .words import ContingencyType

_HANDLER_OF: dict[type, str] = {
    Quote: "on_quote",
    Trade: "on_trade",
    Bar: "on_bar",
    Crossing: "on_crossing",
    StatusChange: "on_status",
    ExecutionReport: "on_order",
    Execution: "on_fill",
    Position: "on_position",
    Timer: "on_timer",
    Incident: "on_incident",
}
HANDLERS = ("on_start", "on_stop", *_HANDLER_OF.values())

_NEEDS = {
    "on_quote": Channel.QUOTES,
    "on_trade": Channel.TRADES,
    "on_bar": Channel.BARS,
    "on_crossing": Channel.CROSSINGS,
    "on_status": Channel.STATUS,
}


Trader = Callable[[Desk], Coroutine[Any, Any, list[str]]]
"""What trades: given its desk, runs until the inbox is closed, and returns notes for the report."""


class Strategy:
    """Base of a strategy. Write any of these handlers, plain or `async`:

    `on_start()`, `on_stop()`, `on_quote(quote)`, `on_trade(trade)`, `on_bar(bar)`,
    `on_crossing(crossing)`, `on_status(change)`, `on_order(report)`, `on_fill(fill)`,
    `on_position(position)`, `on_timer(timer)`, `on_incident(incident)`.

    Class attributes are parameters, which a run may set anew. Everything else is the desk's; see
    `Desk` for what each call returns and raises.
    """

    _desk: Desk | None = None

    @property
    def desk(self) -> Desk:
        """The trader's desk. Raises `UsageError` before the run has begun."""
        if self._desk is None:
            name = type(self).__name__
            raise UsageError(
                f"{name} has no desk yet; use it in on_start or later, not in __init__"
            )
        return self._desk

    @property
    def instrument(self) -> Instrument:
        return self.desk.instrument

    @property
    def position(self) -> Position:
        return self.desk.position

    @property
    def working_orders(self) -> list[Order]:
        return self.desk.working_orders

    @property
    def quote(self) -> Quote | None:
        return self.desk.quote

    @property
    def now(self) -> datetime:
        return self.desk.now

    @property
    def now_ns(self) -> int:
        return self.desk.now_ns

    @property
    def random(self) -> Random:
        return self.desk.random

    @property
    def state(self) -> dict[str, Any]:
        """What the strategy remembers over a restart: see `Desk.state`. It is kept when a handler
        returns; raises `UsageError` there for what cannot be kept, and for too much of it."""
        return self.desk.state

    async def subscribe_quotes(self, instrument: Instrument | None = None) -> None:
        await self.desk.subscribe_quotes(instrument)

    async def subscribe_trades(self, instrument: Instrument | None = None) -> None:
        await self.desk.subscribe_trades(instrument)

    async def subscribe_status(self, instrument: Instrument | None = None) -> None:
        await self.desk.subscribe_status(instrument)

    async def subscribe_bars(
        self, span: str, *, warmup: int = 0, instrument: Instrument | None = None
    ) -> Bars:
        return await self.desk.subscribe_bars(span, warmup=warmup, instrument=instrument)

    async def subscribe_crossing(
        self,
        *,
        above: PriceLike | None = None,
        below: PriceLike | None = None,
        name: str = "",
        instrument: Instrument | None = None,
    ) -> Callable[[], None]:
        return await self.desk.subscribe_crossing(
            above=above, below=below, name=name, instrument=instrument
        )

    async def place(self, spec: OrderSpec) -> Order:
        return await self.desk.place(spec)

    async def modify(
        self,
        order: Order,
        *,
        qty: int | None = None,
        limit: PriceLike | None = None,
        stop: PriceLike | None = None,
        trail: Trail | None = None,
    ) -> None:
        await self.desk.modify(order, qty=qty, limit=limit, stop=stop, trail=trail)

    async def cancel(self, order: Order) -> CancelResult:
        return await self.desk.cancel(order)

    async def bracket(
        self,
        entry: OrderSpec,
        *,
        stop: Level,
        target: Targets = None,
        break_even: Ticks | None = None,
        break_even_plus: Ticks | None = None,
        trail: Ticks | None = None,
        entry_timeout: float | None = None,
    ) -> Bracket:
        return await self.desk.bracket(
            entry,
            stop=stop,
            target=target,
            break_even=break_even,
            break_even_plus=break_even_plus,
            trail=trail,
            entry_timeout=entry_timeout,
        )

    async def protect(
        self,
        *,
        stop: Level | None = None,
        target: Level | None = None,
        qty: int | None = None,
    ) -> Guard:
        return await self.desk.protect(stop=stop, target=target, qty=qty)

    def unprotect(self) -> Guard | None:
        return self.desk.unprotect()

    def close_position(self, qty: int | None = None, *, limit: PriceLike | None = None) -> Close:
        return self.desk.close_position(qty, limit=limit)

    async def oco(
        self,
        *specs: OrderSpec,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
    ) -> Group:
        return await self.desk.oco(*specs, contingency=contingency, if_refused=if_refused)

    async def oto(
        self,
        first: OrderSpec,
        then: OrderSpec | Sequence[OrderSpec],
        *,
        contingency: ContingencyType | None = None,
        if_refused: IfRefused | None = None,
    ) -> Group:
        return await self.desk.oto(first, then, contingency=contingency, if_refused=if_refused)

    def link(self, *orders: Order, contingency: ContingencyType | None = None) -> Group:
        return self.desk.link(*orders, contingency=contingency)

    async def flatten(self, *, reason: object = "") -> FlattenResult:
        return await self.desk.flatten(reason=reason)

    async def cancel_all(self, *, keep_protection: bool = False) -> CancelAllResult:
        return await self.desk.cancel_all(keep_protection=keep_protection)

    async def flatten_all(self, *, reason: object = "") -> dict[str, FlattenResult]:
        return await self.desk.flatten_all(reason=reason)

    def kill(self, reason: str) -> FlattenAll:
        return self.desk.kill(reason)

    def release(self) -> None:
        self.desk.release()

    def every(self, span: str, name: str = "") -> Callable[[], None]:
        return self.desk.every(span, name)


def make_strategy(kind: type[Strategy], params: dict[str, Any], desk: Desk) -> Strategy:
    """A strategy of a class, its parameters set and its desk given.

    A parameter is a class attribute without underscore that is no function; text is turned into the
    kind of its default. Raises `UsageError` for a parameter that the class has not, a value that
    does not fit, and a handler name that looks misspelt.
    """
    _check_handlers(kind)
    strategy = kind()
    for name, value in params.items():
        setattr(strategy, name, _fit(kind, name, value))
    strategy._desk = desk
    return strategy


async def run_strategy(strategy: Strategy) -> list[str]:
    """Start a strategy and hand it its events until the inbox is closed; then its `on_stop`.

    Returns notes: a handler that still waited for an order when the run ended, and handlers that
    never could be called, because nothing was subscribed for them.
    """
    notes: list[str] = []
    try:
        await _call(strategy, "on_start")
        await _handle_events(strategy)
    except RunEnded as ended:
        notes.append(f"when the data ended, a handler still waited: {ended}")
    await _call(strategy, "on_stop")
    subscribed = strategy.desk.subscribed
    idle = (n for n, c in _NEEDS.items() if hasattr(strategy, n) and c not in subscribed)
    return notes + [
        f"{name} was never called: {_NEEDS[name].value} were not subscribed to" for name in idle
    ]


async def _handle_events(strategy: Strategy) -> None:
    """One event after the other, until the inbox is closed."""
    inbox, kept = strategy.desk.inbox, strategy.desk.kept
    handlers = {t: getattr(strategy, name, None) for t, name in _HANDLER_OF.items()}
    inbox.leave_out(kind for kind, handler in handlers.items() if handler is None)
    while True:
        stretch = inbox.stretch()
        if stretch is not None:
            kind, events = stretch
            await _handle_stretch(handlers[kind], events, kept)
        event = await inbox.get()
        if event is None:
            return
        ready = as_read(event)
        handler = handlers.get(type(ready))
        if handler is not None:
            result = handler(ready)
            if result is not None and isawaitable(result):
                await result
            kept.save()


async def _handle_stretch(
    handler: Callable[[Any], Any] | None, events: Iterable[Any], kept: KeptState
) -> None:
    """Events of one kind. Every quote passes here: this loop is most of what a backtest costs."""
    if handler is None:
        deque(events, 0)
        return
    values = kept.values
    for event in events:
        result = handler(event)
        if result is not None and (type(result) is CoroutineType or isawaitable(result)):
            await result
        if values or kept.body:
            kept.save()


async def _call(strategy: Strategy, name: str) -> None:
    handler = getattr(strategy, name, None)
    if handler is not None:
        result = handler()
        if result is not None and isawaitable(result):
            await result
        strategy.desk.kept.save()


def _check_handlers(kind: type[Strategy]) -> None:
    for name in dir(kind):
        if name.startswith("on_") and name not in HANDLERS:
            close = get_close_matches(name, HANDLERS, 1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(
                f"{kind.__name__}.{name} is no handler{hint} (known: {', '.join(HANDLERS)})"
            )


def parameters(kind: type[Strategy]) -> dict[str, Any]:
    """The parameters of a strategy class with their defaults, by name."""
    return {
        name: getattr(kind, name)
        for name in dir(kind)
        if not name.startswith("_")
        and not hasattr(Strategy, name)
        and not callable(getattr(kind, name))
        and not isinstance(getattr_static(kind, name), property)
    }


def _fit(kind: type[Strategy], name: str, value: Any) -> Any:
    known = parameters(kind)
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise UsageError(f"{kind.__name__} has no parameter {name!r}; it has: {listed}")
    default = known[name]
    if not isinstance(value, str) or isinstance(default, str) or default is None:
        return value
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[value.lower()]
        if isinstance(default, Ticks):
            return Ticks(int(value))
        # Text makes a tuple or a list too, of its letters: only numbers are read from it.
        return {int: int, float: float, Decimal: Decimal}[type(default)](value)
    except (ValueError, KeyError, ArithmeticError):
        expected = type(default).__name__
        raise UsageError(
            f"parameter {name}={value!r} of {kind.__name__} is no {expected}; default: {default!r}"
        ) from None
