"""Clients that others wrote, unmodified, over real sockets: what they saw, and what was true.

One story (`story.py`) at one market (`client_play.py`), told by every client through its own public
calls, in an interpreter of its own; what a client cannot do is written beside it. Another Python's
clients run where their environment is there (`make clients`, which `make nightly` begins with).
"""

import sys
from dataclasses import dataclass, field

import pytest
from client_environments import how_to_make, python_of
from client_play import play
from twin_world import CONTRACT

from dryfill.sim.gateway.words.wire_models import PROFILES, WireProfile

ORDERS = """
    9001 buy 2 market filled 2 at 20000.25
    9002 buy 4 limit canceled 1 at 19998.00
    9003 sell 2 stop filled 2 at 19994.50
    9004 sell 1 trailing_stop filled 1 at 19994.25
    9005 buy 1 join_bid canceled
    9006 sell 1 join_ask canceled
    9007 buy 2 limit filled 2 at 19992.50
    9008 sell 2 stop canceled
    9009 sell 2 limit filled 2 at 19997.50
    9010 sell 3 market filled 3 at 19998.75
    9011 buy 1 market filled 1 at 19999.00
    9012 buy 2 market filled 2 at 19999.00
"""
TRADES = """
    9001 2 at 20000.25: opens
    9002 1 at 19998.00: opens
    9003 2 at 19994.50: -23.00
    9004 1 at 19994.25: -7.50
    9007 2 at 19992.50: opens
    9009 2 at 19997.50: 20.00
    9010 3 at 19998.75: opens
    9011 1 at 19999.00: -0.50
    9012 2 at 19999.00: -1.00
"""
ENTRY_WITH_CHILDREN = [
    [9007, 1, 0], [9008, 8, 0], [9009, 8, 0], [9007, 2, 2], [9008, 1, 0], [9009, 1, 0],
]  # fmt: skip
ENTRY_THEN_CHILDREN = [[9007, 1, 0], [9007, 2, 2], [9008, 1, 0], [9009, 1, 0]]


def order_events(entry):
    """Every order event: id, status, contracts filled."""
    return [
        [9001, 6, 0], [9001, 2, 2],
        [9002, 1, 0], [9002, 1, 0], [9002, 1, 1], [9002, 3, 1],  # placed, changed, in part, gone
        [9003, 1, 0], [9003, 1, 0], [9003, 2, 2],  # placed, set off, filled
        [9004, 1, 0], [9004, 1, 0], [9004, 2, 1],
        [9005, 1, 0], [9006, 1, 0], [9005, 3, 0], [9006, 3, 0],
        *entry,
        [9008, 1, 0], [9009, 2, 2], [9008, 3, 0],  # the stop is moved, the target filled
        [9010, 6, 0], [9010, 2, 3], [9011, 6, 0], [9011, 2, 1], [9012, 6, 0], [9012, 2, 2],
    ]  # fmt: skip


HEARD = {
    "account": [49975.15, 49967.28, 49985.8, 49983.82, 49982.08],
    "order": order_events(ENTRY_WITH_CHILDREN),
    "position": [
        [1, 2, 20000.25], [1, 3, 19999.5], [1, 1, 19998.0], [1, 0, 19998.0],
        [1, 2, 19992.5], [1, 0, 19992.5],
        [2, 3, 19998.75], [2, 2, 19998.75], [2, 0, 19998.75],
    ],
    "trade": [
        [9001, 2, 20000.25, None], [9002, 1, 19998.0, None], [9003, 2, 19994.5, -23.0],
        [9004, 1, 19994.25, -7.5], [9007, 2, 19992.5, None], [9009, 2, 19997.5, 20.0],
        [9010, 3, 19998.75, None], [9011, 1, 19999.0, -0.5], [9012, 2, 19999.0, -1.0],
    ],
    "tape": [
        [19999.5, 1], [19994.5, 9], [20004.5, 9], [19994.25, 9], [19991.5, 9], [19998.75, 9],
    ],
}  # fmt: skip
QUOTES = [
    [20000.0, 20000.25], [19997.75, 19998.0], [19994.5, 19994.75], [20004.25, 20004.5],
    [19994.25, 19994.5], [19991.25, 19991.5], [19998.75, 19999.0],
]  # fmt: skip
DEPTH = [
    [20000.0, 5], [20000.25, 7], [19997.75, 3], [19998.0, 1], [19994.5, 5], [19994.75, 7],
    [20004.25, 5], [20004.5, 7], [19994.25, 5], [19994.5, 7], [19991.25, 5], [19991.5, 9],
    [19998.75, 5], [19999.0, 7],
]  # fmt: skip
# Of an order: id, type, side, size, status, filled; limit, stop and average price.
SAW = {
    "token": True,
    "accounts": [[1001, "PRACTICE-0", 50000]],
    "contracts": [CONTRACT],
    "contract": ["MNQZ6", 0.25, 0.5],
    "available": [CONTRACT],
    "closes": [20001.0, 19999.0, 19997.5],
    "partly filled": [[9002, 1, 0, 4, 1, 1, 19998, None, 19998]],
    "trailing": [[9004, 5, 1, 1, 1, 0, None, 19984.5, None]],
    "joined": [
        [9005, 6, 0, 1, 1, 0, 19994.25, None, None], [9006, 7, 1, 1, 1, 0, 19994.5, None, None],
    ],
    "waiting": [9009, 9008],
    "entry": [[9007, 1, 0, 2, 1, 0, 19992.5, None, None]],
    "children": [
        [9008, 4, 1, 2, 1, 0, None, 19985, None], [9009, 1, 1, 2, 1, 0, 19997.5, None, None],
    ],
    "partly closed": True,
    "orders": [
        [9001, 2, 0, 2, 2, 2, None, None, 20000.25],
        [9002, 1, 0, 4, 3, 1, 19998, None, 19998],
        [9003, 4, 1, 2, 2, 2, None, 19995, 19994.5],
        [9004, 5, 1, 1, 2, 1, None, 19994.5, 19994.25],
        [9005, 6, 0, 1, 3, 0, 19994.25, None, None],
        [9006, 7, 1, 1, 3, 0, 19994.5, None, None],
        [9007, 1, 0, 2, 2, 2, 19992.5, None, 19992.5],
        [9008, 4, 1, 2, 3, 0, None, 19985, None],
        [9009, 1, 1, 2, 2, 2, 19997.5, None, 19997.5],
        [9010, 2, 1, 3, 2, 3, None, None, 19998.75],
        [9011, 2, 0, 1, 2, 1, None, None, 19999],
        [9012, 2, 0, 2, 2, 2, None, None, 19999],
    ],
    "trades": HEARD["trade"][::-1],
    "positions": [],
}  # fmt: skip


