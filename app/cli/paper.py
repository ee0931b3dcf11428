"""What `dryfill paper` does once it is understood, and what it prints."""

from typing import Any

from ...scenarios.plan_text import read_plan
from ...trading.errors import UsageError
from ...trading.orders.risk.limits import rule_set
from ..session.feed_run import LIVE, trade_on_feed
from ..session.live_run import Wanted, live_settings, order_settings
from ..session.paper_run import NO_FAULTS, trade_on_paper
from ..session.twin_market import TwinMarket, speed_of
from ..strategy_file import importable, load_strategy, split_target
from .errors import OK
from .run import Doing, guarded, pairs
from .show import say


def show_paper(
    asked: dict[str, Any],
    traded: dict[str, Any],
    speed: str,
    limits: tuple[str, str | None],
    settings: str | None,
    connection: dict[str, str | None],
    faults: str | None,
    *,
    debug: bool,
) -> int:
    """Trade on paper; the exit code. `connection`: to the live feed, where that is the market."""
    doing = Doing()
    path = split_target(asked["strategy"])[0].resolve()

    def work() -> int:
        params = pairs(asked["params"], "param", "size=3")
        name, file = limits
        with importable(path.parent):
            strategy = load_strategy(asked["strategy"])
            wanted = Wanted(
                strategy=strategy,
                named=asked["strategy"],
                params=params,
                account=None,
                instrument=asked["instrument"],
                risk=name,
                limits_file=file,
                seed=asked["seed"],
                record=asked["record"],
            )
            market, bounds, orders = (
                TwinMarket(**traded),
                rule_set(name, path=file),
                order_settings(settings),
            )
            doing.now = "trading on paper"
            if list(market.market) == [LIVE]:
                _check_feed(market, speed, faults)
                live = live_settings(**connection)
                ended = trade_on_feed(wanted, live, market, bounds, orders, say)
            else:
                _check_no_feed(connection)
                plan = NO_FAULTS if faults is None else read_plan(faults)
                at = speed_of(speed)
                ended = trade_on_paper(wanted, market, at, bounds, orders, say, plan)
        for note in ended.notes:
            print(f"note: {note}")
        for line in ended.left:
            print(f"left when the session ended: {line}")
        if ended.error is not None:
            raise ended.error
        return OK

    return guarded(work, path, doing, debug)


def _check_feed(market: TwinMarket, speed: str, faults: str | None) -> None:
    if faults is not None:
        raise UsageError("--faults go wrong at our own gateway; leave them out with --market live")
    if speed != "1x":
        raise UsageError(f"the live market goes at its own speed; leave --speed {speed} out")
    if market.start is not None or market.timezone is not None:
        raise UsageError("the live market starts now; --start and --timezone are for recorded data")


def _check_no_feed(connection: dict[str, str | None]) -> None:
    names = {"path": "config", "firm": "firm", "rest": "rest"}
    given = [f"--{names[name]}" for name, value in connection.items() if value is not None]
    if given:
        raise UsageError(f"{', '.join(given)}: a feed's; add --market live to trade on it")
