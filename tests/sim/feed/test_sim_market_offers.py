"""What a feed offers is what its tape holds; all else is refused, with what there is."""

import pytest

from dryfill.scenarios.bars import to_bars
from dryfill.sim.feed.market_states import MarketStates
from dryfill.sim.feed.sim_market import SimMarket
from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process
from dryfill.sim.wire.latency import latency_profile
from dryfill.sim.wire.wire import Wire
from dryfill.trading import instruments
from dryfill.trading.errors import Refused
from dryfill.trading.market import Channel
from dryfill.trading.tape import make_tape

ES = instruments.find("ES")
T0 = 1_709_564_400_000_000_000
S = 10**9
TICKS = "10 quote 100x5 101x5\n20 trade 101x1 buyer"


def market_of(tape):
    loop = VirtualLoop(T0)
    wire = Wire(loop, latency_profile("zero"), 0)
    states = MarketStates(ES, (), lambda: loop.now_ns)
    return SimMarket(loop, wire, Process("client", loop), ES, tape, states)


def quoted_bars(tape):
    return make_tape(bars=to_bars(tape, S))


def offered(tape):
    offers = market_of(tape).offers
    return {channel.value for channel in offers.channels}, offers.quote_sizes


def test_what_is_offered_is_what_the_tape_holds(tape_of):
    ticks = tape_of(TICKS)
    assert offered(ticks) == ({"quotes", "trades", "bars", "crossings", "status"}, True)
    assert offered(tape_of("0 trade 5x1")) == ({"trades", "bars", "crossings", "status"}, True)
    assert offered(quoted_bars(ticks)) == ({"quotes", "bars", "status"}, True)
    assert offered(quoted_bars(tape_of("0 quote - 5x1"))) == ({"quotes", "bars", "status"}, True)
    assert offered(quoted_bars(tape_of("0 trade 5x1"))) == ({"bars", "status"}, True)


@pytest.mark.parametrize("text", ["0 quote 1x? 2x1", "0 quote 1x1 2x?"])
def test_unknown_sizes_are_not_offered(tape_of, text):
    assert offered(tape_of(text))[1] is False
    assert offered(quoted_bars(tape_of(text)))[1] is False


def test_what_is_not_offered_is_refused(tape_of):
    market = market_of(tape_of("0 quote 1x1 2x1"))
    refused = [
        market.subscribe(ES, Channel.TRADES, print),
        market.subscribe(ES, Channel.DEPTH, print),
        market.subscribe(ES, Channel.BARS, print, span_ns=S),
        market.subscribe(instruments.find("NQ"), Channel.QUOTES, print),
        market.history(ES, S, 5),
        market.find("NQ"),
    ]
    for call in refused:
        assert isinstance(call.exception(), Refused)
    assert market.find("ES").result() is ES
