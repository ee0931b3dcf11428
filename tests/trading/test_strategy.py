"""Strategies: parameters, handlers, and the order in which they are called."""

from decimal import Decimal

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import UsageError
from dryfill.trading.inbox import Inbox
from dryfill.trading.order import ExecutionReport
from dryfill.trading.price import Ticks
from dryfill.trading.repeating import Timer
from dryfill.trading.state import KeptState
from dryfill.trading.strategy import Strategy, make_strategy, parameters, run_strategy
from dryfill.trading.words import ExecType

REPORT = ExecutionReport(exec_type=ExecType.NEW, order=None)


class Sample(Strategy):
    size = 2
    ratio = 0.5
    price = Decimal("1.25")
    stop = Ticks(16)
    fast = False
    name = "x"
    maybe = None
    levels = (1, 2)
    _hidden = 3

    @property
    def half(self):
        return self.size / 2

    def helper(self):
        return None


class NoDesk:
    """Stands for a desk where only the inbox is read, and a state that nobody keeps."""

    def __init__(self):
        self.inbox = Inbox()
        self.kept = KeptState(b"", 100, None)
        self.subscribed = set()


def test_parameters_are_the_plain_class_attributes():
    assert list(parameters(Sample)) == [
        "fast", "levels", "maybe", "name", "price", "ratio", "size", "stop"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "7", 7),
        ("ratio", "0.25", 0.25),
        ("price", "4500.25", Decimal("4500.25")),
        ("stop", "8", Ticks(8)),
        ("fast", "true", True),
        ("fast", "False", False),
        ("name", "42", "42"),
        ("maybe", "42", "42"),
        ("size", 9, 9),
        ("levels", (3, 4), (3, 4)),
    ],
)
def test_text_becomes_the_kind_of_its_default(name, text, value):
    found = getattr(make_strategy(Sample, {name: text}, NoDesk()), name)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("size", "2.5"),
        ("ratio", "half"),
        ("price", "cheap"),
        ("stop", "4.5"),
        ("fast", "yes"),
        ("levels", "1,2"),
    ],
)
def test_text_that_does_not_fit_is_refused_with_the_default(name, text):
    with pytest.raises(UsageError, match=f"parameter {name}='{text}' of Sample is no .*default"):
        make_strategy(Sample, {name: text}, NoDesk())


@pytest.mark.parametrize("name", ["sise", "_hidden", "half", "helper", "place", "position"])
def test_what_is_no_parameter_is_refused_with_those_there_are(name):
    with pytest.raises(UsageError, match=f"Sample has no parameter '{name}'; it has: fast, levels"):
        make_strategy(Sample, {name: "1"}, NoDesk())


def test_a_handler_that_looks_misspelt_is_refused_with_the_likely_one():
    class Wrong(Strategy):
        def on_quotes(self, quote):
            return None

    with pytest.raises(UsageError, match=r"Wrong\.on_quotes is no handler; did you mean on_quote"):
        make_strategy(Wrong, {}, NoDesk())


def test_the_desk_before_the_run_is_an_error_that_says_when():
    with pytest.raises(UsageError, match="Sample has no desk yet; use it in on_start or later"):
        _ = Sample().position


def test_plain_and_async_handlers_are_called_one_after_the_other():
    calls = []

    class Mixed(Strategy):
        def on_start(self):
            calls.append("start")

        async def on_order(self, report):
            calls.append("order begins")
            self.desk.inbox.put("nothing known")
            calls.append("order ends")

        def on_timer(self, timer):
            calls.append(f"timer {timer.name}")
            return self.later() if timer.name == "b" else None

        async def later(self):
            calls.append("later")
            self.desk.inbox.close()

        async def on_stop(self):
            calls.append("stop")

    from_desk = NoDesk()

    async def main():
        from_desk.inbox.put(Timer("a", 1))
        from_desk.inbox.put(REPORT)
        from_desk.inbox.put(Timer("b", 2))
        from_desk.inbox.put(Timer("c", 3))
        return await run_strategy(make_strategy(Mixed, {}, from_desk))

    assert run_virtual(main(), origin_ns=0) == []
    assert calls == ["start", "timer a", "order begins", "order ends", "timer b", "later", "stop"]


def test_a_handler_that_nothing_was_subscribed_for_is_noted():
    class Deaf(Strategy):
        def on_quote(self, quote):
            return None

        def on_fill(self, fill):
            return None

    desk = NoDesk()
    desk.inbox.close()

    async def main():
        return await run_strategy(make_strategy(Deaf, {}, desk))

    notes = run_virtual(main(), origin_ns=0)
    assert notes == ["on_quote was never called: quotes were not subscribed to"]
