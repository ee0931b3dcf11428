"""The shell around a `HubSession`: dials, carries text to and fro, and comes back when it was lost.

One task for each hub. It gives the session what arrives and wakes it when it is due; what follows
is told in order, on the loop's thread, before the next message is read. A second task writes, so
that a link that takes nothing holds up no reading. Every connection is dialled with the token that
stands at that moment; after a loss it is dialled again with growing pauses and a seeded jitter.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from ...trading.errors import DryfillError, Refused
from ..settings import LiveSettings
from .carrier import Carrier, CarrierLost, Denied, Dial
from .hub_session import (
    Confirmed,
    Down,
    Event,
    HangUp,
    HubSession,
    HubState,
    Send,
    Step,
    Subscription,
    SubscriptionRefused,
    Up,
    Zombie,
)
from .records import Bad


class HubListener(Protocol):
    """Who hears a hub. Called in order, on the loop's thread."""

    def on_up(self, generation: int) -> None:
        """A connection stands with all its subscriptions; the first of its generation."""

    def on_down(self, why: str) -> None:
        """The connection is gone, or none could be made; told once until the next `on_up`."""

    def on_told(self, target: str, arguments: list[object]) -> None:
        """The hub calls one of our methods."""

    def on_bad(self, bad: Bad) -> None:
        """What arrived was no message."""

    def on_fault(self, error: Exception) -> None:
        """One of these failed: what it was told is lost."""


