"""A broker that does what a script says, and the language the scripts are written in.

One line is one thing that happens; times pass only in `wait`:

    do …                        the trader: place, bracket, modify, cancel, flatten, protect, close,
                                guard, unguard, exit (a position or a part of it), cancel_all,
                                flatten_all, kill, release, wind_down
    do oco …                    sell 2 limit 20010 | sell 2 stop 19990 [like OCO] [refused cancel]
    do oto buy 2 | sell 2 …     the first of them sends the others out; `do link 1#1 2#1`
    do group 1                  wait until group 1 is done; `do end 1` takes it away
    > place 1#1 buy 2 market    the manager must send exactly this now, and nothing else
    x fill 1#1 2 @ 20000        it happens at the exchange; the event is on its way
    < told                      the oldest event on its way arrives
    < fill 1#1 2 @ 20000        both at once; `< again`: the last event once more
    < ack 1#1                   the request in flight for this order is answered: done
    < refuse 1#1 TOO_LATE       … refused; `< lost 1#1`: no answer
    < late ack 1#1              the oldest request that was made again meanwhile is answered
    < found 1#1                 … a look: the order as it is; `< none 1#1`: no such order
    < unsent 1#1                … it never left; `< limited 1#1 3`: 429, in 3 seconds again
    > ask open                  a question of a round (fills, open, orders, positions)
    < shown                     all questions in flight are answered, by `x snapshot` or as it is;
                                `< shown fills`: one alone, of a round broken off before others
    x rests web-1 sell 1 20010  an order of somebody else's
    x child 1.stop#1 sell 2 stop 19990      the broker attaches an order; suspended without a price
    x drop                      the oldest event on its way is lost; `x time 90`: broker's seconds
    x hand sell 1 @ 20000       somebody else trades, unheard; `x forget`: no question shows it
    < void 1#1 x1               a fill is taken back (the last one); `x unname`: not said which,
                                `x unhand`: one of somebody else's; `< holds 3`: a position is told
    < stream down               the stream's state; `up`, `up gap`
    do die, do live, …          the process ends, or begins: `life_acts`; `x never 1#1`: not there
    wait 0.25                   seconds of the manager's clock
    = refused RefusedByUs       the last thing the trader did was refused
    = position 2                what must be true now; see `Stage.check`
"""

import asyncio

import pytest
from life_acts import LIVES, act_on_life
from position_acts import ACTS, act_on_position
from scripted_broker import ASKS, LOSSY, MNQ, NATIVE, OFFERS, ScriptedBroker

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.broker import StreamState
from dryfill.trading.errors import RefusedByUs
from dryfill.trading.order import Buy, Sell
from dryfill.trading.orders.brackets.plan import Rules
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.orders.settings import OrderSettings
from dryfill.trading.price import Ticks
from dryfill.trading.words import ContingencyType, Reason, TradingStatus

RULES = {
    "even": "break_even",
    "plus": "break_even_plus",
    "follow": "trail",
    "timeout": "entry_timeout",
}


class Draws:
    """A stream of one number."""

    def __init__(self, number):
        self.number = number

    def random(self):
        return self.number


class Listener:
    """Keeps what it is told, as one line each."""

    def __init__(self):
        self.lines = []

    def on_report(self, order, report):
        self.lines.append(f"{report.exec_type.name} {order.cl_ord_id}")

    def on_fill(self, order, fill):
        self.lines.append(f"fill {fill.qty} @ {fill.px}")

    def on_position(self, position):
        self.lines.append(f"position {position.qty}")

    def on_incident(self, incident):
        self.lines.append(f"incident {incident.kind}")