@dataclass(frozen=True)
class Client:
    """A client and what it sees otherwise. `environment` None: it runs in ours."""

    script: str
    environment: str | None = None
    asked: tuple = ()
    changes: dict = field(default_factory=dict)
    differs: dict = field(default_factory=dict)
    entry: list = field(default_factory=lambda: ENTRY_WITH_CHILDREN)


CLIENTS = {
    "signalrcore 1.0.2": Client("with_signalrcore.py"),
    # Its statuses end at 6: it refuses every answer of Order/search with a child that waits.
    "topstep-client-py 0.1.1": Client("with_topstep_client_py.py", differs={"waiting": ["8"]}),
    "topstep-sdk 0.1.4": Client("with_topstep_sdk.py", "topstep-sdk-0.1.4"),
    "topstep-sdk 0.1.4, as the documentation shows events": Client(
        "with_topstep_sdk.py",
        "topstep-sdk-0.1.4",
        changes={"profile": WireProfile(envelope="flat", tape="object")},
    ),
    "project-x-py 4.4.1": Client("with_project_x_py.py", "project-x-py-4.4.1"),
    # Its own brackets have no sign; the gateway refuses those of a long entry's stop (D11).
    "project-x-py 4.4.1, its own bracket": Client(
        "with_project_x_py.py",
        "project-x-py-4.4.1",
        asked=("unsigned",),
        changes={"accounts": [{"signs": "lenient"}]},
    ),
    # Of 2025: no native brackets, no search of orders, bars and trades that no gateway answers so.
    "project-x-py 3.3.6": Client(
        "with_project_x_py.py",
        "project-x-py-3.3.6",
        changes={"profile": PROFILES["2025-07"]},
        differs={
            "available": None,
            "closes": [
                "Unexpected error during get bars: `strptime` / `to_datetime` was called with no "
                "format and no time zone, but a time zone is part of the data."
            ],
            "waiting": None,
            "entry": None,
            "partly closed": False,
            "orders": None,
            "trades": ["Resource not found: /trades/search"],
        },
        entry=ENTRY_THEN_CHILDREN,
    ),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_trades_at_the_twin_by_changing_an_address(name):
    client = CLIENTS[name]
    python = python_of(client.environment) if client.environment else sys.executable
    if python is None:
        pytest.skip(how_to_make(client.environment))
    played = play(python, client.script, *client.asked, **client.changes)
    heard = played.saw.pop("heard")
    assert {key: played.saw.get(key) for key in SAW} == SAW | client.differs
    told = HEARD | {"order": order_events(client.entry)}
    assert {stream: heard[stream] for stream in told} == told
    assert_newest(heard["quote"], QUOTES)
    assert_newest(heard["depth"], DEPTH)
    assert played.orders == lines(ORDERS)
    assert played.trades == lines(TRADES)
    assert (played.held, played.cash) == ([], "49982.08")


def test_project_x_py_of_2025_needs_the_profile_of_2025():
    python = python_of("project-x-py-3.3.6")
    if python is None:
        pytest.skip(how_to_make("project-x-py-3.3.6"))
    with pytest.raises(AssertionError, match="Order not found: 9002"):
        play(python, "with_project_x_py.py")  # its models take no member that they do not know


def assert_newest(heard, all_there_was):
    """In order and none made up; of some only the newest may come, the last one always does."""
    there_was = iter(all_there_was)
    assert heard, "nothing came"
    assert all(each in there_was for each in heard), heard
    assert heard[-1] == all_there_was[-1]


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]
