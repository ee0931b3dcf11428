"""The gateway's answers to questions as the port's values.

What cannot be read raises `ProtocolError`: half an answer would be taken for evidence of what is
not in it.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec import Struct

from ...trading.errors import ProtocolError
from ...trading.order import Execution
from ..meaning.inference import SIDES, fee, on_grid
from ..meaning.models import TradeModel, Unreadable, read_model
from ..meaning.shapes import models
from ..rest.rest import Answer

M = TypeVar("M", bound=Struct)


def read(kind: type[M], endpoint: str, answer: Answer, member: str) -> list[M]:
    """The models of an answer's member, in its order; one or many."""
    found: Any = answer.get(member)
    try:
        return [read_model(kind, low) for low in models(found)]
    except Unreadable as error:
        raise ProtocolError(f"{endpoint}: {error}") from error


def executions(
    trades: Iterable[TradeModel], instruments: dict[str, Any], tags: dict[str, str]
) -> list[Execution]:
    """Fills, oldest first, voided ones among them. `tags`: client tags by the broker's order id."""
    found = []
    for trade in trades:
        instrument, order_id = instruments[trade.contract_id], str(trade.order_id)
        try:
            found.append(
                Execution(
                    exec_id=str(trade.id),
                    instrument=instrument,
                    order_id=order_id,
                    cl_ord_id=tags.get(order_id, ""),
                    side=SIDES[trade.side],
                    qty=trade.size,
                    px=on_grid(instrument, trade.price),
                    time_ns=trade.created_ns,
                    fee=fee(trade),
                    voided=trade.voided,
                )
            )
        except (Unreadable, KeyError) as error:
            raise ProtocolError(f"Trade/search: trade {trade.id}: {error!r}") from error
    return sorted(found, key=lambda fill: (fill.time_ns, int(fill.exec_id)))
