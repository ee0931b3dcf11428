"""A whole gateway on given clocks, without a loop of its own and without sockets.

This is where its parts meet. In virtual time the venue is a source of the loop; in real time a
`pump` moves it. Randomness comes in as the token key and the connections' names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette

from ...trading.errors import UsageError
from .app import gateway_app
from .hubs.hub_link import LinkSettings
from .hubs.hub_socket import HubSockets
from .hubs.hubs import Hubs
from .rest.endpoints import Desks
from .rest.rate_windows import GATEWAY_LIMITS, Limit, RateWindows
from .rest.rest import Rest
from .rest.sessions import Sessions
from .rest.tokens import Tokens
from .venue.accounts import People
from .venue.listing import Listing
from .venue.venue import Venue
from .words.wire_models import PROFILES, WireProfile
from .words.wire_view import WireView


def _same(time_ns: int) -> int:
    return time_ns


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class GatewaySetup:
    """What a gateway is, whichever time it lives in. `limits` None: requests are not counted.
    `events_most`: events that may wait for one client before it is given up."""

    listings: tuple[Listing, ...]
    people: People
    profile: WireProfile = PROFILES["current"]
    limits: Mapping[str, Limit] | None = field(default_factory=lambda: GATEWAY_LIMITS)
    links: LinkSettings = field(default_factory=LinkSettings)
    token_life_s: float = 24 * 3600.0
    events_most: int = 10_000

    def __post_init__(self) -> None:
        if self.token_life_s <= 0 or self.events_most < 1:
            raise UsageError("a token's life and the events that may wait have to be above zero")


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """The times of a gateway. `market_ns`: of the market, now. `wall_s`: since the epoch, for
    tokens. `steady_s`: only ever rises, for limits and links: the loop's. `shown_ns` and
    `meant_ns`: from the market's time to the one that clients are shown, and back."""

    market_ns: Callable[[], int]
    wall_s: Callable[[], float]
    steady_s: Callable[[], float]
    shown_ns: Callable[[int], int] = _same
    meant_ns: Callable[[int], int] = _same


class Gateway:
    """The parts of one gateway, joined; `app` is what a server serves.

    `enter` and `left` are called around everything that a request does to the venue. `restamps`:
    clients are shown another time than the market's. `venue`: the one that an earlier life of the
    gateway stood before, with its accounts, orders and ids; sessions are not among what it kept.
    """

    def __init__(
        self,
        setup: GatewaySetup,
        clocks: Clocks,
        *,
        token_key: bytes,
        connection_id: Callable[[], str],
        enter: Callable[[], None] = _nothing,
        left: Callable[[], None] = _nothing,
        venue: Venue | None = None,
    ) -> None:
        self.setup = setup
        self.restamps = clocks.shown_ns is not _same
        self.venue = venue or Venue(
            setup.listings,
            setup.people,
            clocks.market_ns,
            WireView(setup.profile, clocks.shown_ns),
        )
        self.hubs = Hubs(self.venue, setup.links, setup.events_most)
        self.sessions = Sessions(setup.people, Tokens(token_key, setup.token_life_s), clocks.wall_s)
        self.limits = RateWindows(setup.limits)
        rest = Rest(
            Desks(self.venue, clocks.meant_ns),
            self.sessions,
            self.limits,
            clocks.steady_s,
            enter=enter,
            left=left,
        )
        sockets = HubSockets(self.hubs, self.sessions, clocks.steady_s, connection_id)
        self.app: Starlette = gateway_app(rest, sockets)
