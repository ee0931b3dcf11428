"""A market that the venue halts: for how long, and who is told of it."""

import asyncio

import pytest

from dryfill.trading.words import TradingStatus

OPEN, HALT, CLOSE = TradingStatus.OPEN, TradingStatus.HALT, TradingStatus.CLOSE
NO_CANCEL = TradingStatus.NO_CANCEL


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"duration": "2 s"}, [HALT, CLOSE, HALT, OPEN]),  # within the first
        ({"duration": "9 s"}, [HALT, CLOSE, OPEN]),  # beyond it
    ],
)
def test_of_two_halts_the_newest_holds_and_the_last_to_end_opens(stage, second, said):
    at = stage(
        {"kind": "halt", "at": "1 s", "duration": "5 s"},
        {"kind": "halt", "at": "2 s", "state": "close", **second},
    )
    heard = []
    at.faults.halts.on_state = heard.append

    async def script(broker):
        await asyncio.sleep(20)
        return at.exchange.book("ES").status

    assert at.play(script) is OPEN
    assert heard == said


def test_a_second_halt_of_the_same_kind_makes_it_longer(stage):
    halt = {"kind": "halt", "duration": "2 s"}
    at = stage({**halt, "at": "1 s"}, {**halt, "at": "2 s"})
    heard = []
    at.faults.halts.on_state = lambda status: heard.append((status, at.ms))

    async def script(broker):
        await asyncio.sleep(6)

    at.play(script)
    assert heard == [(HALT, 1000), (OPEN, 4000)]
