"""Which order of a recording is meant, and which span without a stop is its."""

from collections.abc import Sequence

from ...trading.errors import UsageError
from .bare import Bare
from .lives import Life
from .naming import short_name
from .recorded import Recorded

_SHOWN = 6
_NEAR_NS = 60 * 10**9


def order_in(
    runs: Sequence[tuple[Recorded, list[Life]]], wanted: str
) -> tuple[Recorded, list[Life], Life]:
    """The order of that tag, with or without its attempt and the journal's prefix, or of that
    number at the broker; in the newest run where several have it.

    Raises `UsageError`, naming orders that there are, where there is none.
    """
    for recorded, lives in reversed(runs):
        for life in lives:
            tag, _, _ = life.tag.rpartition("#")
            if wanted in (life.tag, tag, short_name(life, lives), life.order_id):
                return recorded, lives, life
    known = [life for _, lives in runs for life in lives]
    if not known:
        raise UsageError(f"no order {wanted} in {runs[0][0].folder}: no order was recorded in it")
    names = ", ".join(f"{life.name} ({life.order_id or 'no number'})" for life in known[-_SHOWN:])
    more = f", and {len(known) - _SHOWN} before them" if len(known) > _SHOWN else ""
    raise UsageError(
        f"no order {wanted} in {runs[0][0].folder}; it has {names}{more}: give a tag, or the "
        f"broker's number"
    )


def bare_of(life: Life, spans: Sequence[Bare], end_ns: int, least_ns: int) -> Bare | None:
    """The longest span without a stop that begins while the order lives, or soon after, and lasts
    as long as it must to be one."""
    near = [
        span
        for span in spans
        if span.symbol == life.symbol
        and span.lasts_ns(end_ns) > least_ns
        and span.from_ns <= life.ends_ns + _NEAR_NS
        and (span.to_ns is None or span.to_ns >= life.begins_ns)
    ]
    return max(near, key=lambda span: span.lasts_ns(end_ns), default=None)
