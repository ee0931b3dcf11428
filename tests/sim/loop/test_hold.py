"""When the collector looks for what died, around runs."""

import subprocess
import sys

# In a process of its own, since the tests' own freezes what it has.
PROGRAM = """
import gc, weakref
from dryfill.sim.loop.hold import hold_collector

class Knot:
    def __init__(self):
        self.itself = self  # dead once nobody else holds it, and found by the collector alone

gc.disable()
for _ in range(2):
    seen = weakref.ref(Knot())
    with hold_collector():
        before = seen() is None
        gc.collect()  # as at the end of a run: what was there before it is not visited
        print(before, seen() is None, end=" ")
    gc.collect()
    print(seen() is None)
"""


def test_what_died_before_a_run_is_collected_first_unless_no_run_can_have_left_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    first, later = done.stdout.splitlines()
    assert first == "False False True"
    assert later == "True True True"
