"""Named streams of random bits."""

from dryfill.sim.streams import named_stream


def first_bits(seed: int, name: str) -> list[int]:
    stream = named_stream(seed, name)
    return [stream.getrandbits(32) for _ in range(4)]


def test_a_stream_is_the_same_for_a_seed_and_a_name_for_ever() -> None:
    assert first_bits(7, "latency/request") == [3770556899, 3470547590, 1101485351, 2090427894]


def test_a_new_stream_never_shifts_another() -> None:
    alone = named_stream(7, "latency")
    expected = [alone.getrandbits(32) for _ in range(100)]
    shared, other = named_stream(7, "latency"), named_stream(7, "faults")
    drawn = []
    for n in range(100):
        drawn.append(shared.getrandbits(32))
        for k in range(n % 7):
            other.getrandbits(k + 1)
        named_stream(7, f"late comer {n}").getrandbits(64)
    assert drawn == expected


def test_other_seeds_and_other_names_give_other_bits() -> None:
    pairs = [(7, "a"), (8, "a"), (7, "b"), (1, "2/x"), (12, "x"), (-7, "a"), (7, "")]
    assert len({tuple(first_bits(seed, name)) for seed, name in pairs}) == len(pairs)


def test_below_reaches_both_ends_evenly_and_takes_the_same_bits_for_any_bound() -> None:
    stream = named_stream(1, "die")
    counts = [0] * 6
    for _ in range(60_000):
        counts[stream.below(6)] += 1
    assert all(9_600 < count < 10_400 for count in counts)
    one, other = named_stream(1, "x"), named_stream(1, "x")
    one.below(2)
    other.below(1 << 60)
    assert one.getrandbits(32) == other.getrandbits(32)
