"""What a journal keeps of a group: its spec, and what its orders cannot tell."""

from fractions import Fraction

from msgspec import Struct

from .core import Mode, State
from .lifecycle import Phase
from .spec import GroupSpec


class GroupKept(Struct, frozen=True, kw_only=True):
    """A group as a journal has it. `over`: `State.over`, a numerator and a denominator; `out`: by
    member, the order that comes first before them, whether it is not sent again; `passed`,
    `said` and `square`: those of `State`."""

    spec: GroupSpec
    phase: Phase
    mode: Mode
    winner: int | None
    over: tuple[int, int]
    out: tuple[bool, ...]
    reason: str = ""
    passed: int | None = None
    said: bool = False
    square: int | None = None

    @classmethod
    def of(cls, spec: GroupSpec, state: State, out: list[bool], reason: str) -> "GroupKept":
        """What a group remembers, as it is kept."""
        return cls(
            spec=spec,
            phase=state.phase,
            mode=state.mode,
            winner=state.winner,
            over=(state.over.numerator, state.over.denominator),
            out=tuple(out),
            reason=reason,
            passed=state.passed,
            said=state.said,
            square=state.square,
        )

    @property
    def state(self) -> State:
        """What the group remembered."""
        over, mode = Fraction(*self.over), self.mode
        return State(self.phase, mode, self.winner, over, self.passed, self.said, self.square)
