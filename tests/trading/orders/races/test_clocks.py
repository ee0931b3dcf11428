"""What of RS-46 no file can say: two runs with different clocks are the same at the exchange."""

import pytest

from dryfill.scenarios.scenario_text import scenario_from_toml
from dryfill.scenarios.shelf import shelf
from dryfill.sim.backtest import World
from dryfill.sim.scenario.play import play

SLOW = shelf()["rs_46_clock_that_is_slow"].read_text(encoding="utf-8")


def digest(off):
    """What happens at the exchange while the client's clock is so much off."""
    assert SLOW.count('behind = "90 s"') == 1
    scenario = scenario_from_toml(SLOW.replace('behind = "90 s"', off), "clock")
    return play(scenario, 0, World).digest


@pytest.mark.parametrize("off", ['behind = "90 s"', 'behind = "60 min"', 'ahead = "60 min"'])
def test_rs_46_the_wall_clock_decides_nothing(off):
    """INV-29: at the exchange the same happens at the same time, whatever the client's clock."""
    right, wrong = digest('behind = "1 ns"'), digest(off)
    assert right
    assert right == wrong
