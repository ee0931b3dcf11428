"""When a fault's moment has come: calls and events are counted, for each way to choose them apart.

Counting looks at nothing but what the client asked and the broker told, so that a fault's number
does not depend on the other faults of the plan.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ...scenarios.plan import Fault
from ...scenarios.plan_kinds import CALLS, EVENTS
from ...trading.orders.tags import Tag


class Passed(NamedTuple):
    """A call was made or an event told, `at_ns` from the run's start, of an order with this tag."""

    at_ns: int
    key: Literal["call", "event"]
    name: str
    tag: Tag | None


class Choice(NamedTuple):
    """Which calls or events a fault counts: by a plan's word for them, and by order and time."""

    key: Literal["call", "event"]
    word: str
    role: str | None
    intent: str | None
    since_ns: int

    @classmethod
    def of(cls, fault: Fault) -> "Choice | None":
        """A fault's; None where its moment is neither a call nor an event."""
        if fault.call is not None:
            return cls("call", fault.call, fault.role, fault.intent, fault.since)
        if fault.event is not None:
            return cls("event", fault.event, fault.role, fault.intent, fault.since)
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """Those that the word means."""
        return (CALLS if self.key == "call" else EVENTS)[self.word]

    def meant(self, passed: Passed) -> bool:
        """Whether it counts."""
        if passed.key != self.key or passed.name not in self.names:
            return False
        if passed.at_ns < self.since_ns:
            return False
        if self.role is None and self.intent is None:
            return True
        tag = passed.tag
        return (
            tag is not None
            and self.role in (None, tag.role, tag.duty)
            and self.intent in (None, tag.intent)
        )


class _Counted:
    """All that one choice of calls or events has seen, and the faults that wait for a number."""

    __slots__ = ("_choice", "_count", "_once", "_repeated")

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._count = 0
        self._once: dict[int, tuple[int, ...]] = {}
        self._repeated: list[tuple[int, Fault]] = []

    def add(self, number: int, fault: Fault) -> None:
        if fault.times == 1:
            self._once[fault.nth] = (*self._once.get(fault.nth, ()), number)
        else:
            self._repeated.append((number, fault))

    def see(self, passed: Passed) -> Sequence[int]:
        if not self._choice.meant(passed):
            return ()
        self._count += 1
        once = self._once.pop(self._count, ())
        if not self._repeated:
            return once
        again = [number for number, fault in self._repeated if _is_due(fault, self._count)]
        return [*once, *again]


class Moments:
    """Counts for a plan's faults. Say every call and event once, in order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._counted = _by_name(faults)

    def see(self, passed: Passed) -> list[int]:
        """The faults whose moment this call or event is, as places in the plan, rising."""
        counted = self._counted.get((passed.key, passed.name), ())
        return sorted(n for each in counted for n in each.see(passed))


def _by_name(faults: Sequence[Fault]) -> dict[tuple[str, str], list[_Counted]]:
    found: dict[Choice, _Counted] = {}
    by_name: dict[tuple[str, str], list[_Counted]] = {}
    for number, fault in enumerate(faults):
        choice = Choice.of(fault)
        if choice is None:
            continue
        if choice not in found:
            found[choice] = _Counted(choice)
            for name in choice.names:
                by_name.setdefault((choice.key, name), []).append(found[choice])
        found[choice].add(number, fault)
    return by_name


def _is_due(fault: Fault, count: int) -> bool:
    turn, rest = divmod(count - fault.nth, fault.every)
    return turn >= 0 and rest == 0 and (fault.times == "all" or turn < fault.times)
