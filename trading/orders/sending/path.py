"""The way to the broker: whether calls get through, for ordinary and risk-reducing ones apart."""

import asyncio
from collections.abc import Callable
from random import Random

from ...broker import Urgency
from ...errors import NotSent, Refused, SessionExpired
from ..settings import OrderSettings
from .breaker import CLOSED, Breaker


class Path:
    """Two breakers, so that what reduces risk is never held up by what does not (INV-23).

    `incident(kind, text)` is called once each time the way gets bad.
    """

    def __init__(
        self, settings: OrderSettings, random: Random, incident: Callable[[str, str], None]
    ) -> None:
        tries = settings.breaker_tries
        self._breakers = {
            Urgency.ORDINARY: Breaker(tries, settings.breaker_s),
            Urgency.RISK_REDUCING: Breaker(tries, settings.breaker_risk_s),
        }
        self._random = random
        self._incident = incident
        self._limited_until_s = 0.0
        self._silent_until_s = dict.fromkeys(Urgency, 0.0)
        self._deaf = False  # the last question was not answered
        self._quiet_s = settings.breaker_s

    def states(self) -> dict[str, str]:
        """Each breaker's state, by the urgency that it is for."""
        return {urgency.name.lower(): b.state.value for urgency, b in self._breakers.items()}

    def draw(self) -> float:
        """A number from 0 to below 1, to spread a pause."""
        return self._random.random()

    def wait_s(self, urgency: Urgency) -> float:
        """How long a call has to wait; 0 when it may go now."""
        breaker = self._breakers[urgency]
        if breaker.state is CLOSED:
            return 0.0
        return breaker.wait_s(asyncio.get_running_loop().time())

    def going(self, urgency: Urgency) -> float | None:
        """A call goes; of a probe, when: `landed` is told that when it ends."""
        breaker = self._breakers[urgency]
        if breaker.state is CLOSED:
            return None
        now_s = asyncio.get_running_loop().time()
        breaker.going(now_s)
        return now_s

    def landed(self, urgency: Urgency, went_s: float) -> None:
        """A probe that left then ended."""
        self._breakers[urgency].landed(went_s)

    def asked(self, now_s: float, *, answered: bool) -> bool:
        """A question ended; whether a risk-reducing call that waits may try now, since questions
        were not answered either and are again. It is no more than a probe: he may go on answering
        questions, and no commands."""
        news, self._deaf = answered and self._deaf, not answered
        return news and self._breakers[Urgency.RISK_REDUCING].heard(now_s)

    def ended(self, urgency: Urgency, error: BaseException | None, now_s: float) -> bool:
        """A call ended; True when the way is free again, so that what waits may go."""
        breaker = self._breakers[urgency]
        limited = isinstance(error, NotSent) and error.limited
        if limited:
            # Some calls of a spell get through; it is one spell, said once, all the same.
            if now_s >= self._limited_until_s:
                self._incident("rate_limited", str(error))
            self._limited_until_s = now_s + self._quiet_s
        if error is None or (isinstance(error, Refused) and not _unreached(error)):
            return breaker.answered()
        if not breaker.silent(now_s):
            return False
        if now_s >= self._silent_until_s[urgency]:  # one spell is said once, as above
            which = urgency.name.lower().replace("_", "-")
            text = f"the broker does not answer; {which} calls wait: {error}"
            self._incident("breaker_open", text)
        self._silent_until_s[urgency] = now_s + self._quiet_s
        return False


def _unreached(error: Refused) -> bool:
    # Somebody answered 401 or 429: the way is there (INV-23).
    return isinstance(error, NotSent) and not (error.limited or isinstance(error, SessionExpired))
