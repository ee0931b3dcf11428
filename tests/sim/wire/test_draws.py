"""Latencies drawn in columns are those drawn one by one."""

from itertools import islice

import pytest

from dryfill.sim.streams import named_stream
from dryfill.sim.wire.draws import draws
from dryfill.sim.wire.latency import LEGS, Constant, Distributed, Recorded, latency_profile

MODELS = {
    "constant": Constant(7),
    "recorded": Recorded((1, 5, 10**15, 3)),
    "one sample": Recorded((9,)),
    "even": Distributed(1000, (1_000_000, 1_000_000)),
    "spread": Distributed(123_457, (1, 400_000, 1_000_000, 1_000_001, 9_999_999)),
    "spikes": Distributed(10**6, (0, 3_000_000), spike_ppm=300_000, spike_least=2, spike_most=9),
    "always a spike": Distributed(3, (500_000, 1_500_000), 1_000_000, 4, 4),
    "the longest in columns": Distributed((1 << 31) - 1, (1, (1 << 30) - 1), 1, 1, 1000),
    "too long for columns": Distributed(1 << 31, (1, 1 << 31), 500_000, 1, 10**6),
}
MODELS |= {f"live {leg}": getattr(latency_profile("live"), leg) for leg in LEGS}
MODELS |= {f"slow {leg}": getattr(latency_profile("slow"), leg) for leg in LEGS}


@pytest.mark.parametrize("name", MODELS)
def test_a_column_of_draws_is_what_one_draw_after_the_other_gives(name):
    model, count = MODELS[name], 6000
    single = named_stream(3, "latency.feed")
    assert list(islice(draws(model, named_stream(3, "latency.feed")), count)) == [
        model.draw(single) for _ in range(count)
    ]
