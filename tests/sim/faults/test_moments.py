"""Which call or event a fault's moment is: counted by name, by order, and from a time on."""

import pytest

from dryfill.scenarios.plan_text import make_plan
from dryfill.sim.faults.moments import Moments, Passed
from dryfill.trading.orders import tags

S = 10**9
PASSED = [
    Passed(at_s * S, key, name, None if tag is None else tags.parse(tag))
    for at_s, key, name, tag in [
        (1, "call", "place", "1.entry#1"),
        (1, "event", "new", "1.entry#1"),
        (2, "call", "account", None),
        (2, "event", "account", None),
        (3, "call", "place", "1.stop#1"),
        (4, "call", "place", "2.target2#1"),
        (4, "call", "place", "2#1"),
        (5, "event", "fill", "2#1"),
        (5, "event", "fill", None),
    ]
]


@pytest.mark.parametrize(
    ("fault", "places"),
    [
        ({"call": "place"}, [0]),
        ({"call": "place", "nth": 3}, [5]),
        ({"call": "place", "since": "1 s"}, [0]),
        ({"call": "place", "since": "1000.000001 ms"}, [4]),
        ({"call": "place", "since": "3 s", "nth": 2}, [5]),
        ({"call": "place", "since": "3 s", "times": 2, "every": 2}, [4, 6]),
        ({"call": "place", "since": "6 s"}, []),
        ({"call": "place", "role": "target"}, [5]),
        ({"call": "place", "role": "", "since": "2 s"}, [6]),
        ({"call": "place", "intent": "2", "nth": 2}, [6]),
        ({"call": "account"}, [2]),
        ({"event": "account"}, [3]),
        ({"event": "order", "since": "2 s", "nth": 2}, [8]),
        ({"event": "any", "times": "all"}, [1, 3, 7, 8]),
    ],
)
def test_a_moment_is_counted_among_those_that_are_meant(fault, places):
    moments = Moments(make_plan({"kind": "crash", **fault}).faults)
    assert [n for n, passed in enumerate(PASSED) if moments.see(passed)] == places
