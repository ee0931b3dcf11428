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
contract are protected by their sum, and each closes its own. A fill that was taken back never was:
what is held, and through whom, is counted again without it.

Not here: INV-11 (no exception lost), which the loop itself makes an error of every run; and what
needs a second run to compare with, or bytes: INV-18 (confluence), 26 (determinism), 28
(back-pressure) and 29 (clocks). Of INV-20 (crash safety) only what a journal has to have is here,
for runs that have one (`written_first.py`). Of INV-24 and 16 only the counts are here, of
INV-21 only that foreign orders are left alone, of INV-30 only incidents. A refused order's alarm is
not judged.
"""

from .bounds import Bounds as Bounds
from .oracle import Oracle as Oracle
from .oracle import OracleError as OracleError
from .oracle import Violation as Violation
from .watch import Findings as Findings
from .watch import Watch as Watch
from .watch import watch as watch
