"""A whole run: how it begins, how it ends, and what it raises."""

import asyncio
import traceback
from decimal import Decimal

import pytest

from dryfill.sim.backtest import World
from dryfill.sim.loop.errors import DeadlockError, LostErrors
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.order import Buy, Sell
from dryfill.trading.price import Ticks
from dryfill.trading.strategy import Strategy, make_strategy, run_strategy

ES = instruments.find("ES")
MARKET = """
    0    quote 100x5 101x5
    1    trade 101x1 buyer
    100  quote 102x5 103x5
    1000 quote 104x5 105x5
    1001 trade 104x1 seller
    3000 quote 104x5 105x5
"""


def strategy_trader(kind):
    async def trade(desk):
        return await run_strategy(make_strategy(kind, {}, desk))

    return trade


@pytest.fixture
def run_strategy_on(setup_of, tape_of):
    """Run a strategy class on a market; the record."""

    def go(kind, text=MARKET, **given):
        return World(setup_of(tape_of(text), **given)).run(strategy_trader(kind))

    return go


def test_the_run_goes_on_a_second_longer_than_the_data(run, tape_of):
    async def main(desk):
        async for _ in desk.events():
            pass

    record = run(tape_of(MARKET), main)
    assert record.end_ns == record.start_ns + 4_000_000_000


def test_a_script_that_returns_ends_the_run(run, tape_of):
    times = []

    async def main(desk):
        await asyncio.sleep(0.5)
        times.append(desk.now_ns)

    record = run(tape_of(MARKET), main)
    assert times == [record.start_ns + 500_000_000] == [record.end_ns]


def test_at_the_end_the_stop_handler_runs_and_may_still_close(run_strategy_on):
    said = []

    class Holder(Strategy):
        async def on_start(self):
            await self.subscribe_quotes()

        async def on_quote(self, quote):
            if not self.position:
                await self.place(Buy(2))

        async def on_stop(self):
            result = await self.flatten(reason="the end")
            said.append((result.ok, self.now_ns))

    record = run_strategy_on(Holder, latency="20ms")
    end_ns = record.start_ns + 4_000_000_000
    ((ok, at_ns),) = said
    assert ok
    assert end_ns < at_ns < end_ns + 10**9
    assert record.open_position == 0
    assert record.end_ns >= at_ns


def test_a_handler_that_is_waiting_at_the_end_gets_its_answer_and_the_stop_handler_runs(
    run_strategy_on,
):
    said = []

    class Waiter(Strategy):
        async def on_start(self):
            await asyncio.sleep(30)
            said.append("slept")

        async def on_stop(self):
            said.append("stopped")

    run_strategy_on(Waiter)
    assert said == ["slept", "stopped"]


def test_a_strategy_stuck_in_a_handler_is_named_with_its_line(run_strategy_on):
    class Stuck(Strategy):
        async def on_start(self):
            await asyncio.get_running_loop().create_future()  # never comes

    with pytest.raises(DeadlockError) as caught:
        run_strategy_on(Stuck)
    message = str(caught.value)
    assert "the data ended at 2024-03-04 15:00:04 UTC" in message
    assert "trader, process 'strategy'" in message
    assert "never comes" in message


def test_a_strategy_that_polls_for_ever_is_named_too(run_strategy_on):
    class Poller(Strategy):
        async def on_start(self):
            while not self.position:
                await asyncio.sleep(0.25)  # polls for ever

    with pytest.raises(DeadlockError, match="polls for ever"):
        run_strategy_on(Poller)


def test_what_a_handler_raises_is_raised_with_its_own_lines(run_strategy_on):
    class Broken(Strategy):
        async def on_start(self):
            await self.subscribe_quotes()

        def on_quote(self, quote):
            raise KeyError("mine")  # here it is

    with pytest.raises(KeyError, match="mine") as caught:
        run_strategy_on(Broken)
    assert "# here it is" in "".join(traceback.format_exception(caught.value))


def test_what_a_task_of_the_traders_raises_into_nothing_is_not_lost(run, tape_of):
    async def main(desk):
        async def forgotten():
            raise KeyError("forgotten")

        task = asyncio.create_task(forgotten())
        del task
        await asyncio.sleep(1)

    with pytest.raises(LostErrors, match="forgotten"):
        run(tape_of(MARKET), main)


def test_progress_rises_to_one(run, tape_of):
    shares = []

    async def main(desk):
        async for _ in desk.events():
            pass

    run(tape_of(MARKET), main, progress=shares.append)
    assert shares == sorted(shares)
    assert (len(shares), shares[0], shares[-1]) == (200, 1 / 200, 1.0)


def test_progress_of_a_run_shorter_than_its_steps_ends_too(run, tape_of):
    shares = []

    async def main(desk):
        await asyncio.sleep(0)

    run(tape_of("0 quote 1x1 2x1"), main, progress=shares.append)
    assert shares == []


def test_what_progress_raises_is_not_lost(run, tape_of):
    async def main(desk):
        await asyncio.sleep(1)

    def broken(share):
        raise KeyError("the bar broke")

    with pytest.raises(LostErrors, match="the bar broke"):
        run(tape_of(MARKET), main, progress=broken)


