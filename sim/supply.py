"""The engine's rows on their way to it: a piece ahead of the time, and gone when they are past."""

from collections import deque

from ..matching.engine import Engine
from ..trading.tape import Tape
from .loop.moments import Tie

_KEPT = 3  # a reader that is late by its latency may still look at rows that are just past


class Supply:
    """Gives an engine the rows of a tape, so that it always has those of one whole piece to come,
    and gives back the memory of what is past (`Tape.pieces`).

    A source of moments at which nothing happens but this. Raises ValueError as `Engine.extend` does
    when it meets rows that are not in order.
    """

    tie = Tie.SESSION

    def __init__(self, engine: Engine, tape: Tape) -> None:
        self._engine = engine
        self._to_come = tape.pieces()
        self._given: deque[Tape] = deque(maxlen=_KEPT + 1)
        self._due_ns: int | None = None
        self._give()
        self._give()

    @property
    def all_given(self) -> bool:
        """Whether the engine has every row."""
        return self._due_ns is None

    def next_moment(self, limit_ns: int) -> int | None:
        due_ns = self._due_ns
        return due_ns if due_ns is not None and due_ns <= limit_ns else None

    def advance(self, to_ns: int) -> None:
        # Where nothing touches an order nobody moves the engine, and it would keep what is past.
        reports = self._engine.advance(to_ns - 1)
        assert not reports, f"{reports!r} were due before {to_ns} ns"
        for piece in list(self._given)[:-1]:
            piece.give_back()
        self._give()

    def _give(self) -> None:
        piece = next(self._to_come, None)
        if piece is None:
            self._due_ns = None
            return
        self._engine.extend(piece)
        self._given.append(piece)
        self._due_ns = piece.start_ns
