"""The demo: brackets on a generated morning, and the story of one of them, from broker truth."""

from collections.abc import Callable
from datetime import UTC, datetime

from ..scenarios import synthetic
from ..trading.instruments import find
from ..trading.order import ExecutionReport
from ..trading.orders import tags
from ..trading.price import price_text
from ..trading.words import ExecType, OrdType
from .backtest import Backtest
from .demo_strategy import JoinTheTrend
from .report.report import Report
from .report.text import seconds

SEED, SIZE = 23, 8
_ROOT, _HOURS = "ES", "08:30-12:00"
_PARTS_WANTED = 3

Story = list[ExecutionReport]


def run_demo(
    seed: int = SEED, size: int = SIZE, progress: Callable[[float], None] | None = None
) -> tuple[Report, Story]:
    """Run the demo's strategy; its report, and every execution report in the order it was told."""
    story: Story = []
    market = synthetic(find(_ROOT), seed=seed, hours=_HOURS)
    backtest = Backtest(
        JoinTheTrend,
        market,
        instrument=_ROOT,
        latency="live",
        fees="topstepx",
        params={"size": size, "story": story},
        seed=seed,
    )
    return backtest.run(progress), story


def tell(story: Story) -> list[str]:
    """The time line of one bracket, preferably one whose entry was filled in several parts."""
    intent = _chosen(story)
    mine = [r for r in story if _tag(r).intent == intent]
    # The client hears of things in another order than they happened in; told is what happened.
    mine.sort(key=lambda report: report.order.time_ns)
    teller = _Teller()
    return [line for report in mine if (line := teller.line(report))]


def _chosen(story: Story) -> str:
    parts: dict[str, int] = {}
    for report in story:
        tag = _tag(report)
        if tag.role == "entry" and report.exec_type is ExecType.TRADE:
            parts[tag.intent] = parts.get(tag.intent, 0) + 1
    several = [intent for intent, n in parts.items() if n >= _PARTS_WANTED]
    most = sorted(parts, key=lambda intent: -parts[intent])
    return [*several, *most, ""][0]


def _tag(report: ExecutionReport) -> tags.Tag:
    return tags.parse(report.order.cl_ord_id) or tags.Tag("", "", 0)


class _Teller:
    """Follows one bracket and puts each report into words."""

    def __init__(self) -> None:
        self._held = 0
        self._covered = 0
        self._bare_since_ns: int | None = None

    def line(self, report: ExecutionReport) -> str:
        """One line of the time line; empty for what a reader need not know."""
        order, role = report.order, _tag(report).role
        was_bare = self._bare_since_ns
        self._follow(report, role)
        words = self._words(report)
        if not words:
            return ""
        state = self._state(was_bare, order.time_ns)
        return f"{_clock(order.time_ns)}  {role:<6}  {words:<34} {state}"

    def _follow(self, report: ExecutionReport, role: str) -> None:
        order = report.order
        if report.exec_type is ExecType.TRADE:
            self._held += report.last_qty if role == "entry" else -report.last_qty
        if role == "stop":
            self._covered = order.leaves_qty
        bare = self._held > self._covered
        if not bare:
            self._bare_since_ns = None
        elif self._bare_since_ns is None:
            self._bare_since_ns = order.time_ns

    def _words(self, report: ExecutionReport) -> str:
        order = report.order
        price = order.stop_px if order.ord_type is OrdType.STOP else order.price
        at = "the market" if price is None else price_text(price)
        side = order.side.name.lower()
        if report.exec_type is ExecType.TRADE:
            assert report.last_px is not None
            return (
                f"filled {report.last_qty} at {price_text(report.last_px)}, "
                f"{order.cum_qty} of {order.order_qty}"
            )
        return {
            ExecType.NEW: f"{side} {order.order_qty} at {at} is working",
            ExecType.REPLACED: f"now for {order.order_qty} at {at}",
            ExecType.TRIGGERED: f"set off at {at}",
            ExecType.CANCELED: f"cancelled, {order.order_qty - order.cum_qty} not filled",
            ExecType.REJECTED: f"refused: {order.text}",
        }.get(report.exec_type, "")

    def _state(self, was_bare_ns: int | None, now_ns: int) -> str:
        bare = self._held - self._covered
        if self._held <= 0:
            return "flat"
        if bare > 0:
            return f"{self._held} held, {bare} without a stop"
        after = "" if was_bare_ns is None else f" after {seconds((now_ns - was_bare_ns) / 1e9)}"
        return f"{self._held} held, all protected{after}"


def _clock(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // 10**9, UTC)
    return f"{moment:%H:%M:%S}.{ns // 10**6 % 1000:03}"
