"""One bracket by somebody's program, at a twin on which a fault is armed: what the program says,
and what the account has afterwards, by the twin's own books."""

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from twin_world import CONTRACT, KEY, setup_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.gateway.hubs.hub_link import LinkSettings
from dryfill.trading.words import OrdType

SCRIPTS = Path(__file__).resolve().parent.parent / "clients"
MARKET = "\n".join(
    f"{ms} quote 80000x50 80001x70\n{ms} trade 80000x1 seller" for ms in range(0, 200_000, 250)
)
AFTER_S, LOOK_S = 3.0, 0.02


@dataclass(frozen=True)
class Outcome:
    """`held`: contracts; `stops`: those that stops work for; `working`: orders. `bare_s`: the
    longest that more was held than stops worked for."""

    said: str
    held: int
    stops: int
    working: int
    bare_s: float


def bracket_of(python, script, plan, entry="limit"):
    """Play it. Raises `AssertionError` with what the program wrote where it did not begin."""
    links = LinkSettings(ping_s=0.5)
    with twin_in_a_thread(setup_of(MARKET, links=links)) as twin:
        command = [str(python), str(SCRIPTS / script), twin.url, "ada", KEY, CONTRACT, entry]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, text=True, **pipes) as program:
            try:
                assert program.stdout.readline(), program.stderr.read()
                twin.do(lambda running: running.arming.arm(make_plan(*plan)))
                with Watch(twin) as watch:
                    program.stdin.write("\n")
                    program.stdin.flush()
                    told = json.loads(program.stdout.readline())
                    time.sleep(AFTER_S)
                    held, stops, working = twin.do(standing)
                fired = (
                    twin.do(lambda running: running.arming.work.faults.log.counts) if plan else ()
                )
            finally:
                program.kill()
    assert all(fired), "the fault did not happen"
    return Outcome(told["said"], held, stops, working, watch.bare_s)


def standing(running):
    (account,) = running.gateway.venue.accounts.values()
    working = account.desk.open_orders(None)
    stops = sum(each.leaves_qty for each in working if each.ord_type is OrdType.STOP)
    return sum(each.qty for each in account.desk.positions()), stops, len(working)


class Watch:
    """Looks at the twin's books all the while."""

    def __init__(self, twin):
        self.bare_s = 0.0
        self._twin = twin
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()

    def _look(self):
        since_s = None
        while not self._over.wait(LOOK_S):
            held, stops, _ = self._twin.do(standing)
            now_s = time.monotonic()
            since_s = (since_s or now_s) if held > stops else None
            self.bare_s = max(self.bare_s, now_s - (since_s or now_s))
