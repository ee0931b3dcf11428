"""Oracles: the invariants of a trader's reliability, judged from broker truth while a run goes on.

    watching = watch(world)
    world.run(trader)
    watching.check()

Each oracle is one invariant, named as the reliability specification names it (INV-01 ...). They
read what the broker's desk books and what passes the client's port; of the manager they read what
it shows its callers, and only where the rule is about its view. Bounds that need the client to act
count from the moment at which it could know (`knowable.py`).

What they take for granted: an order is the client's own when it left through the watched port; its
tag tells its role, `7.stop#1`; a position is net, so two brackets that hold opposite sides of one
contract are judged by their sum.

Not here, because they need bytes, a journal, breakers, a scheduler or a second run: INV-09 (nothing
guessed), 11 (no exception lost), 12 (tasks), 13 (memory), 16 (rate), 18 (confluence), 19 (reconnect
is a gap), 20 (crash safety), 23 (breaker), 25 (liveness), 26 (determinism), 28 (back-pressure), 29
(clocks) and 30 (quiet). Of INV-24 only the count is here, of INV-21 only that foreign orders are
left alone. A refused order's alarm and a voided trade are not judged.
"""

from .bounds import Bounds as Bounds
from .oracle import Oracle as Oracle
from .oracle import OracleError as OracleError
from .oracle import Violation as Violation
from .watch import Findings as Findings
from .watch import Watch as Watch
from .watch import watch as watch
