"""When a fault's moment has come: calls and events are counted, for each way to choose them apart.

Counting looks at nothing but what the client asked and the broker told, so that a fault's number
does not depend on the other faults of the plan.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from ...scenarios.plan import Fault
from ...scenarios.plan_kinds import CALLS, EVENTS
from ...trading.orders.tags import Tag


class _Counted:
    """All that one choice of calls or events has seen, and the faults that wait for a number."""

    __slots__ = ("_count", "_intent", "_once", "_repeated", "_role")

    def __init__(self, role: str | None, intent: str | None) -> None:
        self._role = role
        self._intent = intent
        self._count = 0
        self._once: dict[int, tuple[int, ...]] = {}
        self._repeated: list[tuple[int, Fault]] = []

    def add(self, number: int, fault: Fault) -> None:
        if fault.times == 1:
            self._once[fault.nth] = (*self._once.get(fault.nth, ()), number)
        else:
            self._repeated.append((number, fault))

    def see(self, tag: Tag | None) -> list[int]:
        if not self._chosen(tag):
            return []
        self._count += 1
        again = [number for number, fault in self._repeated if _is_due(fault, self._count)]
        return [*self._once.pop(self._count, ()), *again]

    def _chosen(self, tag: Tag | None) -> bool:
        if self._role is None and self._intent is None:
            return True
        return (
            tag is not None
            and self._role in (None, tag.role, tag.duty)
            and self._intent in (None, tag.intent)
        )


class Moments:
    """Counts for a plan's faults. Say every call and event once, in order. `seen`: how many there
    were of each name."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.seen: Counter[str] = Counter()
        self._calls = _choices(faults, "call", CALLS)
        self._events = _choices(faults, "event", EVENTS)

    def call(self, name: str, tag: Tag | None) -> list[int]:
        """The faults whose moment this call is, as places in the plan, rising."""
        self.seen[name] += 1
        return sorted(n for counted in self._calls.get(name, ()) for n in counted.see(tag))

    def event(self, name: str, tag: Tag | None) -> list[int]:
        """The faults whose moment this event is, as places in the plan, rising."""
        self.seen[name] += 1
        return sorted(n for counted in self._events.get(name, ()) for n in counted.see(tag))


def _choices(
    faults: Sequence[Fault], key: str, groups: Mapping[str, tuple[str, ...]]
) -> dict[str, list[_Counted]]:
    found: dict[tuple[str, str | None, str | None], _Counted] = {}
    by_name: dict[str, list[_Counted]] = {}
    for number, fault in enumerate(faults):
        group = getattr(fault, key)
        if group is None:
            continue
        choice = (group, fault.role, fault.intent)
        if choice not in found:
            found[choice] = _Counted(fault.role, fault.intent)
            for name in groups[group]:
                by_name.setdefault(name, []).append(found[choice])
        found[choice].add(number, fault)
    return by_name


def _is_due(fault: Fault, count: int) -> bool:
    turn, rest = divmod(count - fault.nth, fault.every)
    return turn >= 0 and rest == 0 and (fault.times == "all" or turn < fault.times)
