"""Whether what the broker says of an order is older than what we know of it (INV-17)."""

from ..order import ExecutionReport, OrderState
from ..words import ExecType, OrdStatus

_ENTERING = {
    ExecType.SUSPENDED: (OrdStatus.PENDING_NEW,),
    ExecType.NEW: (OrdStatus.PENDING_NEW, OrdStatus.SUSPENDED),
}
"""Reports that tell of a beginning, and the states in which they are news."""


def is_old_report(status: OrdStatus, cum_qty: int, report: ExecutionReport) -> bool:
    """Whether a report tells of an earlier state than `status` with `cum_qty` filled."""
    # A cancel may carry less than was filled (market-facts 4, [20]: CME sends 0); it is no old
    # news for that. A working state with less than we know is.
    state, begins = report.order, _ENTERING.get(report.exec_type)
    behind = state.cum_qty < cum_qty and not state.ord_status.terminal
    return status.terminal or behind or (begins is not None and status not in begins)


def is_old_state(status: OrdStatus, cum_qty: int, time_ns: int, state: OrderState) -> bool:
    """Whether a look shows an earlier state than `status` with `cum_qty` filled at `time_ns`."""
    behind = (state.cum_qty, state.time_ns) < (cum_qty, time_ns)
    waits = status in _ENTERING[ExecType.NEW]
    return status.terminal or behind or (state.ord_status is OrdStatus.SUSPENDED and not waits)
