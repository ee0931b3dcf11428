"""One subscription of each stream is recorded, whoever comes and goes; bars and refusals pass."""

import asyncio
from typing import Any

from dryfill.live.recording.recorded_market import RecordedMarket
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.events import Trade
from dryfill.trading.market import Channel, Subscription

ES = instruments.find("ESH24")


class Scripted:
    """A market that tells every subscriber what the test says; `refuse`: the next subscription."""

    refuse = False

    def __init__(self) -> None:
        self.sinks: dict[int, Any] = {}
        self.numbers = 0

    def subscribe(
        self, instrument: Any, channel: Channel, sink: Any, *, span_ns: int = 0
    ) -> "asyncio.Future[Subscription]":
        answer = asyncio.get_running_loop().create_future()
        if self.refuse:
            answer.set_exception(Refused("no"))
            return answer
        self.numbers += 1
        self.sinks[self.numbers] = sink
        answer.set_result(Subscription(instrument, channel, span_ns, self.numbers))
        return answer

    def unsubscribe(self, subscription: Subscription) -> "asyncio.Future[None]":
        del self.sinks[subscription.number]
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer

    def tell(self, n: int) -> None:
        for sink in list(self.sinks.values()):
            sink(Trade(ES, n, n, 1, None))


class Heard:
    def __init__(self) -> None:
        self.trades: list[int] = []

    def market(self, event: Trade) -> None:
        self.trades.append(event.time_ns)


def test_of_two_listeners_one_is_recorded_and_the_other_takes_over() -> None:
    async def main() -> None:
        inner, heard = Scripted(), Heard()
        market = RecordedMarket(inner, heard)  # type: ignore[arg-type]  # as much as is used
        first, second = list[int](), list[int]()
        one = await market.subscribe(ES, Channel.TRADES, lambda e: first.append(e.time_ns))
        await market.subscribe(ES, Channel.TRADES, lambda e: second.append(e.time_ns))
        inner.tell(1)
        assert (heard.trades, first, second) == ([1], [1], [1])
        await market.unsubscribe(one)
        inner.tell(2)
        assert (heard.trades, first, second) == ([1, 2], [1], [1, 2])

    asyncio.run(main())


def test_a_refused_subscription_leaves_the_recording_to_the_next() -> None:
    async def main() -> None:
        inner, heard = Scripted(), Heard()
        market = RecordedMarket(inner, heard)  # type: ignore[arg-type]  # as much as is used
        inner.refuse = True
        await asyncio.gather(market.subscribe(ES, Channel.TRADES, print), return_exceptions=True)
        inner.refuse = False
        await market.subscribe(ES, Channel.TRADES, lambda event: None)
        inner.tell(1)
        assert heard.trades == [1]

    asyncio.run(main())
