"""What of RS-46 no file can say: two runs with different clocks are the same at the exchange."""

import pytest

from dryfill.scenarios.scenario_text import scenario_from_toml
from dryfill.scenarios.shelf import shelf
from dryfill.sim.backtest import World
from dryfill.sim.scenario.play import play
from dryfill.trading.orders.sending.outbox import Outbox

SLOW = shelf()["rs_46_clock_that_is_slow"].read_text(encoding="utf-8")


def digest(off):
    """What happens at the exchange while the client's clock is so much off."""
    assert SLOW.count('behind = "90 s"') == 1
    scenario = scenario_from_toml(SLOW.replace('behind = "90 s"', off), "clock")
    return play(scenario, 0, World).digest


DRIFTS = ["fast = 50_000", "slow = 50_000", "fast = 500_000", "slow = 500_000"]


@pytest.mark.parametrize(
    "off", ['behind = "90 s"', 'behind = "60 min"', 'ahead = "60 min"', *DRIFTS]
)
def test_rs_46_the_wall_clock_decides_nothing(off):
    """INV-29: at the exchange the same happens at the same time, whatever the client's clock."""
    right, wrong = digest('behind = "1 ns"'), digest(off)
    assert right
    assert right == wrong


@pytest.mark.parametrize("off", DRIFTS)
def test_f28_a_drift_shows_where_time_is_told_by_the_wall_clock(off, monkeypatch):
    """That nothing changes above proves something: here it would."""

    begin = Outbox.__init__

    def by_the_wall(outbox, *args, **more):
        begin(outbox, *args, **more)
        outbox.now_s = lambda: outbox._now_ns() / 1e9 - 1_709_564_400

    monkeypatch.setattr(Outbox, "__init__", by_the_wall)
    assert digest('behind = "1 ns"') != digest(off)
