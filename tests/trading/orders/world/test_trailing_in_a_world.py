"""A trailing stop by level, at the exchange."""

from decimal import Decimal

import pytest

from dryfill.trading.order import Buy, Sell

MARKET = """
    0    quote 80000x5 80001x5
    0    trade 80000x1
    20   trade 80003x1
    400  trade 79998x1
    600  quote 79996x5 79997x5
    600  trade 79996x1
    1000 quote 79996x5 79997x5
"""


@pytest.mark.exact_times("it says to the nanosecond when the stop was told")
def test_the_first_trigger_is_where_it_was_wanted_however_far_the_market_went_meanwhile(run):
    """The order is sent at 20000.00 and arrives at 20000.75: the trigger is 19999.00, as was asked,
    and a trade at 19999.50 does not set it off."""
    ended = []

    async def trade(desk):
        await desk.subscribe_trades()
        async for _ in desk.events():
            if not ended and desk.last_trade is not None:
                await desk.place(Buy(1))
                order = await desk.place(Sell(1, trail="19999"))
                await order.done()
                ended.append((desk.now_ns, order.avg_px))

    record = run(MARKET, trade, latency="10ms")
    assert ended == [(record.start_ns + 610_000_000, Decimal("19999"))]
