"""Which engine runs, and what both refuse in the same words."""

import sys
import weakref

import numpy as np
import pytest

from dryfill.matching.commands import NewOrder
from dryfill.matching.engines import (
    AUTO,
    NATIVE,
    REFERENCE,
    NoSuchEngineError,
    chosen,
    make_engine,
    native_is_there,
)
from dryfill.matching.reference import ReferenceEngine
from dryfill.matching.rules import CME, PROJECTX_SIM, Rules, Trigger, VenueProfile
from dryfill.trading.tape import QuoteRows, make_tape
from dryfill.trading.words import OrdType, Side

RULES = Rules(profile=PROJECTX_SIM)
BUILT = [NATIVE, REFERENCE] if native_is_there() else [REFERENCE]
both = pytest.mark.parametrize("name", BUILT)


def without_native(monkeypatch):
    monkeypatch.setitem(sys.modules, "dryfill.matching.native.core", None)


def test_auto_is_the_native_engine_where_it_was_built():
    assert chosen() == chosen(AUTO) == BUILT[0]


def test_without_the_native_engine_everything_runs_on_the_reference(monkeypatch):
    without_native(monkeypatch)
    assert chosen(AUTO) == REFERENCE
    assert isinstance(make_engine(AUTO, RULES), ReferenceEngine)


def test_the_native_engine_asked_for_and_not_built_says_how_it_is_built(monkeypatch):
    without_native(monkeypatch)
    with pytest.raises(NoSuchEngineError, match=r"needs cargo .* engine='reference' does the same"):
        make_engine(NATIVE, RULES)


def test_an_engine_that_nobody_knows_is_refused_with_the_names_there_are():
    with pytest.raises(NoSuchEngineError, match="'fast'; give one of auto, native, reference"):
        make_engine("fast", RULES)


def test_each_engine_is_what_its_name_says():
    names = {NATIVE: "NativeEngine", REFERENCE: "ReferenceEngine"}
    found = {name: type(make_engine(name, RULES)).__name__ for name in BUILT}
    assert found == {name: names[name] for name in BUILT}


@both
@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (Rules(profile=CME), r"set Rules\(protection=…\)"),
        (Rules(profile=VenueProfile("x", True, Trigger.TRADE, True, False), protection=1), "needs"),
        (Rules(profile=PROJECTX_SIM, tick=0), "Rules.tick is 0"),
        (Rules(profile=PROJECTX_SIM, queue="front"), "queue is 'front'; it has to be a QueueModel"),
    ],
)
def test_rules_that_cannot_work_are_refused_by_either_engine(name, rules, words):
    with pytest.raises(ValueError, match=words):
        make_engine(name, rules)


@both
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ord_type": OrdType.LIMIT}, "order 1: a LIMIT order lacks price"),
        ({"ord_type": OrdType.MARKET, "price": 3}, "order 1: a MARKET order has no price"),
        ({"ord_type": OrdType.TRAILING_STOP, "trail": 0}, "trail is 0; it is a distance"),
    ],
)
def test_an_order_without_the_fields_of_its_type_is_refused_by_either_engine(name, given, words):
    engine = make_engine(name, RULES)
    with pytest.raises(ValueError, match=words):
        engine.submit(0, NewOrder(order_id=1, side=Side.BUY, order_qty=1, **given))


@both
def test_columns_that_are_no_plain_row_of_integers_are_read_all_the_same(name):
    """Every second value of a longer array, 32 bits wide: not what is read in place."""
    wide = np.arange(40, dtype=np.int32)
    columns = dict.fromkeys(("seq", "time_ns", "bid", "bid_size", "ask", "ask_size"), wide[::2])
    engine = make_engine(name, RULES)
    engine.extend(make_tape(QuoteRows(**columns)))
    engine.advance(10)
    assert engine.book().bid == (10, 10, 10)


@both
def test_a_tape_outlives_its_owner_as_long_as_its_rows_are_to_come(name):
    def columns():
        found = [np.arange(100_000, dtype=np.int64) for _ in range(6)]
        for column in found:
            column.setflags(write=False)
        return found

    engine = make_engine(name, RULES)
    engine.extend(make_tape(QuoteRows(*columns())))
    for _ in range(5):
        columns()  # whatever was let go is written over
    engine.advance(99_998)
    assert engine.book().bid == (99_998, 99_998, 99_998)


@pytest.mark.skipif(not native_is_there(), reason="the native engine is not built here")
def test_rows_are_read_where_they_are_and_let_go_when_they_are_past():
    """A file of any length passes in chunks: what is behind is not kept."""
    engine, alive = make_engine(NATIVE, RULES), []
    for chunk in range(4):
        times = np.arange(chunk * 1000, (chunk + 1) * 1000, dtype=np.int64)
        alive.append(weakref.ref(times))
        engine.extend(make_tape(QuoteRows(*[times] * 6)))
        del times
    assert all(column() is not None for column in alive)
    engine.advance(1999)
    assert [column() is not None for column in alive] == [False, False, True, True]
    engine.advance(5000)
    assert not any(column() is not None for column in alive)


@pytest.mark.skipif(not native_is_there(), reason="the native engine is not built here")
def test_a_number_that_does_not_fit_ends_in_an_error_and_is_no_other_number():
    engine = make_engine(NATIVE, RULES)
    with pytest.raises(OverflowError):
        engine.submit(0, NewOrder(1, Side.BUY, OrdType.LIMIT, 1, price=2**63))
    engine.submit(0, NewOrder(2, Side.BUY, OrdType.LIMIT, 1, price=-(2**63)))
    with pytest.raises(BaseException, match="overflow"):
        engine.advance(0)
