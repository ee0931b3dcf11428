"""Latency: each model's effect, profiles from whatever names one, and draws that never change."""

from hashlib import sha256
from math import exp
from statistics import NormalDist
from typing import Any

import pytest
from msgspec.structs import replace

from dryfill.sim.streams import named_stream
from dryfill.sim.wire.latency import (
    LEGS,
    Constant,
    Distributed,
    LatencyModel,
    Recorded,
    duration_ns,
    latency_profile,
)
from dryfill.trading.errors import ScenarioError, UsageError

MS = 1_000_000
LIVE_DIGEST = "b431d1677fb4182395453db9b4823ed7bab75159b629506aca922b7627f22749"


class Counted:
    """A stream that counts the bits taken from it, or hands out the words it was given."""

    def __init__(self, *words: int) -> None:
        self.words = list(words)
        self.taken = 0

    def getrandbits(self, k: int, /) -> int:
        self.taken += k
        return self.words.pop(0) if self.words else 0


def draws(model: LatencyModel, count: int, name: str = "test") -> list[int]:
    stream = named_stream(1, name)
    return [model.draw(stream) for _ in range(count)]


def distributed(spec: object) -> Distributed:
    assert isinstance(spec, Distributed)
    return spec


def test_a_constant_is_always_itself_and_takes_no_bits() -> None:
    stream = Counted()
    assert {Constant(25 * MS).draw(stream) for _ in range(9)} == {25 * MS}
    assert stream.taken == 0


def test_the_live_draws_of_a_seed_are_the_same_for_ever() -> None:
    profile = latency_profile("live")
    digest = sha256()
    for leg in LEGS:
        stream = named_stream(20131218, f"latency/{leg}")
        for _ in range(2000):
            digest.update(getattr(profile, leg).draw(stream).to_bytes(8, "big"))
    assert digest.hexdigest() == LIVE_DIGEST


def test_the_live_request_leg_is_the_fault_models_f01() -> None:
    times = sorted(draws(latency_profile("live").request, 40_000))
    median, spikes = times[20_000], sum(ns > 200 * MS for ns in times)
    assert 24_500_000 < median < 25_700_000
    assert 320 < spikes < 480
    calm = [ns for ns in times if ns <= 200 * MS]
    assert min(calm) > 5 * MS
    # One sigma either side of the median: 25 ms times exp(-0.5) and exp(0.5).
    assert 14_700_000 < calm[int(0.1587 * len(calm))] < 15_600_000
    assert 40_000_000 < calm[int(0.8413 * len(calm))] < 42_400_000


def test_the_stored_table_is_the_documented_formula() -> None:
    table = distributed(latency_profile("live").request).quantiles_ppm
    assert len(table) == 257
    normal = NormalDist()
    for i, ppm in enumerate(table):
        assert abs(ppm - 1e6 * exp(0.5 * normal.inv_cdf((i + 0.5) / 257))) < 1
    assert table[128] == 1_000_000


def test_a_draw_reaches_both_ends_of_the_table_and_interpolates_between_entries() -> None:
    model = Distributed(1000, (1_000_000, 2_000_000, 5_000_000))
    top = 2**32 - 1
    places = [0, 2**30, 2**31 - 1, 2**31, 3 * 2**30, top]
    assert [model.draw(Counted(place, top, 0)) for place in places] == [
        1000,
        1500,
        1999,
        2000,
        3500,
        4999,
    ]


def test_a_spike_multiplies_by_a_whole_number_within_its_bounds() -> None:
    model = Distributed(1000, (1_000_000, 1_000_000), 10_000, 10, 100)
    top = 2**32 - 1
    last_spike = 10_000 * 2**32 // 1_000_000
    assert model.draw(Counted(0, 0, 0)) == 10_000
    assert model.draw(Counted(0, last_spike, top)) == 100_000
    assert model.draw(Counted(0, last_spike + 1, top)) == 1000


def test_spikes_can_be_turned_off_and_always_on() -> None:
    live = distributed(latency_profile("live").request)
    calm = draws(replace(live, spike_ppm=0), 5000)
    late = draws(replace(live, spike_ppm=1_000_000, spike_least=10, spike_most=10), 5000)
    assert max(calm) < 110 * MS
    assert late == [10 * ns for ns in calm]


def test_every_draw_takes_the_same_bits_whether_it_spikes_or_not() -> None:
    model = latency_profile("live").request
    for words in ((0, 0, 0), (5, 2**32 - 1, 7)):
        stream = Counted(*words)
        model.draw(stream)
        assert stream.taken == 96


