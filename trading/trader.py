"""What trades, out of what a user writes: the class of a strategy, or a script."""

from collections.abc import Mapping
from typing import Any

from .desk import Desk
from .errors import UsageError
from .strategy import Strategy, Trader, make_strategy, run_strategy


def trader_of(strategy: Any, params: Mapping[str, Any]) -> Trader:
    """A `Strategy` class with its parameters, or `async def main(desk)`, which has none.

    Raises `UsageError` for a script with parameters.
    """
    is_class = isinstance(strategy, type) and issubclass(strategy, Strategy)
    if params and not is_class:
        raise UsageError(f"a script has no parameters, and was given {', '.join(params)}")

    async def trade(desk: Desk) -> list[str]:
        if is_class:
            return await run_strategy(make_strategy(strategy, dict(params), desk))
        await strategy(desk)
        return []

    return trade
