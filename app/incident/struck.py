"""What struck in a recorded session, as faults of a plan: as far as a recording can show it.

What the client saw is compared with what the broker says of itself. An event that never came is
seen by what the client had to ask for; an answer that never came by the order that was there all
the same; a late one by its time. What has no sign in a recording is not made up.
"""

from collections.abc import Sequence

from .lives import Life
from .naming import Naming
from .recorded import Recorded
from .sign import Struck
from .struck_besides import of_other_hands, of_the_stream
from .struck_calls import of_calls
from .struck_events import late_events, lost_events, lost_positions


def struck_in(
    recorded: Recorded, lives: Sequence[Life], start_ns: int, end_ns: int
) -> list[Struck]:
    """What struck from `start_ns` on, where a run of the plan begins, and before `end_ns`; in
    order."""
    naming = Naming(lives, start_ns)
    found = [
        *lost_events(recorded, lives, naming),
        *lost_positions(recorded, lives, start_ns),
        *late_events(lives, naming),
        *of_calls(recorded, lives, naming, start_ns),
        *of_the_stream(recorded, start_ns),
        *of_other_hands(lives, naming, start_ns),
    ]
    mine = [each for each in found if start_ns <= each.at_ns < end_ns]
    return sorted(mine, key=lambda each: each.at_ns)
