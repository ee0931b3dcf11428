"""The lifecycle of an order, as one table. The diagram in the docs is generated from it.

`NEXT[(status, what happened)]` is the set of states an order may be in afterwards. A step that is
not in the table raises and changes nothing. PENDING states are the client's own: they say that a
request of ours is on its way, and the venue's word replaces them.
"""

from .errors import ProtocolError
from .words import ExecType, OrdStatus

_S, _E = OrdStatus, ExecType
_LIVE = (_S.NEW, _S.PARTIALLY_FILLED, _S.SUSPENDED, _S.PENDING_CANCEL, _S.PENDING_REPLACE)

NEXT: dict[tuple[OrdStatus, ExecType], frozenset[OrdStatus]] = {
    (_S.PENDING_NEW, _E.NEW): frozenset({_S.NEW}),
    (_S.PENDING_NEW, _E.SUSPENDED): frozenset({_S.SUSPENDED}),
    (_S.SUSPENDED, _E.NEW): frozenset({_S.NEW}),
    (_S.PENDING_NEW, _E.REJECTED): frozenset({_S.REJECTED}),
    # Set off as soon as it was there, and told of that before it was told that it is there.
    (_S.PENDING_NEW, _E.TRIGGERED): frozenset({_S.NEW, _S.PARTIALLY_FILLED}),
    (_S.PENDING_NEW, _E.TRADE): frozenset({_S.PARTIALLY_FILLED, _S.FILLED}),
    (_S.PENDING_NEW, _E.CANCELED): frozenset({_S.CANCELED}),
    (_S.PENDING_NEW, _E.EXPIRED): frozenset({_S.EXPIRED}),
    **{(s, _E.TRADE): frozenset({_S.PARTIALLY_FILLED, _S.FILLED}) for s in _LIVE},
    **{(s, _E.TRIGGERED): frozenset({_S.NEW, _S.PARTIALLY_FILLED}) for s in _LIVE},
    **{(s, _E.REPLACED): frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED}) for s in _LIVE},
    **{(s, _E.CANCEL_REJECTED): frozenset({_S.NEW, _S.PARTIALLY_FILLED}) for s in _LIVE},
    **{(s, _E.REPLACE_REJECTED): frozenset({_S.NEW, _S.PARTIALLY_FILLED}) for s in _LIVE},
    **{(s, _E.CANCELED): frozenset({_S.CANCELED}) for s in _LIVE},
    **{(s, _E.EXPIRED): frozenset({_S.EXPIRED}) for s in _LIVE},
    **{(s, _E.REJECTED): frozenset({_S.REJECTED}) for s in _LIVE},
    # A fill that is taken back leaves an order where it is: one that is over stays as it ended, and
    # what works may be one of which nothing is filled.
    (_S.PENDING_NEW, _E.TRADE_CANCEL): frozenset({_S.NEW, _S.PARTIALLY_FILLED}),
    **{(s, _E.TRADE_CANCEL): frozenset({_S.NEW, _S.PARTIALLY_FILLED}) for s in _LIVE},
    **{(s, _E.TRADE_CANCEL): frozenset({s}) for s in (_S.FILLED, _S.CANCELED, _S.EXPIRED)},
}

_NOWHERE: frozenset[OrdStatus] = frozenset()


def step(status: OrdStatus, happened: ExecType, to: OrdStatus) -> OrdStatus:
    """The state after `happened`, if the table allows it.

    Raises `ProtocolError` naming the step otherwise; a terminal state allows none but the one that
    takes a fill back and leaves it as it is.
    """
    if to not in NEXT.get((status, happened), _NOWHERE):
        raise ProtocolError(f"no order goes from {status.name} to {to.name} by {happened.name}")
    return to


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow for each step, in the table's order."""
    lines = ["stateDiagram-v2", "    [*] --> PENDING_NEW"]
    for (status, happened), nexts in NEXT.items():
        for after in sorted(nexts):
            lines.append(f"    {status.name} --> {after.name}: {happened.name}")
    ends = [s for s in OrdStatus if s.terminal]
    lines += [f"    {s.name} --> [*]" for s in ends]
    return "\n".join(lines)


def page() -> str:
    """The page docs/order-lifecycle.md: `python -m dryfill.trading.lifecycle` prints it."""
    return f"""# The lifecycle of an order

Made from the table in `trading/lifecycle.py` by `python -m dryfill.trading.lifecycle`; change the
table, not this page. An arrow carries what happened (FIX ExecType); `PENDING_CANCEL` and
`PENDING_REPLACE` are the client's own states while a request of ours is on its way, and the venue's
word replaces them. What is not drawn is refused.

```mermaid
{diagram()}
```
"""


if __name__ == "__main__":
    print(page(), end="")
