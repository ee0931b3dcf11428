"""Runs a script with somebody else's client at a twin whose market moves when the script asks.

The script is a program of its own, in an environment of its own; see `tests/clients/story.py` for
what it says. What it saw comes back with what the twin knows.
"""

import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from twin_world import CONTRACT, KEY, MNQ, MS, T0, setup_of, tape_of

from dryfill.app.session.twin_thread import twin_in_a_thread
from dryfill.sim.gateway.hubs.hub_link import LinkSettings
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.trading.calendar import AlwaysOpen

SCRIPTS = Path(__file__).resolve().parent.parent / "clients"
PATIENCE_S = 60
MARKET = """
    -170000 trade 79990x3 buyer
    -110000 trade 79996x2 buyer
    -50000  trade 80004x1 seller
    0       quote 80000x5 80001x7
    0       trade 80000x1 seller
    1000    trade 79998x1 seller
    1000    quote 79991x3 79992x1
    2000    quote 79978x5 79979x7
    2000    trade 79978x9 seller
    3000    quote 80017x5 80018x7
    3000    trade 80018x9 buyer
    4000    quote 79977x5 79978x7
    4000    trade 79977x9 seller
    5000    quote 79965x5 79966x9
    5000    trade 79966x9 seller
    6000    quote 79995x5 79996x7
    6000    trade 79995x9 buyer
    600000  quote 79995x5 79996x7
"""
"""In ticks: 80000 is 20000.00. What happens at each moment is what the story then waits for."""


@dataclass(frozen=True)
class Played:
    """`saw`: what the client says that it saw. The rest is the twin's own truth, in its words."""

    saw: dict
    orders: list
    trades: list
    held: list
    cash: str


def play(python, script, *asked, **changes):
    """Play the story at a new twin; `asked`: more arguments of the script, `changes`: as in
    `setup_of`. Raises `AssertionError` with what the script wrote where it did not end well."""
    listing = list_contract(MNQ, tape_of(MARKET), start_ns=T0, hours=AlwaysOpen())
    # signalrcore's stop() waits until the server says something: on the real one for up to 15 s.
    links = LinkSettings(ping_s=0.1)
    setup = setup_of(listing=listing, links=links, **changes)
    with twin_in_a_thread(setup, speed=0, restamp=True) as twin:
        command = [str(python), str(SCRIPTS / script), twin.url, "ada", KEY, CONTRACT, *asked]
        saw = _run(command, lambda ms: twin.do(lambda running: _go(running, ms)))
        return twin.do(lambda running: _truth(running, saw))


def _run(command, go):
    """Run a script, moving the market when it asks; what it saw."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    complaints, saw = [], None
    with subprocess.Popen(command, text=True, **pipes) as program:
        bound = threading.Timer(PATIENCE_S, program.kill)
        bound.start()
        listening = threading.Thread(target=lambda: complaints.extend(program.stderr))
        listening.start()
        try:
            for line in program.stdout:
                said = json.loads(line)
                saw = said.get("saw")
                if "go" in said:
                    go(said["go"])
                    program.stdin.write("\n")
                    program.stdin.flush()
        except BaseException:
            program.kill()
            raise
        finally:
            code = program.wait()
            bound.cancel()
            listening.join()
    assert (code, saw is None) == (0, False), f"it ended with {code}: {''.join(complaints)}"
    return saw


def _go(running, ms):
    running.pump.step(T0 + ms * MS - running.pump.now_ns)


def _truth(running, saw):
    account = running.gateway.venue.accounts[1001]
    return Played(
        saw,
        [_order(record.state()) for record in account.records()],
        [_trade(turn) for turn in account.turns.all],
        [position.qty for position in account.desk.positions()],
        str(account.desk.account_state().cash),
    )


def _order(state):
    what = f"{state.order_id} {state.side.name} {state.order_qty} {state.ord_type.name}"
    filled = f" {state.cum_qty} at {state.avg_px}" if state.cum_qty else ""
    return f"{what} {state.ord_status.name}{filled}".lower()


def _trade(turn):
    profit = "opens" if turn.profit is None else turn.profit
    return f"{turn.fill.order_id} {turn.fill.qty} at {turn.fill.px:.2f}: {profit}"