def test_recorded_samples_are_drawn_each_as_often() -> None:
    times = draws(latency_profile([3, 30, 300]).feed, 30_000)
    assert set(times) == {3, 30, 300}
    assert all(9_600 < times.count(ns) < 10_400 for ns in (3, 30, 300))


@pytest.mark.parametrize("name", ["zero", "calm", "live", "slow"])
def test_a_named_profile_has_four_legs(name: str) -> None:
    profile = latency_profile(name)
    assert profile.name == name
    assert all(min(draws(getattr(profile, leg), 50)) >= 0 for leg in LEGS)


def test_zero_calm_live_and_slow_differ_as_their_names_say() -> None:
    zero, calm, slow = (latency_profile(name) for name in ("zero", "calm", "slow"))
    assert [getattr(zero, leg) for leg in LEGS] == [Constant(0)] * 4
    assert [getattr(calm, leg) for leg in LEGS] == [*[Constant(25 * MS)] * 3, Constant(5 * MS)]
    for leg in LEGS:
        middle = [
            sorted(draws(getattr(latency_profile(n), leg), 999))[500] for n in ("live", "slow")
        ]
        assert middle[1] > 5 * middle[0]
    assert slow.name == "slow"


@pytest.mark.parametrize("spec", [25 * MS, "25ms", "25 ms", "0.025s", "25000us", Constant(25 * MS)])
def test_one_time_is_every_legs(spec: Any) -> None:
    profile = latency_profile(spec)
    assert [getattr(profile, leg) for leg in LEGS] == [Constant(25 * MS)] * 4


def test_a_mapping_gives_each_leg_its_own_model() -> None:
    profile = latency_profile(
        {
            "request": "10ms",
            "response": 5,
            "events": [1, 2],
            "feed": {
                "base": "2ms",
                "spread": True,
                "spike_ppm": 5,
                "spike_least": 2,
                "spike_most": 3,
            },
        }
    )
    assert profile.request == Constant(10 * MS)
    assert profile.response == Constant(5)
    assert profile.events == Recorded((1, 2))
    feed = distributed(profile.feed)
    assert (feed.base_ns, feed.spike_ppm, feed.spike_least, feed.spike_most) == (2 * MS, 5, 2, 3)


def test_a_mapping_takes_the_legs_it_does_not_name_from_another_profile() -> None:
    profile = latency_profile({"from": "live", "feed": "1ms"})
    assert profile.feed == Constant(MS)
    assert profile.request == latency_profile("live").request


def test_a_users_own_model_is_taken_by_its_shape() -> None:
    class Growing:
        ns = 0

        def draw(self, rng: object) -> int:
            self.ns += 1
            return self.ns

    model = Growing()
    assert latency_profile({"from": "zero", "events": model}).events is model


def test_a_profile_is_taken_as_it_is() -> None:
    profile = latency_profile("calm")
    assert latency_profile(profile) is profile


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("fast", "no latency is named 'fast'; known are zero, calm, live, slow"),
        ("25", "no latency is named '25'"),
        (-1, r"-1 is no latency .*from 0 on .*offset of the two clocks"),
        (True, "True is no latency"),
        (2.5, "2.5 is no latency"),
        (None, "None is no latency"),
        ([], r"\[\] is no latency"),
        ([5, -1_270_000_000], "-1270000000 is no latency"),
        ([5, 1.5], "1.5 is no latency"),
        ("0.3ns", "'0.3ns' is no time"),
        ({"request": 1}, "no latency for response, events, feed; give all of .*from"),
        (
            {"from": "zero", "feeed": 1},
            "no leg 'feeed'; its legs are request, response, events, feed",
        ),
        (
            {"from": "zero", "feed": "1 hour"},
            "'1 hour' is no time; write a number and ns, us, ms or s",
        ),
        ({"from": "zero", "feed": {"base": 1, "spike_ppm": 2_000_000}}, "spikes need"),
        ({"from": "zero", "feed": {"base": 1, "spike_least": 3, "spike_most": 2}}, "spikes need"),
        ({"from": "zero", "feed": {"base": -1}}, "-1 is no latency for feed"),
    ],
)
def test_what_is_no_latency_is_refused_with_the_way_out(spec: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        latency_profile(spec)


def test_an_unknown_key_of_a_leg_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"feed\.sigma is not a key; known are base, spread"):
        latency_profile({"from": "zero", "feed": {"base": 1, "sigma": 1}})


@pytest.mark.parametrize(
    ("text", "ns"),
    [("0s", 0), ("1ns", 1), ("1.5us", 1500), ("2.5 s", 2_500_000_000), (" 7ms ", 7 * MS)],
)
def test_a_duration_is_read_in_whole_nanoseconds(text: str, ns: int) -> None:
    assert duration_ns(text) == ns
