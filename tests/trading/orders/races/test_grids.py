"""Races of ticks and prices: RS-54 to RS-58. Every price that left was on its tick (INV-14), and
each bracket's legs on their sides of the entry (INV-15)."""

from datetime import date
from decimal import Decimal

import pytest
from racing import race

from dryfill.trading import instruments
from dryfill.trading.errors import OffGrid, UsageError
from dryfill.trading.instrument import Instrument, TickBand
from dryfill.trading.price import Ticks, price_text

ZT = Instrument("ZTH4", Decimal("0.00390625"), Decimal(2000))
ZT_SPREAD = Instrument("ZTH4-ZTM4", Decimal("0.001953125"), Decimal(2000))
CRUDE = Instrument("CLK0", Decimal("0.01"), Decimal(1000))
CHANGING = Instrument(
    "CHG", Decimal("0.01"), Decimal(10), bands=(TickBand(Decimal("0.05"), date(2024, 3, 5)),)
)
BEFORE_MIDNIGHT = 1_709_596_799_000_000_000  # 2024-03-04 23:59:59 UTC


def entered(t, entry, *, stop, target, away=None):
    """Whether a bracket's legs work exactly so many ticks away from its entry's price."""
    tick = t.desk.instrument.tick
    prices = {"stop": Decimal(entry) - stop * tick, "target": Decimal(entry) + target * tick}
    return t.prices() == prices


