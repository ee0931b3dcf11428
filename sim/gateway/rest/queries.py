"""Searches in an account's orders and trades, by the times that clients are shown."""

from typing import Any

from ...desk.orders import OrderRecord
from ..venue.paper_account import PaperAccount
from ..words.wire_models import Wire, contract_id
from ..words.wire_view import WireView
from .bodies import Query, moment_ns, until_ns

_BY_ID, _ASCENDING = 1, 0


def orders_between(
    view: WireView, account: PaperAccount, from_ns: int | None, to_ns: int | None
) -> list[Wire]:
    """Orders by when they were made, both ends included, oldest first, whatever their status."""
    found = _made_between(view, account.records(), from_ns, to_ns)
    return [view.order(record, account.id) for record in found]


def trades_between(
    view: WireView, account: PaperAccount, from_ns: int | None, to_ns: int | None
) -> list[Wire]:
    """Half turns by when they were made, both ends included, newest first."""
    found = [
        turn
        for turn in account.turns.all
        if _within(view.shown_ns(turn.fill.time_ns), from_ns, to_ns)
    ]
    return [view.half_turn(turn.fill, account.id, turn.profit) for turn in reversed(found)]


def query(view: WireView, account: PaperAccount, body: Query) -> dict[str, Any]:
    """What `Order/v2/query` answers: filtered, sorted, a page of it. The offset counts orders, and
    without a size the page has all of them."""
    wanted = body.filter
    after, before = wanted.created_after, wanted.created_before
    from_ns = None if after is None else moment_ns(after, "filter.createdAfter")
    to_ns = None if before is None else until_ns(before, "filter.createdBefore")
    records = _made_between(view, account.records(), from_ns, to_ns)
    if wanted.contract_id is not None:
        contract = wanted.contract_id.lower()
        records = [
            record
            for record in records
            if contract_id(record.request.instrument).lower() == contract
        ]
    models = [view.order(record, account.id) for record in records]
    if wanted.statuses:
        models = [model for model in models if model["status"] in wanted.statuses]
    if body.sort_by == _BY_ID:
        models.sort(key=lambda model: int(model["id"]))
    if body.sort_direction != _ASCENDING:
        models.reverse()  # they are in the order in which they were made
    end = None if body.page_size is None else body.page_offset + body.page_size
    answer: dict[str, Any] = {"orders": models[body.page_offset : end]}
    if body.include_total_count:
        answer["totalCount"] = len(models)
    return answer


def _made_between(
    view: WireView, records: list[OrderRecord], from_ns: int | None, to_ns: int | None
) -> list[OrderRecord]:
    return [r for r in records if _within(view.shown_ns(r.entered_ns), from_ns, to_ns)]


def _within(at_ns: int, from_ns: int | None, to_ns: int | None) -> bool:
    return (from_ns is None or from_ns <= at_ns) and (to_ns is None or at_ns <= to_ns)
