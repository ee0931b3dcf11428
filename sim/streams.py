"""Randomness by name: every user of chance has its own stream, made from the run's seed.

A stream's bits depend on the seed and its own name alone, so a new one never shifts another, and a
plan that found a fault still finds it after an unrelated part began to roll dice.
"""

from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Protocol


class Bits(Protocol):
    """A source of random bits: what everything that draws asks for."""

    def getrandbits(self, k: int, /) -> int: ...


class Stream:
    """Random bits, and nothing that passes through a float (DESIGN 6). `getrandbits(k)`: a whole
    number of `k` of them."""

    __slots__ = ("getrandbits",)

    def __init__(self, seed: int) -> None:
        # The generator's own: a plan is 30 000 dice, and a call between would be half their cost.
        self.getrandbits: Callable[[int], int] = Random(seed).getrandbits

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1, from 64 bits: the same count of bits whatever `n` is."""
        return self.getrandbits(64) * n >> 64


def named_stream(seed: int, name: str) -> Stream:
    """The stream `name` of a run's seed: the same pair gives the same bits on every machine.

    >>> named_stream(7, "latency").getrandbits(32) == named_stream(7, "latency").getrandbits(32)
    True
    """
    # The seed ends at the slash, so (1, "2/x") and (12, "x") cannot meet.
    return Stream(int.from_bytes(sha256(f"{seed}/{name}".encode()).digest(), "big"))