class Stage:
    """One manager, one scripted broker, and what the trader holds."""

    def __init__(self, settings=None, offers=OFFERS, *, tagged=True, draw=0.0, journal=None):
        self.broker = ScriptedBroker(offers, tagged=tagged)
        self.listener = Listener()
        self.journal = journal
        self.begin = lambda: OrderManager(
            self.broker,
            self.listener,
            now_ns=lambda: 0,
            settings=settings or OrderSettings(),
            random=Draws(draw),
            journal=self.journal,
        )
        self.manager = self.begin()
        self.orders = {}
        self.brackets = {}
        self.guards = []
        self.closes = {}
        self.groups = {}
        self.tasks = {}
        self.refusal = None

    def order(self, tag):
        owners = (self.brackets, self.groups, self.closes)
        known = (each for known in owners for each in known.values())
        for owner in (*self.guards, *known, *self.manager.view.brackets):
            for order in owner.orders():
                self.orders[order.cl_ord_id] = order
        return self.manager._outbox.orders.find(tag, "") or self.orders[tag]

    async def play(self, script):
        for number, raw in enumerate(script.splitlines(), 1):
            line = raw.partition("--")[0].strip()
            if not line:
                continue
            try:
                await self.line(line)
            except AssertionError as error:
                raise AssertionError(f"line {number}: {line}\n{error}") from error
        assert not self.broker.sent, f"sent and not in the script: {list(self.broker.sent)}"
        assert self.refusal is None, f"refused and not in the script: {self.refusal}"

    async def line(self, line):
        mark, *words = line.split()
        if mark == ">":
            assert self.broker.sent, "nothing was sent"
            sent = self.broker.sent.popleft()
            assert sent == " ".join(words), f"sent instead: {sent}"
            return
        if mark != "=":
            assert not self.broker.sent, f"sent before: {list(self.broker.sent)}"
        if mark == "wait":
            await asyncio.sleep(float(words[0]))
        elif mark == "do":
            self.do(*words)
        elif mark == "=":
            self.check(*words)
        else:
            self.hear(mark, *words)
        await settle()

    def hear(self, mark, what, *words):
        if what == "late":
            how, tag, *reason = words
            self.broker.answer(how, tag, Reason[reason[0]] if reason else Reason.NONE, late=True)
        elif what == "told":
            self.broker.tell()
        elif what == "again":
            self.broker.sink(self.broker.told)
        elif what in ("ack", "lost", "found", "none"):
            self.broker.answer(what, words[0])
        elif what == "refuse":
            self.broker.answer(what, words[0], Reason[words[1]])
        elif what in ("unsent", "limited"):
            self.broker.answer(what, words[0], float(words[1]) if len(words) > 1 else 0)
        elif what == "shown":
            self.broker.answer_all(*words)
        elif what == "snapshot":
            self.broker.snapshots = {name: self.broker.show(name) for name in words or ASKS[:2]}
        elif what == "hand":  # somebody else trades on the account
            self.broker.by_hand(words[0], int(words[1]), words[3])
        elif what in ("drop", "swap", "unhand", "unname", "holds", "forget"):
            getattr(self.broker, what)(*map(int, words))
        elif what == "rests":  # an order of somebody else's
            self.broker.rests(words[0], words[1], int(words[2]), words[3])
        elif what == "never":
            del self.broker.truth[words[0]]
        elif what == "time":
            self.broker.time_ns = int(words[0]) * 10**9
        elif what == "child":
            self.broker.attach(*words)
            if mark == "<":
                self.broker.tell()
        elif what == "stream":
            self.broker.sink(StreamState(up=words[0] == "up", gap="gap" in words))
        elif what == "status":
            self.manager.on_status(MNQ, TradingStatus[words[0]])
        else:
            self.broker.happen(what, words[0], words[1:])
            if mark == "<":
                self.broker.tell()

    def do(self, *words):
        try:
            self.act(*words)
        except RefusedByUs as refusal:
            self.refusal = refusal

    def act(self, what, *words):
        if what in ("place", "bracket"):
            side, qty, *rest = words
            numbers = dict(zip(rest[::2], rest[1::2], strict=True))
            levels = {k: level(numbers.pop(k)) for k in ("loss", "target") if k in numbers}
            rules = {RULES[k]: rule(k, numbers.pop(k)) for k in RULES if k in numbers}
            if "trail" in numbers:
                numbers["trail"] = Ticks(int(numbers["trail"]))
            spec = {"buy": Buy, "sell": Sell}[side](int(qty), **numbers)
            if what == "place":
                order = self.manager.place(MNQ, spec)
                self.orders[order.cl_ord_id] = order
                self.run(f"place {order.cl_ord_id}", order.accepted())
            else:
                bracket = self.manager.bracket(
                    MNQ,
                    spec,
                    stop=levels["loss"],
                    target=levels.get("target"),
                    rules=Rules(**rules),
                )
                self.brackets[bracket.intent] = bracket
        elif what in ("oco", "oto", "link"):
            self.act_on_group(what, " ".join(words))
        elif what == "group":
            self.run(f"group {words[0]}", self.groups[words[0]].done(*map(float, words[1:])))
        elif what == "end":
            self.groups[words[0]].cancel()
        elif what == "modify":
            tag, *rest = words
            changes = dict(zip(rest[::2], rest[1::2], strict=True))
            if "qty" in changes:
                changes["qty"] = int(changes["qty"])
            self.run(f"modify {tag}", self.manager.modify_and_wait(self.order(tag), **changes))
        elif what == "cancel":
            self.run(f"cancel {words[0]}", self.manager.cancel(self.order(words[0])))
        elif what == "flatten":
            self.run(" ".join(("flatten", *words)), self.manager.flatten(MNQ))
        elif what == "protect":
            timeout = float(words[1]) if len(words) > 1 else None
            bracket = self.brackets[words[0]]
            self.run(f"protect {words[0]}", bracket.protected(timeout))
        elif what == "move":
            intent, leg, where, *loosen = words
            bracket, how = self.brackets[intent], {"loosen": bool(loosen)}
            if leg == "stop":
                moving = bracket.move_stop(level(where), **how)
            else:
                moving = bracket.move_target(level(where), nth=int(leg), **how)
            self.run(f"move {intent} {leg}", moving)
        elif what == "give_up":  # the caller goes away
            self.tasks[" ".join(words)].cancel()
        elif what in ACTS:
            act_on_position(self, what, words, level)
        elif what == "release":
            self.manager.release()
        elif what == "wind_down":
            self.run("wind_down", self.manager.wind_down())
        elif what in LIVES:
            act_on_life(self, what, words)
        elif what == "last_call":
            self.manager.last_call()
        else:
            assert what == "close", what
            self.manager.close()

    def act_on_group(self, what, text):
        said = {"like": None, "refused": None}
        while text.split()[-2:-1] and text.split()[-2] in said:
            text, key, value = text.rsplit(maxsplit=2)
            said[key] = value
        how = {"contingency": said["like"] and ContingencyType[said["like"]]}
        if what == "link":
            group = self.manager.link([self.order(tag) for tag in text.split()], **how)
        else:
            how["if_refused"] = said["refused"]
            specs = [spec_of(words.split()) for words in text.split("|")]
            if what == "oto":
                then = specs[1] if len(specs) == 2 else specs[1:]
                group = self.manager.oto(MNQ, specs[0], then, **how)
            else:
                group = self.manager.oco(MNQ, specs, **how)
        self.groups[group.intent] = group

    def run(self, name, coro):
        self.tasks[name] = asyncio.ensure_future(coro)

    def check(self, what, *words):
        said = " ".join(words)
        if what == "position":
            found = str(self.manager.view.held(MNQ))
        elif what == "status":
            said, found = words[1], self.order(words[0]).status.name
        elif what == "phase":
            said, found = words[1], self.groups[words[0]].phase.value
        elif what == "stands":
            said, found = said.partition(" ")[2], str(self.groups[words[0]].outcome)
        elif what == "working":
            found = " ".join(o.cl_ord_id for o in self.manager.view.orders_of(MNQ))
        elif what == "incidents":
            found = " ".join(i.kind for i in self.manager.view.incidents)
        elif what == "timers":
            found = str(self.manager.view.timers)
        elif what == "each":  # of a cancel-all, by order
            results = self.tasks["cancel_all"].result().results
            found = " ".join(f"{order.cl_ord_id}:{result}" for order, result in results.items())
        elif what == "bare":
            found = " ".join(o.intent for o in self.manager._owners.all() if o.bare)
        elif what == "differences":
            found = " ".join(d.what for d in self.manager.view.differences)
        elif what == "recovered":
            found = str(self.tasks["recover"].done()).lower()
        elif what == "fills":
            said, found = words[1], str(len(self.order(words[0]).fills))
        elif what == "prices":  # instruments whose prices are taken in
            found = " ".join(each.symbol for each in self.manager.stops.instruments())
        elif what == "heard":
            found = self.listener.lines[-1]
        elif what == "waiting":
            found = " ".join(name for name, task in self.tasks.items() if not task.done())
        elif what == "refused":
            found, self.refusal = type(self.refusal).__name__, None
        else:
            assert what == "got", what
            name, _, said = said.partition(" -> ")
            task = self.tasks[name]
            assert task.done(), f"{name} still waits"
            error = task.exception()
            found = f"{type(error).__name__}" if error else str(task.result())
        assert found == said, f"found: {found}"


