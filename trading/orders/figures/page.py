"""The tables of docs/watching-orders.md, made from the code:
`python -m dryfill.trading.orders.figures.page` prints the page anew."""

import inspect
import re
from typing import Any, get_args

from ..events import Missed, OrderEvent
from .health import Health
from .statistics import MEANINGS

_TEXT = """# Watching orders

What the order manager does can be followed while it happens, counted, logged, and told to
somebody when it needs help. All of it is made by observers from what happened: no part of the
manager counts anything, and what nobody asked for costs nothing. The tables here are printed by
`python -m dryfill.trading.orders.figures.page`; change the words in the code, not on this page.

## One order

`place` returns an `Order` at once. It is live: its numbers change as the broker speaks.

    order = manager.place(instrument, Buy(2, limit="20000"))
    await order.accepted()              # raises Refused, NotSent, or OutcomeUnknown
    async for report in order:          # every report, from the first, until it is over
        print(report.exec_type.name, order.cum_qty)
    print(await order.done(), order.fills)

`manager.view.order("7.stop#1")` finds one by its client tag or by the broker's id, as far as it
is known here. `await manager.look_up(key, instrument)` also asks the broker: an order, None where
the broker has none such, and `OutcomeUnknown` where nobody answered. No answer is never a no.

## Events

    async for event in manager.events():
        match event:
            case Partial() | Filled():
                ...

Each call is a reader of its own, and a slow one delays nobody: it loses the oldest events beyond
the setting `unread_most` and gets a `Missed` in their place. Events of one order come in order:
accepted, changes and fills, one end. The end waits for fills that the broker has counted and not
told yet; a fill that comes after it is a `Corrected`. One that the venue takes back is a `Voided`,
before the end or after it. `events(since=n)` begins after the event number `n`, where a journal
keeps them.

{events}

## Statistics

`manager.figures.statistics()` is one frozen record of everything so far. Prices and money are
exact Decimals, times whole nanoseconds. A p50 or p99 is never below the exact one, and above it
by less than 1/32 of it, however long the run.

{statistics}

Unprotected time here is what the manager knew: it hears of a fill, and of a stop that works,
later than they happen at the exchange. The number of the backtest's report is the exchange's.

`manager.figures.metrics()` is the same as OpenMetrics text, for Prometheus and others.

## Health

`manager.figures.health()` gives reasons, no score: `ok` is true while there is no `complaint`.

{health}

`manager.figures.breakers()` is the state of each way alone, as in the statistics.

## When it needs help

Whatever somebody should look at is an `Incident`: time, kind, text, the intent and the client tag
that it is about. An exception in the manager's own code is one (kind `fault`), and concerns only
what it happened to:

- an order is looked up before anything else is done with it;
- a bracket, a group or a guard is replaced by a fallback. A stop that works is kept, everything
  else that works is cancelled. Of a bracket, whose orders say what is held, the stop is then
  sized to that, and where no stop works the position is closed at market. No new stop is placed:
  its level would come from the code that has just failed. Whoever waits for the bracket gets
  `GuardFailed`;
- an observer, a log, an alarm that fails is told of once; the others hear everything.

Incidents can be carried to somebody:

    manager.figures.alarm(print)                                    # a function, called at once
    manager.figures.alarm(Command(["notify-send", "Dryfill"]))      # a program; JSON on its input
    manager.figures.alarm(post, timeout_s=5)                        # an async function

A program is run without a shell, killed when it is out of time, and not run in a simulation. A
webhook is an `async` function around the HTTP client that you have:

    async def post(incident):
        answer = await client.post(url, content=msgspec.json.encode(incident))
        answer.raise_for_status()

A hook that fails is an incident `hook_failed`, which is not carried. After `manager.close()` what
is left gets five seconds.

## The log

    from dryfill.trading.orders.figures.order_logger import order_logger

    manager.figures.log(order_logger(open("orders.log", "a")))      # json=True: an object a line

One INFO line when the broker has an order, one for each fill and for each that is taken back, one
when it is over; one WARNING for each incident; changes at DEBUG. The setting `log_ids` off leaves
out every id: orders are numbered by appearance, and the broker's and our own free words are not
written. What looks like a token, a key or a password is written as `***` in any case. Any logger of
structlog's will do in place of `order_logger`'s.
"""


def page() -> str:
    """The whole page."""
    return _TEXT.format(events=_events(), statistics=_statistics(), health=_health())


def _events() -> str:
    rows = [
        f"| `{kind.__name__}` | {_fields(kind)} | {_docstring(kind)} |"
        for kind in (*get_args(OrderEvent), Missed)
    ]
    return "\n".join(["| event | has | what happened |", "|---|---|---|", *rows])


def _statistics() -> str:
    rows = [f"| `{name}` | {means} |" for name, means in MEANINGS.items()]
    return "\n".join(["| field | what it is |", "|---|---|", *rows])


def _health() -> str:
    text = _docstring(Health)
    found = re.findall(r"`(\w+)`: (.*?)(?=\. `|\.$)", text)
    rows = [f"| `{name}` | {means} |" for name, means in found if name in Health.__struct_fields__]
    return "\n".join(["| field | what it is |", "|---|---|", *rows])


def _fields(kind: Any) -> str:
    shown = [name for name in kind.__struct_fields__ if name not in ("n", "time_ns")]
    return ", ".join(f"`{name}`" for name in shown)


def _docstring(kind: Any) -> str:
    """Its docstring, in one line."""
    return " ".join(inspect.cleandoc(kind.__doc__).split())


if __name__ == "__main__":
    print(page(), end="")