class HubClient:
    """One hub. `address`: the WebSocket address for the token that stands; `denied`: makes another
    token stand; `hide` blanks secrets out. What arrives goes through it before anything reads it: a
    server that echoes the token puts it into no reason, error, sample or gap, whole or cut.

    `zombies`, `dials`: counted over its life. `last_error`: why it is down, or a stream is refused.
    """

    def __init__(
        self,
        session: HubSession,
        dial: Dial,
        address: Callable[[], Awaitable[str]],
        denied: Callable[[], Awaitable[None]],
        listener: HubListener,
        settings: LiveSettings,
        random: Random,
        hide: Callable[[str], str],
    ) -> None:
        self.session = session
        self.zombies = 0
        self.dials = 0
        self.last_error = ""
        self._dial = dial
        self._address = address
        self._denied = denied
        self._listener = listener
        self._settings = settings
        self._random = random
        self._hide = hide
        self._failures = 0
        self._up_s: float | None = None
        self._told_down = False
        self._told_up = 0  # the generation
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._carrier: Carrier | None = None
        self._task: Task[None] | None = None
        self._waiting: dict[Future[None], Subscription | None] = {}
        self._closing: dict[Task[None], None] = {}
        self._unwanted = False
        self._closed = False

    def start(self) -> None:
        """Begin to dial; a second start is none, and one after `close`."""
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """End the connection and every wait."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*self._closing, return_exceptions=True)
        for waiting in list(self._waiting):
            waiting.cancel()

    def subscribe(self, subscription: Subscription) -> "Future[None]":
        """Have a stream from now on; done when it is confirmed, whatever becomes of the others.
        `Refused` when the hub says no and had not said yes before, and when it is unsubscribed
        first."""
        step = self.session.want(subscription, self._now_s())
        done = self._wait(subscription, self.session.has(subscription))
        self._perform(step)
        return done

    def unsubscribe(self, subscription: Subscription) -> None:
        """Have a stream no more."""
        self._perform(self.session.drop(subscription))
        self._end(subscription, "unsubscribed before it was confirmed")

    def ready(self) -> "Future[None]":
        """Done when every stream is confirmed."""
        return self._wait(None, self.session.state is HubState.READY)

    def hang_up(self, why: str) -> None:
        """Give this connection up, and come back with the token that stands then."""
        if self.session.state is not HubState.DOWN:
            self._perform(self.session.lost(self.session.generation, why))
            self._close_carrier()

    # --- connections ------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                await self._serve(await self._connected())
            except Denied as error:
                self._is_down(str(error))
                await self._denied()
            except TimeoutError:
                self._is_down(f"no connection within {self._settings.dial_s:g} s")
            except DryfillError as error:
                self._is_down(str(error))
            except Exception as error:  # noqa: BLE001  a fault of ours must not leave us deaf for good
                self._is_down(f"a fault of ours: {error!r}")
            await asyncio.sleep(self._pause_s())

    async def _connected(self) -> Carrier:
        self.dials += 1
        async with asyncio.timeout(self._settings.dial_s):
            return await self._dial(await self._address())

    async def _serve(self, carrier: Carrier) -> None:
        """One connection, from its greeting to its end."""
        self._carrier, self._out = carrier, asyncio.Queue()
        writer = asyncio.get_running_loop().create_task(self._write(carrier, self._out))
        try:
            self._perform(self.session.opened(self._now_s()))
            generation = self.session.generation
            while self.session.state is not HubState.DOWN:
                await self._next(carrier, generation)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            self._perform(self.session.lost(self.session.generation, "closed by us"))
            self._close_carrier()

    async def _next(self, carrier: Carrier, generation: int) -> None:
        """What arrives next, or what is due before."""
        session, due_s = self.session, self.session.due_s
        try:
            async with asyncio.timeout_at(due_s):
                data = await carrier.receive()
        except TimeoutError:
            self._perform(session.woke(self._now_s()))
        except CarrierLost as error:
            self._perform(session.lost(generation, str(error)))
        else:
            now_s = self._now_s()
            self._perform(session.received(generation, self._shown(data), now_s))
            if due_s is not None and now_s >= due_s:  # no timer rings while there is more at hand
                self._perform(session.woke(now_s))
            # A carrier that has more at hand would not let anybody else run: not the other hub,
            # which may have the fill.
            await asyncio.sleep(0)

    def _shown(self, data: str | bytes) -> str | bytes:
        """What arrived, without secrets; bytes stay what they are, UTF-8 or not."""
        if isinstance(data, bytes):
            return self._hide(data.decode("latin-1")).encode("latin-1")
        return self._hide(data)

    async def _write(self, carrier: Carrier, out: "asyncio.Queue[str]") -> None:
        try:
            while True:
                await carrier.send(await out.get())
        except CarrierLost as error:
            if carrier is self._carrier:
                self.hang_up(str(error))

    def _close_carrier(self) -> None:
        carrier, self._carrier = self._carrier, None
        if carrier is not None:
            task = asyncio.get_running_loop().create_task(carrier.close())
            self._closing[task] = None
            task.add_done_callback(lambda done: self._closing.pop(done, None))

    def _pause_s(self) -> float:
        """How long until the next dial. What had been up for a while is dialled soon again."""
        settings = self._settings
        up_s, self._up_s = self._up_s, None
        unwanted, self._unwanted = self._unwanted, False
        if (
            unwanted
        ):  # the server said so; money may be at stake, so it is asked again, but not soon
            return settings.reconnect_most_s
        if up_s is not None and self._now_s() - up_s >= settings.steady_s:
            self._failures = 0
        pause_s = settings.reconnect_first_s * 2.0 ** min(self._failures, 32)
        self._failures += 1
        return min(pause_s, settings.reconnect_most_s) * (0.5 + self._random.random() / 2)

    # --- what follows -----------------------------------------------------------------------------

    def _perform(self, step: Step) -> None:
        """Tell, then do, in order."""
        for event in step.events:
            try:
                self._tell(event)
            except Exception as error:  # noqa: BLE001  a listener's fault does not end the hub
                self._listener.on_fault(error)
        for command in step.commands:
            if command.generation != self.session.generation:
                continue  # of a connection that is over
            if isinstance(command, Send):
                self._out.put_nowait(command.text)
            else:
                assert isinstance(command, HangUp)
                self._close_carrier()

    def _tell(self, event: Event) -> None:
        if isinstance(event, Up):
            self._is_up(event.generation)
        elif isinstance(event, Down):
            self._unwanted = not event.allow_reconnect
            self._is_down(event.why)
        elif isinstance(event, Confirmed):
            self._begun(event.subscription)
        elif isinstance(event, SubscriptionRefused):
            self.last_error = event.why
            self._refused(event)
        elif isinstance(event, Zombie):
            self.zombies += 1
        elif isinstance(event, Bad):
            self._listener.on_bad(event)
        else:
            self._listener.on_told(event.target, event.arguments)

    def _is_up(self, generation: int) -> None:
        self._begun(None)
        if generation != self._told_up:
            self._told_up, self._told_down = generation, False
            self._up_s, self.last_error = self._now_s(), ""
            self._listener.on_up(generation)

    def _is_down(self, why: str) -> None:
        self.last_error = self._hide(why)  # an error of the way there may have the address in it
        if not self._told_down:
            self._told_down = True
            self._listener.on_down(self.last_error)

    def _refused(self, event: SubscriptionRefused) -> None:
        if self._end(event.subscription, event.why):
            self._perform(self.session.drop(event.subscription))

    def _begun(self, subscription: Subscription | None) -> None:
        for waiting in self._waiting_for(subscription):
            waiting.set_result(None)

    def _end(self, subscription: Subscription, why: str) -> bool:
        """Tell those who wait for a stream that it does not begin; whether anybody did."""
        ended = self._waiting_for(subscription)
        for waiting in ended:
            waiting.set_exception(Refused(f"{subscription.method}: {why}"))
        return bool(ended)

    def _waiting_for(self, subscription: Subscription | None) -> list[Future[None]]:
        waits = self._waiting.items()
        return [wait for wait, what in waits if what == subscription and not wait.done()]

    def _wait(self, subscription: Subscription | None, is_so: bool) -> "Future[None]":
        """Wait for a stream, or for all of them (None)."""
        done: Future[None] = asyncio.get_running_loop().create_future()
        if is_so:
            done.set_result(None)
        else:
            self._waiting[done] = subscription
            done.add_done_callback(lambda each: self._waiting.pop(each, None))
        return done

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
