"""What the client's session has asked of the twin in a rehearsal, for oracles that judge it."""

from ..sim.faults.injector import Faults
from .twin import Twin


class SessionSeen:
    """Counted at the gateway's end and on the way there; see `sim.oracles.session.Seen`."""

    def __init__(self, faults: Faults, twin: Twin) -> None:
        self._faults = faults
        self._twin = twin

    @property
    def subscribed(self) -> int:
        return self._faults.subscriptions

    @property
    def logins(self) -> int:
        return self._twin.gateway.sessions.tokens.issued

    @property
    def endings(self) -> int:
        return self._twin.gateway.sessions.tokens.endings
