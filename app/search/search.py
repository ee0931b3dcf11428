"""A search over seeds: what was reached, what was found, and where to go on."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from msgspec import DecodeError, Struct, ValidationError, json

from ...trading.errors import UsageError
from ..files import write_whole
from .explored import Brief
from .seed_end import SeedEnd
from .worker_pool import WorkerPool

_AGAIN_MOST = 10  # seeds that are played again under another hash seed
_ONE_AGAIN_IN = 50
_OTHER_HASH_SEED = 1_000_003

DIGEST = "INV-26"


class Tally(Struct):
    """What a search has seen. `digests` of some clean seeds; `next`, `left`: the first seed that
    was not given out, and those before it that have no end."""

    brief: str
    first: int
    last: int
    next: int
    left: list[int] = []
    seeds: int = 0
    failures: list[SeedEnd] = []
    faults: dict[str, int] = {}
    premises: dict[str, int] = {}
    states: dict[str, int] = {}
    schedules: dict[str, int] = {}
    digests: dict[int, str] = {}
    virtual_s: float = 0.0
    cpu_s: float = 0.0
    real_s: float = 0.0

    @classmethod
    def begin(cls, brief: Brief, seeds: range) -> "Tally":
        return cls(brief.to_json(), seeds.start, seeds.stop, seeds.start)

    @classmethod
    def resumed(cls, path: Path, brief: Brief, seeds: range) -> "Tally":
        """What a file has of this search; a new one where there is no file. Raises `UsageError` for
        a file that is of another search, or of none."""
        if not path.exists():
            return cls.begin(brief, seeds)
        try:
            tally = json.decode(path.read_bytes(), type=cls)
        except (DecodeError, ValidationError, OSError) as exc:
            raise UsageError(f"{path} is no search that was begun: {exc}; name another") from exc
        if (tally.brief, tally.first, tally.last) != (brief.to_json(), seeds.start, seeds.stop):
            raise UsageError(
                f"{path} is of another search: seeds {tally.first}:{tally.last}, {tally.brief}; "
                f"give the options that it was begun with, or name another file"
            )
        return tally

    def write(self, path: Path) -> None:
        write_whole(path, json.encode(self).decode())

    @property
    def waiting(self) -> list[int]:
        """The seeds that have no end, in order; they are given out again."""
        return [*self.left, *range(self.next, self.last)]

    def given(self, seed: int) -> None:
        if seed >= self.next:
            self.next = seed + 1
            self.left.append(seed)

    def take(self, end: SeedEnd) -> None:
        """A seed has come to its end."""
        self.left.remove(end.seed)
        self.seeds += 1
        for mine, its in (
            (self.faults, end.faults),
            (self.premises, end.premises),
            (self.states, end.states),
            (self.schedules, {end.schedule: 1} if end.schedule else {}),
        ):
            for name, count in its.items():
                mine[name] = mine.get(name, 0) + count
        self.virtual_s += end.virtual_s
        self.cpu_s += end.cpu_s
        if end.failed:
            self.failures = sorted([*self.failures, end], key=lambda each: each.seed)
        elif end.seed % _ONE_AGAIN_IN == self.first % _ONE_AGAIN_IN:
            self.digests[end.seed] = end.digest

    @property
    def rules(self) -> Counter[str]:
        """How many seeds broke each rule."""
        return Counter(end.rule for end in self.failures)


class Pool(Protocol):
    """What plays seeds, as `WorkerPool` does."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: Any, /
    ) -> None: ...

    def play(self, seeds: Iterable[int]) -> Generator[SeedEnd | None, None, None]: ...


@dataclass(frozen=True, kw_only=True)
class Search:
    """How a tally is filled. `minutes`: for how long at most, None: to the last seed; `all_seeds`:
    go on after a seed that fails. `found` is told of each seed that failed, as soon as it is known.
    `pool`: what plays, and `again`: what plays some of them again, in another process. `cells`: say
    which states of orders were not reached."""

    brief: Brief
    jobs: int
    minutes: float | None = None
    all_seeds: bool = False
    cells: bool = False
    found: Callable[[SeedEnd], None] = lambda end: None
    hang_s: float = 120.0
    pool: Callable[..., Pool] = field(default=WorkerPool)
    again: Callable[..., Pool] = field(default=WorkerPool)

    def run(self, tally: Tally) -> Generator[SeedEnd | None, None, None]:
        """Play what waits; each end as it comes, None when there is nothing new. The tally is true
        whenever this yields, and when it is closed."""
        began_s, before_s = time.monotonic(), tally.real_s
        ends_s = None if self.minutes is None else began_s + 60 * self.minutes

        def given() -> Iterator[int]:
            for seed in tally.waiting:
                over = ends_s is not None and time.monotonic() >= ends_s
                if over or (tally.failures and not self.all_seeds):
                    return
                tally.given(seed)
                yield seed

        with self.pool(self.brief, self.jobs, hang_s=self.hang_s) as pool:
            for end in pool.play(given()):
                if end is not None:
                    tally.take(end)
                    if end.failed:
                        self.found(end)
                tally.real_s = before_s + time.monotonic() - began_s
                yield end

    def differ(self, tally: Tally) -> list[SeedEnd]:
        """Seeds whose digest is another one in a process with another hash seed."""
        seeds = sorted(tally.digests)[:: max(len(tally.digests) // _AGAIN_MOST, 1)][:_AGAIN_MOST]
        if not seeds:
            return []
        found: list[SeedEnd] = []
        with self.again(self.brief, 1, hang_s=self.hang_s, hash_seed=_OTHER_HASH_SEED) as pool:
            for end in pool.play(seeds):
                if end is not None and end.digest != tally.digests[end.seed]:
                    found.append(_differs(end, tally.digests[end.seed]))
        return found


def _differs(end: SeedEnd, digest: str) -> SeedEnd:
    text = f"digest {digest}, and in another process, with another hash seed, {end.digest}"
    return SeedEnd(end.seed, "violation", DIGEST, text)


def seeds_of(text: str) -> range:
    """`0:500` as 0 to 499, `43` as that one. Raises `UsageError`.

    >>> seeds_of("5:8"), seeds_of("43")
    (range(5, 8), range(43, 44))
    """
    first, colon, last = text.partition(":")
    if not (first.isdecimal() and (last.isdecimal() or not colon)):
        raise UsageError(f"seeds {text!r} are none; write 0:500 (500 is not included), or one: 43")
    seeds = range(int(first), int(last) if colon else int(first) + 1)
    if not seeds:
        raise UsageError(f"seeds {text!r} are none: the last, not included, is not above the first")
    return seeds