@race(
    instrument="ZB",
    mirror="240",
    market="""
        0    quote 119.96875x9 120x9
        100  trade 119.9375x9
        110  quote 119.96875x9 120x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_54_legs_on_thirty_seconds(t):
    bracket = await t.bracket(t.buy(1, limit="119.96875"), stop=Ticks(5), target=Ticks(8))
    await bracket.protected()
    await t.rest()
    assert entered(t, "119.96875", stop=5, target=8)


@race(
    instrument="ZN",
    mirror="221.0625",
    market="""
        0    quote 110.515625x9 110.53125x9
        100  trade 110.5x9
        110  quote 110.515625x9 110.53125x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_54_legs_on_sixty_fourths(t):
    bracket = await t.bracket(t.buy(1, limit="110.515625"), stop=Ticks(5), target=Ticks(8))
    await bracket.protected()
    await t.rest()
    assert entered(t, "110.515625", stop=5, target=8)


@race(
    instrument=ZT,
    mirror="221.0625",
    market="""
        0    quote 110.51953125x9 110.5234375x9
        100  trade 110.515625x9
        110  quote 110.51953125x9 110.5234375x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_54_a_price_between_eighths_of_a_thirty_second_is_aligned_or_refused(t):
    with pytest.raises(OffGrid, match=r"0\.00390625"):
        await t.bracket(t.buy(1, limit="110.52"), stop=Ticks(5), target=Ticks(8))
    assert not t.sent
    aligned = price_text(t.desk.instrument.price("110.52", rounding="down"))
    bracket = await t.bracket(t.buy(1, limit=aligned), stop=Ticks(5), target=Ticks(8))
    await bracket.protected()
    await t.rest()
    assert aligned == "110.51953125"
    assert entered(t, aligned, stop=5, target=8)


@race(
    instrument=ZT_SPREAD,
    mirror="0",
    market="""
        0    quote -0.001953125x9 0x9
        100  trade -0.00390625x9
        110  quote -0.001953125x9 0x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_54_a_spread_has_a_tick_of_its_own(t):
    bracket = await t.bracket(t.buy(1, limit="-0.001953125"), stop=Ticks(5), target=Ticks(8))
    await bracket.protected()
    await t.rest()
    assert entered(t, "-0.001953125", stop=5, target=8)


@race(
    instrument="6J",
    mirror="0.013453",
    market="""
        0    quote 0.0067265x9 0.006727x9
        100  trade 0.006726x9
        110  quote 0.0067265x9 0.006727x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_55_a_tick_of_half_a_millionth_is_written_plainly(t):
    bracket = await t.bracket(t.buy(1, limit="0.0067265"), stop=Ticks(3), target=Ticks(3))
    await bracket.protected()
    await t.rest()
    assert entered(t, "0.0067265", stop=3, target=3)
    sent = [s.request.stop_px for s in t.placed("stop")]
    if t.exact:
        assert [price_text(px) for px in sent] == ["0.006725"]


@race(
    market="""
        0    quote 20000x9 20000.25x9
        100  trade 20000x9
    """,
    quiet=False,
)
async def test_rs_56_a_bracket_that_alignment_would_collapse_is_refused_unsent(t):
    instrument = t.desk.instrument
    with pytest.raises(OffGrid):
        await t.bracket(t.buy(1, limit="20000.10"), stop="19999.95", target="20010")
    for rounding in ("nearest", "down"):
        entry, stop = (
            price_text(instrument.price(px, rounding=rounding)) for px in ("20000.10", "20000.05")
        )
        assert entry == stop == "20000"
        with pytest.raises(UsageError, match="entry 20000"):
            await t.bracket(t.buy(1, limit=entry), stop=stop, target="20010")
    with pytest.raises(UsageError):
        await t.bracket(t.buy(1, limit="20000"), stop=Ticks(0), target="20010")
    assert not t.sent


@pytest.mark.parametrize(
    ("tick", "price", "nearest"),
    [
        ("0.1", "100.05", "100"),  # a tie goes to the even tick
        ("0.1", "100.15", "100.2"),
        ("0.005", "1.0025", "1"),
        ("0.005", "1.0075", "1.01"),
        ("5", "102.5", "100"),
        ("25", "112.5", "100"),
        ("25", "-12.5", "0"),
    ],
)
def test_rs_56_ties_are_exact_on_every_tick(tick, price, nearest):
    instrument = Instrument("TIE", Decimal(tick), Decimal(1))
    assert instrument.price(price, rounding="nearest") == Decimal(nearest)
    below, above = (instrument.price(price, rounding=way) for way in ("down", "up"))
    assert above - below == Decimal(tick)
    assert below < Decimal(price) < above


@race(
    instrument=CRUDE,
    mirror="0.02",
    sides=False,
    market="""
        0    quote 0.02x9 0.03x9
        100  trade 0.01x9
        110  quote 0.02x9 0.03x9
        2000 trade -0.04x9
        2001 quote -0.05x9 -0.04x9
    """,
    premises=("INV-14", "INV-15", "INV-27"),
)
async def test_rs_57_an_entry_above_zero_with_its_stop_below(t):
    bracket = await t.bracket(t.buy(1, limit="0.02"), stop="-0.03", target="0.05")
    await bracket.protected()
    if t.exact:
        assert t.prices() == {"stop": Decimal("-0.03"), "target": Decimal("0.05")}
    await bracket.closed()
    await t.rest()
    assert t.flat
    assert t.filled("stop") == t.filled("entry") == 1


@race(
    instrument=CRUDE,
    mirror="-75.2",
    market="""
        0    quote -37.6x9 -37.59x9
        100  trade -37.61x9
        110  quote -37.6x9 -37.59x9
    """,
    premises=("INV-14", "INV-15", "INV-27"),
)
async def test_rs_57_a_bracket_wholly_below_zero(t):
    bracket = await t.bracket(t.buy(1, limit="-37.6"), stop=Ticks(40), target=Ticks(60))
    await bracket.protected()
    await t.rest()
    assert entered(t, "-37.6", stop=40, target=60)


@race(
    instrument=CRUDE,
    mirror="0",
    market="""
        0    quote 0x9 0.01x9
        100  trade -0.01x9
        110  quote 0x9 0.01x9
    """,
    premises=("INV-14", "INV-15"),
)
async def test_rs_57_zero_is_a_price(t):
    bracket = await t.bracket(t.buy(1, limit="0.00"), stop=Ticks(2), target=Ticks(3))
    outcome = await bracket.protected()
    await t.rest()
    assert outcome.ok
    assert t.sent[0].request.price == 0
    assert entered(t, "0", stop=2, target=3)


@race(
    instrument=CHANGING,
    start_ns=BEFORE_MIDNIGHT,
    mirror="200",
    sides=False,
    market="""
        0     quote 100x9 100.05x9
        1     trade 100.05x9
        3000  trade 100.5x9
        3001  quote 100.5x9 100.55x9
    """,
    premises=("INV-14",),
)
async def test_rs_58_a_stop_on_the_old_tick_trails_on_the_new_one(t):
    bracket = await t.bracket(t.buy(1), stop="99.93", trail=Ticks(4))
    await bracket.protected()
    assert t.stops() == [Decimal("99.93")]
    await t.at(3000)
    await t.rest()
    assert t.held == 1
    assert t.protected
    assert not t.asked("cancel")
    assert len(t.placed("stop")) == 1
    assert t.stops() == [Decimal("100.3")]


def test_rs_58_the_change_of_tick_is_a_matter_of_the_day():
    grid = CHANGING
    assert grid.units("99.93", on=date(2024, 3, 4)) == 9993
    with pytest.raises(OffGrid):
        grid.units("99.93", on=date(2024, 3, 5))
    assert instruments.find("ZB").tick == Decimal("0.03125")
