"""What must be true once nothing moves any more, by the exchange's books (fault-model 2)."""

from collections import Counter

from dryfill.trading import instruments
from dryfill.trading.errors import Refused, UsageError
from dryfill.trading.orders import tags
from dryfill.trading.orders.brackets.plan import roles
from dryfill.trading.words import OrdStatus, Side

MNQ = instruments.find("MNQ")
TRAIL = 8
SEEN = Counter()  # how often each premise came true


class Judged:
    """Judges of a life: its `exchange`, `manager`, `ear`, and what the trader asked for."""

    def judge(self):
        exchange, manager = self.exchange, self.manager
        assert manager.view.held(MNQ) == exchange.position
        view = {o.cl_ord_id: (o.cum_qty, o.order_qty) for o in manager.view.orders_of(MNQ)}
        assert view == {s.cl_ord_id: (s.cum_qty, s.order_qty) for s in exchange.working}  # INV-07
        for tag, state in exchange.truth.items():
            assert self.ear.filled[tag] == state.cum_qty, tag  # INV-06
            assert self.ear.ends[tag] == state.ord_status.terminal, tag  # INV-05
        for intent, bracket in self.brackets.items():
            SEEN["an entry was late"] += bracket._time.late
            self.judge_bracket(intent, bracket)
        self.judge_hands()
        for order, task in self.cancels:
            self.judge_cancel(order, task.result())
        assert all(task.result().ok for task in self.flattens)
        for task in self.moves:
            assert task.done(), "a move still waits"
            error = task.exception()
            assert error is None or isinstance(error, UsageError | Refused), error
            SEEN[f"a move of the trader's: {type(error).__name__}"] += 1

    def judge_bracket(self, intent, bracket):
        exchange = self.exchange
        if not exchange.is_bracket(intent):
            assert bracket.finished
            return
        working = {
            tags.parse(s.cl_ord_id).role: s
            for s in exchange.working
            if tags.parse(s.cl_ord_id).intent == intent
        }
        held = exchange.net(intent) - bracket.taken
        if intent not in {b.intent for b in self.manager.view.brackets_of(MNQ)}:
            assert not working, f"orphans of {intent}: {working}"  # INV-03
            assert held == 0 or bracket.mode.value == "released"
            return
        assert held >= 0, f"{intent} closed {-held} too much"  # INV-04
        assert working.keys() <= {"entry", "stop", *roles(bracket.plan)}
        if held:
            SEEN["protected at rest"] += 1
            assert working["stop"].leaves_qty == held  # INV-02
            assert working["stop"].side is bracket.plan.side.opposite
            self.judge_targets(intent, bracket, working, held)
            self.judge_rules(intent, bracket, working["stop"])
        else:
            assert working.keys() == {"entry"}

    def judge_hands(self):
        """INV-21: what orders of no bracket closed is off the brackets, and nothing else is."""
        brackets, position = self.brackets.values(), self.exchange.position
        unowned = position - sum(bracket.position for bracket in brackets)
        kept = [bracket for bracket in brackets if bracket.mode.value != "released"]
        assert all(unowned * bracket.position >= 0 for bracket in kept), unowned
        strange, off = Counter(), Counter()
        for state in self.exchange.truth.values():
            tag = tags.parse(state.cl_ord_id)
            if tag is None or tag.intent not in self.brackets:
                strange[state.side] += state.cum_qty
        for bracket in kept:
            SEEN["other hands closed of a bracket"] += bracket.taken > 0
            off[bracket.plan.side.opposite] += bracket.taken
        assert all(off[side] <= strange[side] for side in off), (off, strange)
        taken = sum(b.plan.side.sign * b.taken for b in brackets)  # those let go offset each other
        assert -strange[Side.BUY] <= taken <= strange[Side.SELL], (taken, strange)

    def judge_targets(self, intent, bracket, working, held):
        """Each target has open what is its own of the fills, nearest first; all together never
        more than is held, and exactly that where none is missing and no stop filled."""
        names, targets = roles(bracket.plan), bracket.plan.targets
        filled = Counter()
        for state in self.exchange.truth.values():
            tag = tags.parse(state.cl_ord_id)
            filled[tag.role] += state.cum_qty if tag.intent == intent else 0
        sizes = [target.qty for target in targets[:-1]] + [10**6]
        ends = [min(sum(sizes[: n + 1]), filled["entry"]) for n in range(len(sizes))]
        for n, name in enumerate(names):
            share = ends[n] - (ends[n - 1] if n else 0)
            if name in working:
                assert working[name].leaves_qty <= share - filled[name], name
        together = sum(working[name].leaves_qty for name in names if name in working)
        assert together <= held
        gone = any(leg.dropped or leg.failures for leg in bracket._targets)
        if not gone and not filled["stop"] and not filled["exit"]:
            SEEN["several targets at rest"] += len(names) > 1
            assert together == held

    def judge_rules(self, intent, bracket, stop):
        """A stop that trails is never further from the best price that was told than its trail."""
        if intent in self.best and bracket.plan.rules.trail is not None:
            SEEN["a trailing stop at rest"] += 1
            far = bracket.plan.side.sign * (self.best[intent] - stop.stop_px)
            assert far <= TRAIL * MNQ.tick, f"{intent}: {far} behind {self.best[intent]}"

    def judge_cancel(self, order, result):
        """INV-10."""
        state = self.exchange.truth[order.cl_ord_id]
        SEEN[f"cancel: {result.state}"] += 1
        back = self.exchange.voided(order.cl_ord_id)  # some of it after the cancel
        assert 0 <= result.filled - state.cum_qty <= back
        assert (result.state == "cancelled") == (state.ord_status is OrdStatus.CANCELED)
        assert (result.state == "already_filled") == (state.ord_status is OrdStatus.FILLED)
