"""A plan's faults of the user hub on real sockets: what is wrong with the road concerns every
connection over it, and a subscription may be changed on its way."""

import asyncio
from typing import Any

from ..faults.injector import Faults
from ..network.application import Application, Message, Receive, Send
from ..network.subscribing import END, fated_text
from .break_off import break_off
from .carried_calls import hold
from .plan_at_work import PlanAtWork


async def carry_dial(
    work: PlanAtWork | None, app: Application, scope: dict[str, Any], receive: Receive, send: Send
) -> None:
    """Serve a negotiation with the hub, or the upgrade: nobody is there while its road is down."""
    if work is None or not work.road.down:
        await app(scope, receive, send)
        return
    if not work.road.silent:
        break_off(scope, reset=True)
    await hold(receive)


class CarriedSocket:
    """One connection of the user hub, as its road knows it (`road.Joined`). `work`: the plan that
    concerns it, set when it is armed, which may be in the middle of the connection."""

    def __init__(self, user: str, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.user = user
        self.work: PlanAtWork | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._dead = False  # the road swallows all of it, for ever
        self._passes = asyncio.Event()

    # --- ASGI -------------------------------------------------------------------------------------

    async def receive(self) -> Message:
        """What comes from the client and is let through."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            if not await self._lets_pass():
                continue
            text = message.get("text")
            if text is not None and self.work is not None and self.work.subscribing:
                text = _fated(self.work.faults, text)
                if text is None:
                    continue
                message = {**message, "text": text}
            return message

    async def send(self, message: Message) -> None:
        """What goes to the client, where it is let through."""
        if message["type"] != "websocket.send" or await self._lets_pass():
            await self._send(message)

    async def _lets_pass(self) -> bool:
        while not self._dead and self.work is not None and self.work.road.down:
            if not self.work.road.queues:
                return False
            self._passes.clear()
            await self._passes.wait()
        return not self._dead

    # --- the road ---------------------------------------------------------------------------------

    def cut(self, *, at_server: bool) -> None:
        """Of a real socket both ends learn."""
        break_off(self._scope, reset=True)

    def resume(self) -> None:
        self._passes.set()

    def die(self) -> None:
        self._dead = True
        self._passes.set()


def _fated(faults: Faults, text: str) -> str | None:
    """As `fated_text`; what is no whole message of the protocol is the hub's to answer."""
    if not text.endswith(END):
        return text
    try:
        return fated_text(faults, text)
    except (ValueError, AttributeError, TypeError):
        return text
