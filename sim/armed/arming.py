"""What arms a plan on a running twin: one at a time, on one account, for its user's clients."""

import asyncio
from functools import partial
from typing import Any

from ...scenarios.plan import Plan
from ...trading.errors import UsageError
from ..network.application import Application, Receive, Send
from .behind import Behind
from .break_off import break_off
from .carried_calls import carry_call
from .carried_hub import CarriedSocket, carry_dial
from .plan_at_work import PlanAtWork, check_carriable

_HUB = "/hubs/user"


class Arming:
    """An ASGI application in front of a gateway's; with nothing armed it is as if it were not
    there. `work`: what is armed."""

    def __init__(self, behind: Behind) -> None:
        self.work: PlanAtWork | None = None
        self._behind = behind
        self._sockets: dict[CarriedSocket, None] = {}
        self._carried: dict[asyncio.Task[Any], dict[str, Any]] = {}
        self._closed = False

    def arm(self, plan: Plan, account_id: int | None = None, contract: str | None = None) -> None:
        """Carry a plan out from now on, in place of the one before; a plan without faults ends it.

        `account_id`, `contract`: what it is about; the gateway's first where it is not said. Raises
        `UsageError`, and then nothing has changed.
        """
        venue = self._behind.gateway.venue
        account = venue.accounts.get(
            next(iter(venue.accounts)) if account_id is None else account_id
        )
        ticker = venue.tickers.get(next(iter(venue.tickers)) if contract is None else contract)
        if account is None:
            raise UsageError(f"there is no account {account_id}; there are {[*venue.accounts]}")
        ticker = venue.listed(contract)
        check_carriable(plan)
        with self._behind.acting():
            if self.work is not None:
                self.work.disarm()
            self.work = None
            if plan.faults:
                self.work = PlanAtWork(plan, self._behind, account, ticker.instrument)
        for socket in self._sockets:
            self._joins(socket)

    def close(self) -> None:
        """The twin ends: nobody is kept waiting for what will not come."""
        self._closed = True
        if self.work is not None:
            for socket in self._sockets:
                socket.die()
        for task, scope in list(self._carried.items()):
            break_off(scope, reset=True)
            task.cancel()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = str(scope.get("path", "")).lower()
        if path.startswith(_HUB):
            await self._hub(scope, receive, send)
        elif scope["type"] == "http" and path.startswith("/api/") and self.work is not None:
            await self._carry(partial(carry_call, self.work, self._behind), scope, receive, send)
        else:
            await self._behind.app(scope, receive, send)

    # --- how --------------------------------------------------------------------------------------

    async def _hub(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        user, app = self._behind.user_of_hub(scope), self._behind.app
        work = self.work if self._concerns(user) else None
        if scope["type"] != "websocket" or (work is not None and work.road.down):
            await self._carry(partial(carry_dial, work, app), scope, receive, send)
            return
        socket = CarriedSocket(user, scope, receive, send)
        self._sockets[socket] = None
        self._joins(socket)
        try:
            await app(scope, socket.receive, socket.send)
        finally:
            del self._sockets[socket]
            if socket.work is not None:
                socket.work.road.links.pop(socket, None)

    def _joins(self, socket: CarriedSocket) -> None:
        """A connection and the plan that is armed find each other."""
        socket.work = self.work if self._concerns(socket.user) else None
        if socket.work is not None:
            socket.work.road.links[socket] = None

    def _concerns(self, user: str) -> bool:
        return self.work is not None and user.lower() == self.work.user.lower()

    async def _carry(
        self, app: Application, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        """Have an application serve, and end it when the twin ends."""
        if self._closed:  # it came while the twin ended
            break_off(scope, reset=True)
            return
        task = asyncio.current_task()
        assert task is not None, "a server runs its application in tasks"
        self._carried[task] = scope
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._closed:
                raise
        finally:
            del self._carried[task]
