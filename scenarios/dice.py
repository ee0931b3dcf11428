"""Randomness for generated markets: raw bits and integer tables, the same on every machine.

Nothing here or in what uses it passes through exp, log or a float distribution (DESIGN 6): the last
bit of a double may differ from one processor to the next, and a path of prices would follow it.
"""

import numpy as np

from ..trading.tape import Ints

EXPONENTIAL_ONE = 1024
"""The mean of `exponential`."""

# -ln(1 - i/256) * 1024, i = 0..255, and -ln(1/512) * 1024 for the tail.
_EXPONENTIAL = (
    0, 4, 8, 12, 16, 20, 24, 28, 33, 37, 41, 45, 49, 53, 58, 62, 66, 70, 75, 79, 83, 88, 92, 96,
    101, 105, 110, 114, 119, 123, 128, 132, 137, 141, 146, 151, 155, 160, 165, 169, 174, 179, 184,
    188, 193, 198, 203, 208, 213, 218, 223, 227, 233, 238, 243, 248, 253, 258, 263, 268, 273, 279,
    284, 289, 295, 300, 305, 311, 316, 322, 327, 333, 338, 344, 349, 355, 361, 366, 372, 378, 384,
    390, 395, 401, 407, 413, 419, 425, 431, 437, 444, 450, 456, 462, 469, 475, 481, 488, 494, 501,
    507, 514, 520, 527, 534, 541, 547, 554, 561, 568, 575, 582, 589, 596, 603, 611, 618, 625, 633,
    640, 648, 655, 663, 671, 678, 686, 694, 702, 710, 718, 726, 734, 742, 751, 759, 767, 776, 784,
    793, 802, 811, 819, 828, 837, 847, 856, 865, 874, 884, 893, 903, 913, 922, 932, 942, 952, 963,
    973, 983, 994, 1004, 1015, 1026, 1037, 1048, 1059, 1070, 1082, 1093, 1105, 1117, 1129, 1141,
    1153, 1166, 1178, 1191, 1204, 1217, 1230, 1244, 1257, 1271, 1285, 1299, 1313, 1328, 1343, 1357,
    1373, 1388, 1404, 1420, 1436, 1452, 1469, 1486, 1503, 1520, 1538, 1556, 1575, 1594, 1613, 1632,
    1652, 1672, 1693, 1714, 1736, 1758, 1780, 1803, 1827, 1851, 1876, 1901, 1927, 1953, 1981, 2009,
    2038, 2067, 2098, 2129, 2162, 2195, 2230, 2266, 2303, 2342, 2382, 2424, 2468, 2513, 2561, 2611,
    2663, 2719, 2777, 2839, 2905, 2976, 3052, 3134, 3223, 3320, 3428, 3549, 3686, 3844, 4030, 4259,
    4553, 4968, 5678, 6388,
)  # fmt: skip


def raw_bits(seed: int, stream: int, count: int) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
    """`count` draws of 64 bits, by SplitMix64; each (seed, stream) has a sequence of its own.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), and the
    public domain splitmix64.c of S. Vigna. It only adds, multiplies and shifts 64-bit integers.
    """
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = steps + np.uint64(_state(seed, stream))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def draws_and_waits(seed: int, stream: int, count: int) -> tuple[list[int], list[int]]:
    """`count` draws of 64 bits, and as many waiting times, as `exponential` has them."""
    bits = raw_bits(seed, stream, 2 * count)
    return bits[:count].tolist(), exponential(bits[count:].astype("int64") & 0xFFFF).tolist()


def exponential(bits: Ints) -> Ints:
    """Waiting times with mean `EXPONENTIAL_ONE` from 16 bits each, by an inverse table."""
    table = np.array(_EXPONENTIAL, dtype=np.int64)
    at, between = bits >> 8 & 0xFF, bits & 0xFF
    waits: Ints = table[at] + ((table[at + 1] - table[at]) * between >> 8)
    return waits


def _state(seed: int, stream: int) -> int:
    """Where a sequence starts: two rounds of mixing put neighbouring seeds far apart."""
    mask = 2**64 - 1
    state = _mixed(seed * 0x9E3779B97F4A7C15 + 1 & mask)
    return _mixed(state ^ stream * 0xD1B54A32D192ED03 & mask)


def _mixed(z: int) -> int:
    mask = 2**64 - 1
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return z ^ z >> 31