def spec_of(words):
    """An order as a trader writes it: `sell 2 limit 20010`."""
    side, qty, *rest = words
    numbers = dict(zip(rest[::2], rest[1::2], strict=True))
    return {"buy": Buy, "sell": Sell}[side](int(qty), **numbers)


def level(text):
    """`40t` is a distance, `20t,40t` are several, `2:20t,1:40t` say for how many contracts."""
    if "," in text:
        return [level(each) for each in text.split(",")]
    if ":" in text:
        qty, where = text.split(":")
        return int(qty), level(where)
    return Ticks(int(text[:-1])) if text.endswith("t") else text


def rule(name, text):
    return float(text) if name == "timeout" else level(text)


async def settle():
    """Let everything run that can run without time passing."""
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.fixture
def play():
    """Play a script on a manager, `then` call something with the stage; returns the stage."""

    def run(script, settings=None, offers=OFFERS, *, then=None, **how):
        async def main():
            await asyncio.sleep(64)  # what happens at 0 is as old as it is late
            stage = Stage(settings, offers, **how)
            await stage.play(script)
            if then is not None:
                then(stage)
            return stage

        return run_virtual(main(), origin_ns=0)

    return run


@pytest.fixture
def mnq():
    return MNQ


@pytest.fixture
def stage_kind():
    return Stage


@pytest.fixture
def offers():
    return OFFERS


@pytest.fixture
def native():
    """What a broker offers that keeps a bracket's legs."""
    return NATIVE


@pytest.fixture
def lossy():
    return LOSSY
