"""Which order of a replay an order of the recording is: a plan names orders by intents, and those
are counted from the first one that a run sends."""

from collections.abc import Sequence

from ...trading.orders import tags
from ...trading.orders.tags import Tag
from .lives import STOPS, Life


class Naming:
    """The names that orders have in a run that begins at `start_ns`; what began before has none.

    A session with a journal has a prefix before its intents, and goes on counting where the last
    one ended.
    """

    def __init__(self, lives: Sequence[Life], start_ns: int) -> None:
        own = own_of(lives)
        self._prefix = prefix_of(lives)
        counted = [(life, number) for life in own if (number := self._number(life)) is not None]
        first = [number for life, number in counted if life.begins_ns >= start_ns]
        self._before = min(first, default=1) - 1
        self._start_ns = start_ns
        self._by_id = {life.order_id: life for life in own if life.order_id}

    def of(self, life: Life) -> tuple[str, str] | None:
        """Intent and role of an order in the run; None for one that it does not have. What the
        broker keeps for an entry goes by the entry's intent."""
        parent = self._by_id.get(life.parent_id or "")
        if parent is not None:
            entry = self.of(parent)
            return (
                None
                if entry is None
                else (entry[0], "stop" if life.ord_type in STOPS else "target")
            )
        number = self._number(life) if life.ours else None
        if number is None or life.begins_ns < self._start_ns or number <= self._before:
            return None
        return str(number - self._before), _tag(life).role

    def _number(self, life: Life) -> int | None:
        tag = tags.parse(life.tag)
        digits = "" if tag is None else tag.intent.removeprefix(self._prefix)
        return int(digits) if digits.isascii() and digits.isdigit() else None


def own_of(lives: Sequence[Life]) -> list[Life]:
    """The orders that we sent, with a tag of ours."""
    return [life for life in lives if life.ours and tags.parse(life.tag) is not None]


def short_name(life: Life, lives: Sequence[Life]) -> str:
    """An order's tag without the journal's prefix and the attempt, such as `7.stop`; "" for one
    that has none."""
    return life.tag.rpartition("#")[0].removeprefix(prefix_of(lives))


def prefix_of(lives: Sequence[Life]) -> str:
    """What a journal puts before the number of each intent: all that they share, but for digits
    that may be the number's own."""
    intents = [_tag(life).intent for life in own_of(lives)]
    if not intents:
        return ""
    first, last = min(intents), max(intents)  # what these two share, all share
    pairs = enumerate(zip(first, last, strict=False))
    same = next((n for n, (one, other) in pairs if one != other), len(first))
    return first[:same].rstrip("0123456789")


def _tag(life: Life) -> Tag:
    tag = tags.parse(life.tag)
    assert tag is not None, "the caller looked"
    return tag