def test_orders_are_filled_on_the_market_of_their_arrival(run, tape_of):
    """Sent at 100 ms and 30 ms on the way; the market moves at 120 ms."""
    text = MARKET.replace("1000 quote", "120 quote").replace("1001 trade", "121 trade")
    fills = {}
    for latency in ("0ms", "30ms"):

        async def main(desk):
            await desk.subscribe_quotes()
            async for event in desk.events():
                if type(event).__name__ == "Quote" and event.bid_ticks == 102:
                    await desk.place(Buy(1))
                    return

        record = run(tape_of(text), main, latency={"from": "zero", "request": latency})
        fills[latency] = record.fills["price"].to_list()
    assert fills == {"0ms": [103 / 4], "30ms": [105 / 4]}


def test_a_closed_market_refuses_and_its_opening_takes(run, tape_of):
    hour = 3_600_000
    closed = 7 * hour + 60_000  # one minute into the daily break
    text = f"""
        {closed} quote 100x5 101x5
        {8 * hour + 1} quote 100x5 101x5
        {8 * hour + 2} trade 101x1 buyer
    """
    said = []

    async def main(desk):
        await desk.subscribe_status()
        with pytest.raises(Refused):
            await desk.place(Buy(1))
        said.append("refused")
        async for event in desk.events():
            if type(event).__name__ == "StatusChange":
                said.append(event.status.name)

    run(tape_of(text), main, calendar=ES.calendar)
    assert said[0] == "refused"
    assert said[-1] == "OPEN"


def test_margin_fees_and_cash_of_the_setup_are_the_accounts(run, tape_of):
    said = []

    async def main(desk):
        await desk.subscribe_quotes()
        async for event in desk.events():
            if type(event).__name__ == "Quote":
                await desk.place(Buy(1))
                with pytest.raises(Refused) as caught:
                    await desk.place(Buy(1))
                said.append(str(caught.value))
                return

    given = {"cash": Decimal(1000), "margin": {"ES": Decimal(600)}, "fees": {"ES": "1.25"}}
    record = run(tape_of(MARKET), main, **given)
    assert (record.fees, record.starting_cash) == (Decimal("1.25"), 1000)
    (reason,) = said
    assert "1200 of margin is needed for 2 ES, the equity is 986.25" in reason


def test_what_was_traded_before_the_start_is_history_to_everybody(run, tape_of):
    text = "0 trade 500x1\n1000 quote 100x5 101x5\n1100 quote 100x5 101x5\n3000 quote 100x5 101x5"
    tape = tape_of(text)

    async def main(desk):
        bars = await desk.subscribe_bars("1s", warmup=1)
        assert bars.close.tolist() == [125.0]
        await desk.subscribe_quotes()
        async for event in desk.events():
            if type(event).__name__ == "Quote" and not desk.position:
                await desk.place(Sell(1))

    record = run(tape, main, start_ns=tape.start_ns + 1_000_000_000)
    # Marked at the ask that it would be closed at, and not at a trade of before.
    assert record.open_profit == Decimal("-12.50")
    assert record.equity["equity"][-1] == 50_000 - 12.5


def test_a_bracket_runs_through_the_whole_of_it(run_strategy_on):
    class Once(Strategy):
        async def on_start(self):
            await self.subscribe_quotes()
            self.done = False

        async def on_quote(self, quote):
            if not self.done:
                self.done = True
                await self.bracket(Buy(1), stop=Ticks(20), target=Ticks(1))

    record = run_strategy_on(Once, latency="5ms")
    assert record.trades.select("entry_tag", "exit_tag").rows() == [("1.entry#1", "1.target#1")]
    assert record.open_position == 0
    assert record.unprotected.meant.spans
    assert record.reject_count == 0


@pytest.mark.parametrize("wait", ["closed", "done"])
def test_a_wait_for_an_order_ends_with_the_data_and_the_report_is_there(tape_of, run, wait):
    async def script(desk):
        await asyncio.sleep(0.1)
        bracket = await desk.bracket(Buy(1), stop=Ticks(400))
        await bracket.protected()
        await (bracket.closed() if wait == "closed" else bracket.stop.done())

    record = run(tape_of(MARKET), script)
    assert record.open_position == 1
    assert [n for n in record.notes if n.startswith("when the data ended, the script still waited")]


def test_a_handler_that_waits_for_an_order_at_the_end_gives_way_to_on_stop(run_strategy_on):
    class Holds(Strategy):
        async def on_start(self):
            bracket = await self.bracket(Buy(1), stop=Ticks(400))
            await bracket.closed()

        async def on_stop(self):
            await self.flatten(reason="end")

    record = run_strategy_on(
        Holds, "0 quote 100x5 101x5\n1 trade 101x1 buyer\n2000 quote 100x5 101x5"
    )
    assert record.open_position == 0
    assert record.fill_count == 2
    assert any("a handler still waited" in note for note in record.notes)
