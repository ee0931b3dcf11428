"""The terms of one call of the port, over all the requests that it is made of."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from ...trading.broker import Urgency
from ...trading.errors import NotSent, OutcomeUnknown, ProtocolError

T = TypeVar("T")


class Terms:
    """Urgency and deadline of a call, over all the requests that it is made of."""

    __slots__ = ("_until_s", "urgency")

    def __init__(self, urgency: Urgency, deadline_s: float | None) -> None:
        self.urgency = urgency
        now_s = asyncio.get_running_loop().time()
        self._until_s = None if deadline_s is None else now_s + deadline_s

    @property
    def left_s(self) -> float | None:
        if self._until_s is None:
            return None
        return max(self._until_s - asyncio.get_running_loop().time(), 0.0)

    def check_left(self) -> None:
        """Raises `NotSent` where no time is left: what had to be asked before took all of it. Its
        timer may ring later than the answer is read, in a loop that was busy for as long."""
        if self.left_s == 0:
            raise NotSent("it was not sent: what had to be known before took all of its time")

    def now(self) -> dict[str, Any]:
        """As arguments of a request that goes now."""
        return {"urgency": self.urgency, "deadline_s": self.left_s}


async def learnt(question: Awaitable[T]) -> T:
    """What has to be known before a command can go: where it is not learnt, nothing was sent."""
    try:
        return await question
    except (OutcomeUnknown, ProtocolError) as error:
        raise NotSent(f"it was not sent, for want of an answer before: {error}") from error
