"""What the commands around an account do once they are understood, and what they print."""

import asyncio
import json as json_text
import sys
from collections.abc import Callable
from typing import Any

from ...live.session import ProjectXSession
from ...trading.broker import Broker
from ...trading.instruments import find
from ...trading.price import price_text
from ..doctor import Finding, Patient, Verdict, examine
from ..session.account_acts import Standing, cancel_everything, flatten, look
from ..session.live_run import Wanted, beside, connected, live_settings, order_settings, trade
from ..session.order_text import order_text
from ..session.real_time import now_ns
from ..session.trading_session import flattened
from ..strategy_file import importable, load_strategy, split_target
from .errors import BROKER, LEFT, OK
from .run import Doing, guarded, pairs
from .show import say

Connection = dict[str, str | None]

_LOOK = "some of it may be done: `dryfill status` says what is left"
_FLATTEN_S = 120.0  # then somebody has to look: the broker does not answer, or does not let go


def show_live(
    asked: dict[str, Any], connection: Connection, config: str | None, *, yes: bool, debug: bool
) -> int:
    """Trade; the exit code."""
    doing = Doing()
    path = split_target(asked["strategy"])[0].resolve()
    return guarded(lambda: _live(asked, connection, config, yes, doing), path, doing, debug)


def show_status(
    account: str | None, connection: Connection, config: str | None, *, json: bool, debug: bool
) -> int:
    """Print how an account stands; the exit code."""

    def work() -> None:
        settings = order_settings(config)
        standing = _beside(account, connection, config, lambda broker: look(broker, settings))
        print(standing_json(standing) if json else "\n".join(standing_text(standing)))

    return guarded(work, None, Doing("asking the broker"), debug)


def show_cancel(
    account: str | None, connection: Connection, config: str | None, *, debug: bool
) -> int:
    """Cancel everything; the exit code."""

    def work() -> int:
        settings = order_settings(config)
        left = _beside(
            account, connection, config, lambda broker: cancel_everything(broker, settings, _say)
        )
        for order in left:
            print(f"still works: {order_text(order)}")
        print("nothing works any more" if not left else "look at these by hand")
        return LEFT if left else OK

    return guarded(work, None, Doing("cancelling", _LOOK), debug)


def show_flatten(
    account: str | None, connection: Connection, config: str | None, *, debug: bool
) -> int:
    """Flatten; the exit code."""

    def work() -> int:
        settings = order_settings(config)

        async def act(broker: Broker) -> tuple[dict[str, Any], Standing]:
            async with asyncio.timeout(_FLATTEN_S):
                results = await flatten(broker, settings, find, now_ns, _say)
            return results, await look(broker, settings)

        try:
            results, standing = _beside(account, connection, config, act)
        except TimeoutError:
            print(
                f"not flat after {_FLATTEN_S:g} s: the broker does not answer, or the market is "
                f"shut; `dryfill status` says what is left",
                file=sys.stderr,
            )
            return LEFT
        for symbol, result in results.items():
            print(f"{symbol}: {flattened(result)}")
        left = bool(standing.positions or standing.orders)
        print("\n".join(standing_text(standing)) if left else "the account is flat")
        return LEFT if left else OK

    return guarded(work, None, Doing("flattening", _LOOK), debug)


def show_doctor(
    account: str | None,
    connection: Connection,
    config: str | None,
    instrument: str | None,
    journal: str | None,
    *,
    debug: bool,
) -> int:
    """Examine and print; the exit code."""

    def work() -> int:
        settings = live_settings(config, **connection)
        patient = Patient(
            settings=settings,
            account=account,
            instrument=instrument,
            journal=journal,
            now_ns=now_ns,
            connect=lambda: connected(settings),
        )
        found = asyncio.run(examine(patient, _print_finding))
        return BROKER if any(each.verdict is Verdict.ILL for each in found) else OK

    return guarded(work, None, Doing("examining"), debug)


# --- how ------------------------------------------------------------------------------------------


def _live(
    asked: dict[str, Any], connection: Connection, config: str | None, yes: bool, doing: Doing
) -> int:
    params = pairs(asked["params"], "param", "size=3")
    path = split_target(asked["strategy"])[0].resolve()
    with importable(path.parent):
        strategy = load_strategy(asked["strategy"])
        wanted = Wanted(
            **{**asked, "strategy": strategy, "named": asked["strategy"], "params": params}
        )
        doing.now, doing.left = "trading", _LOOK
        live = live_settings(config, **connection)
        agree = (lambda: True) if yes else _agrees
        ended = trade(wanted, live, order_settings(config), say, agree)
    if ended is None:
        print("not agreed to; nothing was sent")
        return OK
    for note in ended.notes:
        print(f"note: {note}")
    for line in ended.left:
        print(f"left at the broker: {line}")
    if ended.error is not None:
        raise ended.error
    return LEFT if ended.left else OK


def _agrees() -> bool:
    try:
        return input("Trade on these terms? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _beside(
    account: str | None,
    connection: Connection,
    config: str | None,
    act: Callable[[Broker], Any],
) -> Any:
    async def go() -> Any:
        async def on(broker: Broker, session: ProjectXSession) -> Any:
            return await act(broker)

        return await beside(live_settings(config, **connection), account, on)

    return asyncio.run(go())


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print_finding(finding: Finding) -> None:
    say(f"{finding.check:<13} {finding.verdict.value:<13} {finding.text}")


def standing_text(standing: Standing) -> list[str]:
    """An account's standing for a person: money, positions, orders, and what is bare."""
    account = standing.account
    lines = [f"{account.name}: {account.cash:,.2f} {account.currency}"]
    for position in standing.positions:
        at = "" if position.avg_px is None else f" at {price_text(position.avg_px)}"
        bare = standing.bare.get(position.instrument.symbol, 0)
        warning = f"; NO STOP COVERS {bare} OF IT" if bare else ""
        lines.append(f"holds {position.qty:+d} {position.instrument.symbol}{at}{warning}")
    lines += [f"works: {order_text(order)}" for order in standing.orders]
    if not standing.positions:
        lines.append("holds nothing")
    return lines


def standing_json(standing: Standing) -> str:
    """An account's standing for a machine; prices and money are text, exact."""
    account = standing.account
    return json_text.dumps(
        {
            "account": account.name,
            "currency": account.currency,
            "cash": str(account.cash),
            "positions": [
                {
                    "symbol": each.instrument.symbol,
                    "qty": each.qty,
                    "avg_px": None if each.avg_px is None else price_text(each.avg_px),
                    "bare": standing.bare.get(each.instrument.symbol, 0),
                }
                for each in standing.positions
            ],
            "orders": [
                {
                    "order_id": each.order_id,
                    "tag": each.cl_ord_id or None,
                    "symbol": each.instrument.symbol,
                    "side": each.side.name.lower(),
                    "type": each.ord_type.name.lower(),
                    "leaves_qty": each.leaves_qty,
                    "price": None if each.price is None else price_text(each.price),
                    "stop_px": None if each.stop_px is None else price_text(each.stop_px),
                }
                for each in standing.orders
            ],
        },
        indent=2,
    )
