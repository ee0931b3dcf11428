"""What `dryfill paper` does once it is understood, and what it prints."""

from typing import Any

from ..trading.orders.risk.limits import rule_set
from .cli_errors import OK
from .cli_run import Doing, guarded, pairs
from .cli_show import say
from .live_run import Wanted, order_settings
from .paper_run import trade_on_paper
from .strategy_file import importable, load_strategy, split_target
from .twin_market import TwinMarket, speed_of


def show_paper(
    asked: dict[str, Any],
    traded: dict[str, Any],
    speed: str,
    limits: tuple[str, str | None],
    settings: str | None,
    *,
    debug: bool,
) -> int:
    """Trade on paper; the exit code."""
    doing = Doing()
    path = split_target(asked["strategy"])[0].resolve()

    def work() -> int:
        params = pairs(asked["params"], "param", "size=3")
        name, file = limits
        with importable(path.parent):
            strategy = load_strategy(asked["strategy"])
            wanted = Wanted(
                strategy=strategy,
                params=params,
                account=None,
                instrument=asked["instrument"],
                risk=name,
                limits_file=file,
                seed=asked["seed"],
            )
            doing.now = "trading on paper"
            ended = trade_on_paper(
                wanted,
                TwinMarket(**traded),
                speed_of(speed),
                rule_set(name, path=file),
                order_settings(settings),
                say,
            )
        for note in ended.notes:
            print(f"note: {note}")
        for line in ended.left:
            print(f"left when the session ended: {line}")
        if ended.error is not None:
            raise ended.error
        return OK

    return guarded(work, path, doing, debug)
