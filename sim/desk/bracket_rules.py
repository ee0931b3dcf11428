"""What the simulated account does with a stop and a target that are attached to an entry.

Known of the real gateway: who may attach, the signs, the least distance, that a close leaves them
working. What is not known is a switch with its default (gateway-protocol 7.3 and 14).
"""

from typing import Literal

from msgspec import Struct

from ...trading.errors import Refused
from ...trading.order import OrderRequest
from ...trading.price import Ticks
from ...trading.words import Reason, Side


class BracketRules(Struct, frozen=True, kw_only=True):
    """The account's rules for brackets of the broker's own.

    `auto_oco`: the account is in the mode that takes them; off, it is in Position Brackets mode,
    and an entry that carries them is refused. `stop_ticks_least`: the least distance of the stop,
    4 as recorded live.

    Unknown of the real service, so chosen: `opens`, when the children of an entry that fills in
    parts begin to work, with `each fill` and growing, or once the entry is `complete`; the former,
    because nothing is bare then. `shrinks`: a child that fills in part makes its sibling as much
    smaller, so that both never close more than is held. `close_cancels`: closing the position takes
    its children away; off, because it was seen to leave them working.
    """

    auto_oco: bool = True
    stop_ticks_least: int = 4
    opens: Literal["each fill", "complete"] = "each fill"
    shrinks: bool = True
    close_cancels: bool = False


def check_attached(request: OrderRequest, rules: BracketRules | None) -> None:
    """Raise `Refused` for an entry that carries what the account does not take, in the gateway's
    words where they were recorded. None: a broker that knows of no such thing."""
    attached = request.attached
    if attached is None:
        return
    if rules is None:
        raise Refused(
            "this broker keeps no stop and target for an entry", reason=Reason.NOT_SUPPORTED
        )
    if not rules.auto_oco:
        raise _refused(
            "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets."
        )
    if attached.stop is not None:
        _check_stop(request.side, attached.stop, rules.stop_ticks_least)
    if attached.target is not None and attached.target.n * request.side.sign <= 0:
        must = "greater than zero when longing"
        if request.side is Side.SELL:
            must = "less than zero when going short"
        raise _refused(f"Invalid take profit ticks ({attached.target.n}). Ticks should be {must}.")


def _check_stop(side: Side, stop: Ticks, least: int) -> None:
    if side is Side.BUY and stop.n >= 0:
        raise _refused(
            f"Invalid stop loss ticks ({stop.n}). Ticks should be less than zero when longing."
        )
    if -side.sign * stop.n < least:
        raise _refused(
            f"Invalid stop loss ticks ({stop.n}). Stop loss tick value should be at least "
            f"{least} ticks."
        )


def _refused(text: str) -> Refused:
    return Refused(text, reason=Reason.BRACKET_REFUSED)
