"""Bars of the past from the gateway, of any span, at the same starts as everywhere else.

The gateway's own bars of many hours may start with its session; ours start at multiples of their
span since midnight UTC. So bars of a span are put together from the largest ones that divide both
the span and an hour (for spans below a minute: and a minute). `live` is false: that is the market
data of practice and evaluation accounts (gateway-protocol 6).
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from math import gcd

from ...trading.broker import Urgency
from ...trading.errors import OffGrid, ProtocolError, Refused
from ...trading.events import Bar
from ...trading.instrument import Instrument
from ...trading.price import Price
from ..meaning.models import BarModel
from ..questions.answered import read
from ..questions.lookup import Lookup
from ..rest.requests import Body, stamp
from ..rest.rest import Rest
from ..rest.terms import Terms

_ENDPOINT = "History/retrieveBars"
_SECOND_NS, _MINUTE_NS, _HOUR_NS = 10**9, 60 * 10**9, 3600 * 10**9
_DAY_NS = 24 * _HOUR_NS
_MOST = 20_000  # bars in one answer
_CLOSED_NS = 5 * _DAY_NS  # a long week-end: so far back the last bar may be
_SEARCHED_NS = 400 * _DAY_NS  # longer than a contract is traded much
_PAGES_MOST = 20


class History:
    """Asks for bars. A request counts against the bucket of history, and waits for its turn."""

    def __init__(self, rest: Rest, lookup: Lookup, now_ns: Callable[[], int]) -> None:
        self._rest = rest
        self._lookup = lookup
        self._now_ns = now_ns

    async def bars(
        self,
        instrument: Instrument,
        span_ns: int,
        count: int,
        before_ns: int | None = None,
        from_ns: int = 0,
    ) -> Sequence[Bar]:
        """The last `count` finished bars that end no later than `before_ns` (None: now), oldest
        first, and start no earlier than `from_ns`.

        Fewer where there are no more within 400 days of the newest, or within three times as long
        as `count` of them last without a pause, if that is longer; and never more than 20 answers
        of 20 000 hold. Raises `Refused` for a span that cannot be.
        """
        unit, number, base_ns = _base(span_ns)
        contract_id = await self._lookup.id_of(instrument)
        end_ns = self._now_ns() if before_ns is None else before_ns
        end_ns -= end_ns % span_ns
        wanted, found = count * (span_ns // base_ns), dict[int, BarModel]()
        back_ns = 3 * wanted * base_ns + _CLOSED_NS
        from_ns = max(from_ns, end_ns - max(back_ns, _SEARCHED_NS), 0)
        from_ns -= from_ns % span_ns
        window_ns = 3 * min(wanted, _MOST) * base_ns + _CLOSED_NS
        for _ in range(_PAGES_MOST):
            limit = min(wanted - len(found) + span_ns // base_ns, _MOST)
            start_ns = max(end_ns - window_ns, from_ns)
            page = await self._page(contract_id, unit, number, limit, start_ns, end_ns)
            older = {
                bar.start_ns: bar
                for bar in page
                if from_ns <= bar.start_ns and bar.start_ns + base_ns <= end_ns
            }
            found |= older
            full, all_seen = len(page) >= limit, start_ns <= from_ns
            if len(found) >= wanted or (all_seen and not (full and older)):
                break
            # On from the oldest, whatever the window: nothing between two answers is skipped.
            end_ns = min(older) if older else start_ns + base_ns
            if not full:
                window_ns *= 4  # a contract may trade once in a long while
        whole = [found[start_ns] for start_ns in sorted(found)]
        return _grouped(instrument, span_ns, whole)[-count:] if count > 0 else []

    async def last_price(self, instrument: Instrument, how: Terms) -> Price | None:
        """The close of the newest minute, which may not be over; None where there is none."""
        contract_id = await self._lookup.id_of(instrument, **how.now())
        now_ns = self._now_ns() + _MINUTE_NS
        page = await self._page(
            contract_id, 2, 1, 1, now_ns - _CLOSED_NS, now_ns, partial=True, **how.now()
        )
        if not page:
            return None
        newest = max(page, key=lambda bar: bar.start_ns)
        return instrument.decimal(_units(instrument, newest.close))

    async def _page(
        self,
        contract_id: str,
        unit: int,
        number: int,
        limit: int,
        start_ns: int,
        end_ns: int,
        *,
        partial: bool = False,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> list[BarModel]:
        body: Body = {
            "contractId": contract_id,
            "live": False,
            "startTime": stamp(start_ns),
            "endTime": stamp(end_ns),
            "unit": unit,
            "unitNumber": number,
            "limit": limit,
            "includePartialBar": partial,
        }
        answer = await self._rest.call(_ENDPOINT, body, urgency=urgency, deadline_s=deadline_s)
        return read(BarModel, _ENDPOINT, answer, "bars")


def check_span(span_ns: int) -> None:
    """Raise `Refused` for a span of which there are no bars."""
    _base(span_ns)


def _base(span_ns: int) -> tuple[int, int, int]:
    """Unit and number of the gateway's bars that make up a span, and their length."""
    if span_ns < _SECOND_NS or span_ns % _SECOND_NS or _DAY_NS % span_ns:
        raise Refused(
            f"there are no bars of {span_ns / 1e9:g} s; ask for whole seconds that divide a day"
        )
    if span_ns % _MINUTE_NS:
        base_ns = gcd(span_ns, _MINUTE_NS)
        return 1, base_ns // _SECOND_NS, base_ns
    base_ns = gcd(span_ns, _HOUR_NS)
    if base_ns == _HOUR_NS:
        return 3, 1, base_ns
    return 2, base_ns // _MINUTE_NS, base_ns


def _grouped(instrument: Instrument, span_ns: int, models: list[BarModel]) -> list[Bar]:
    """Bars of a span from shorter ones, oldest first."""
    bars = []
    for index, group in groupby(models, key=lambda bar: bar.start_ns // span_ns):
        parts = list(group)
        ohlc = (
            _units(instrument, parts[0].open),
            _units(instrument, max(part.high for part in parts)),
            _units(instrument, min(part.low for part in parts)),
            _units(instrument, parts[-1].close),
        )
        volume = sum(part.volume for part in parts)
        bars.append(Bar(instrument, index * span_ns, span_ns, ohlc, volume))
    return bars


def _units(instrument: Instrument, price: object) -> int:
    try:
        return instrument.units(price)  # type: ignore[arg-type]  # a Decimal, as models read it
    except OffGrid as error:
        raise ProtocolError(f"{_ENDPOINT}: {error}") from error
