"""The rules a market is matched by: a venue profile, and the assumptions that data leaves open.

Every field is a choice with an effect. What is documented by the exchange is fixed by its profile;
what nobody documents is marked so here and can be switched.
"""

from enum import StrEnum

from msgspec import Struct


class QueueModel(StrEnum):
    """How far ahead of us the recorded quantity at our price is taken to stand.

    FRONT: nothing is ahead. BACK: all that was shown when we joined is ahead and only trades move
    us, or the shown size itself becoming smaller. PROBABILISTIC: a drop that no trade explains is
    divided between ahead and behind in proportion to their `queue_power`-th powers, in whole
    contracts.
    """

    FRONT = "front"
    BACK = "back"
    PROBABILISTIC = "probabilistic"


class UnknownSize(StrEnum):
    """What an order may take where the data gives a price without a size: all it wants, one
    contract for each quote, or nothing."""

    ALL = "all"
    ONE = "one"
    NONE = "none"


class BarPath(StrEnum):
    """The way a bar is walked from open to close.

    ADVERSE: a bar that holds both a stop and a limit of ours visits the stop's side first; any
    other bar as NEAREST. NEAREST: the extreme closer to the open first (on a tie, the low).
    HIGH_FIRST and LOW_FIRST: as named.
    """

    ADVERSE = "adverse"
    NEAREST = "nearest"
    HIGH_FIRST = "high-first"
    LOW_FIRST = "low-first"


class Trigger(StrEnum):
    """What sets a stop off: a trade at or through it, or the opposite side of the quote."""

    TRADE = "trade"
    QUOTE = "quote"


class VenueProfile(Struct, frozen=True):
    """How a venue treats what data cannot tell.

    `protected`: market and stop orders get a limit `Rules.protection` away, and what is left rests
    there (market-facts 4, [11][12]); otherwise they work without a limit until filled.
    `trigger`: what sets stops off. `stop_side_checked`: a stop on the wrong side of the last trade
    is refused (2060, 2061) instead of triggered at once. `market_needs_opposite`: a market order
    with nothing opposite is refused (2013); otherwise it waits for a quote.
    """

    name: str
    protected: bool
    trigger: Trigger
    stop_side_checked: bool
    market_needs_opposite: bool


CME = VenueProfile(
    name="cme",
    protected=True,
    trigger=Trigger.TRADE,
    stop_side_checked=True,
    market_needs_opposite=True,
)
"""What the exchange documents: market-facts 3 to 5."""

PROJECTX_SIM = VenueProfile(
    name="projectx-sim",
    protected=False,
    trigger=Trigger.TRADE,
    stop_side_checked=True,
    market_needs_opposite=True,
)
"""The simulator behind practice and evaluation accounts. Known: stops on the wrong side are refused
("Invalid stop price"), an order with no quote too ("Invalid symbol"). Not known, and switchable
here: whether market orders are protected, and what triggers stops."""

PROFILES = {profile.name: profile for profile in (CME, PROJECTX_SIM)}


class Rules(Struct, frozen=True, kw_only=True):
    """Everything an engine needs to know about its instrument's market.

    `protection`: distance in units of the limit that a protected venue gives; needed by such a
    profile. `spread`: in units, the assumed width of the market where the data has trades alone (an
    uptick is taken for a trade at the ask, a downtick at the bid, an unchanged price stays on its
    side). `tick`: in units, the steps in which bars are walked. `max_qty`: the largest order taken
    (None: no bound known). `negative_prices`: whether prices of zero and below are taken (1012
    otherwise).
    """

    profile: VenueProfile = CME
    protection: int | None = None
    queue: QueueModel = QueueModel.BACK
    queue_power: int = 2
    unknown_size: UnknownSize | None = None
    bar_path: BarPath = BarPath.ADVERSE
    spread: int = 1
    tick: int = 1
    max_qty: int | None = None
    negative_prices: bool = True
