"""Which of several callbacks that are ready runs next: first in first out, or as a seed chooses.

A program that is right under one order may be wrong under another that the same events could have
led to. So a run may be given a schedule: a choice, step by step, between **owners** (a task, a
connection), never within one: what one owner asked for stays in order. The same seed chooses the
same again.

- `fifo`: as asyncio does; of what is due at one moment, the first that was asked for.
- `ties`: what is due at one moment, of one rank, in any order; first in first out else. Stock
  asyncio could run any of these.
- `uniform`: at each step any of the ready owners, all alike. It builds orders that stock asyncio
  would not, but that an added `await` anywhere could.
- `pct`: each owner has a priority and the highest runs; at a few drawn steps the one that would run
  falls below all others. A fault that needs `depth` decisions to go wrong is found with a known
  probability (Burckhardt et al., ASPLOS 2010: probabilistic concurrency testing).
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal, Protocol
from weakref import WeakKeyDictionary

from msgspec import Struct

from ...trading.errors import UsageError
from ..streams import Stream, named_stream
from .callbacks import Called
from .handles import owner_of
from .process import Process
from .tasks import VirtualTask

ScheduleKind = Literal["fifo", "ties", "uniform", "pct"]
KINDS: tuple[ScheduleKind, ...] = ("fifo", "ties", "uniform", "pct")

_RANK_BITS = 62


class Schedule(Struct, frozen=True):
    """How ready callbacks are ordered in a run; the module says what each kind does.

    `depth` and `steps` are of `pct`: how many decisions a fault may need, and about how many times
    a run has more than one owner to choose from. Raises UsageError for what is no schedule.
    """

    kind: ScheduleKind = "fifo"
    seed: int = 0
    depth: int = 3
    steps: int = 1_000

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"schedule {self.kind!r} is not known; give one of {', '.join(KINDS)}")
        if self.depth < 1 or self.steps < 1:
            raise UsageError(f"schedule {self}: depth and steps are whole numbers from 1")

    def ready(self) -> "Turns | None":
        """Who chooses between ready callbacks; None: first in first out."""
        if self.kind == "uniform":
            return Turns(Uniform(self._stream()))
        if self.kind == "pct":
            return Turns(Pct(self._stream(), self.depth, self.steps))
        return None

    def due(self) -> "Turns | None":
        """Who chooses between what is due at one moment, before it is ready; None: nobody."""
        return Turns(Uniform(self._stream())) if self.kind == "ties" else None

    def _stream(self) -> Stream:
        return named_stream(self.seed, f"schedule.{self.kind}")


class Turn:
    """What waits of one owner, first in first out. `rank` belongs to the chooser."""

    __slots__ = ("handles", "owner", "rank")

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.handles: deque[Called] = deque()
        self.rank: int | None = None


class Chooser(Protocol):
    """Chooses whose turn it is."""

    def choose(self, turns: Sequence[Turn]) -> int:
        """The place of one of `turns`, which are in order of arrival and at least one."""


LOOKS_ON = "looks_on"
"""An attribute of a callback that only looks on, such as an oracle's: it is no part of the program,
and no schedule puts the program before it."""


class Turns:
    """Callbacks that are ready, by owner; `next` takes the one whose turn it is."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._turns: list[Turn] = []
        # By identity: owners need not be hashable. An id is not used again while its turn waits,
        # because the turn keeps the owner alive.
        self._by_owner: dict[int, Turn] = {}
        self._onlookers: deque[Called] = deque()

    def __len__(self) -> int:
        return len(self._turns) + len(self._onlookers)

    def __iter__(self) -> Iterator[Called]:
        """All that wait, owner by owner."""
        yield from self._onlookers
        for turn in self._turns:
            yield from turn.handles

    def add(self, handle: Called) -> None:
        """A callback is ready, behind what its owner asked for before."""
        if getattr(handle._callback, LOOKS_ON, False):
            self._onlookers.append(handle)
            return
        owner = asker_of(handle)
        turn = self._by_owner.get(id(owner))
        if turn is None:
            turn = self._by_owner[id(owner)] = Turn(owner)
            self._turns.append(turn)
        turn.handles.append(handle)

    def next(self) -> Called:
        """The callback that runs next, taken out. Raises IndexError when none waits."""
        if self._onlookers:
            return self._onlookers.popleft()
        place = self._chooser.choose(self._turns)
        turn = self._turns[place]
        handle = turn.handles.popleft()
        if not turn.handles:
            del self._turns[place]
            del self._by_owner[id(turn.owner)]
        return handle


class Uniform:
    """Any of them, all alike."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def choose(self, turns: Sequence[Turn]) -> int:
        return self._stream.below(len(turns)) if len(turns) > 1 else 0


class Pct:
    """The highest priority, which is drawn at first sight; it falls at `depth - 1` drawn steps.

    A task or process keeps its priority; a message has one of its own. A task that is ready again
    right after it ran gave way to others, and falls too: it may be waiting in a loop for them.
    """

    def __init__(self, stream: Stream, depth: int, steps: int) -> None:
        self._stream = stream
        self._kept: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._falls = sorted(stream.below(steps) for _ in range(depth - 1))
        self._step = 0
        self._lowest = 0
        self._ran: object = None

    def choose(self, turns: Sequence[Turn]) -> int:
        for turn in turns:
            if turn.rank is None:
                turn.rank = self._rank_of(turn.owner)
        place = self._highest(turns)
        if len(turns) > 1:
            while self._falls and self._falls[0] <= self._step:
                del self._falls[0]
                self._fall(turns[place])
                place = self._highest(turns)
            self._step += 1
        self._ran = turns[place].owner
        return place

    def _rank_of(self, owner: object) -> int:
        if isinstance(owner, VirtualTask) and owner is self._ran:
            self._lowest -= 1
            self._kept[owner] = self._lowest
        elif not isinstance(owner, VirtualTask | Process):
            return self._stream.getrandbits(_RANK_BITS)
        elif owner not in self._kept:
            self._kept[owner] = self._stream.getrandbits(_RANK_BITS)
        return self._kept[owner]

    def _fall(self, turn: Turn) -> None:
        self._lowest -= 1
        turn.rank = self._lowest
        if isinstance(turn.owner, VirtualTask | Process):
            self._kept[turn.owner] = turn.rank

    @staticmethod
    def _highest(turns: Sequence[Turn]) -> int:
        return max(range(len(turns)), key=lambda place: turns[place].rank or 0)


def asker_of(handle: Called) -> object:
    """Whose a callback is: the task that it goes on with, or the object that has it as a method.

    A plain function that is told of a future belongs to that future: what waits for one answer is
    told in order, and answers in any. Else it belongs to the process that asked for it; in the
    world, which is no program of its own, to nobody but itself.
    """
    callback: Any = handle._callback
    while True:
        owner = getattr(callback, "__self__", None)
        # A builtin function's __self__ is its module.
        if owner is not None and not isinstance(owner, type(asyncio)):
            return owner
        if isinstance(callback, partial):
            callback = callback.func
        elif hasattr(callback, "__wrapped__"):
            callback = callback.__wrapped__
        else:
            break
    told = handle._args[0] if handle._args else None
    if isinstance(told, asyncio.Future):
        return told
    return owner_of(handle) or handle
