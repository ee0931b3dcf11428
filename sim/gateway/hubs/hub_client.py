"""One client of a hub: its link, and what waits for it; who carries it only reads and writes."""

import asyncio
from collections.abc import Callable

from .hub_link import HubLink, LinkState, Said
from .hub_methods import HubKind
from .outbox import Outbox


class HubClient:
    """`name` of its user, `accounts` that it may hear of. `subscribed` is called when a stream
    begins, so that its client can be told how things are.

    The answer to the handshake goes out as a message of its own; all else goes in the order in
    which it was said, completions and events alike.
    """

    def __init__(
        self,
        name: str,
        link: HubLink,
        outbox: Outbox,
        accounts: frozenset[int],
        subscribed: Callable[["HubClient", str, str], None],
    ) -> None:
        self.name = name
        self.link = link
        self.outbox = outbox
        self.accounts = accounts
        self.given_up = ""
        self.was_given_up = asyncio.Event()
        self._subscribed = subscribed
        self._greeting: list[str] = []
        self._ends = False
        self._news = asyncio.Event()

    @property
    def kind(self) -> HubKind:
        return self.link.kind

    def received(self, data: str | bytes, now_s: float) -> None:
        """The client sent something."""
        greeted = self.link.state is not LinkState.GREETING
        before = dict(self.link.subscribed)
        said = self.link.received(data, now_s)
        if not greeted and said.texts:
            self._greeting.append(said.texts[0])
            said = Said(said.texts[1:], said.ends)
        self._say(said)
        for stream, key in self.link.subscribed:
            if (stream, key) not in before:
                self._subscribed(self, stream, key)

    def woke(self, now_s: float) -> None:
        """The link's due moment has come."""
        self._say(self.link.woke(now_s))

    def log_out(self, why: str) -> None:
        """End the link, saying why."""
        self._say(self.link.log_out(why))

    def give_up(self, why: str) -> None:
        """End the link without another word: nobody would take it."""
        self.given_up = self.given_up or why
        self.was_given_up.set()

    def keep(self, stream: str, key: str, text: str) -> None:
        """An event that must not be lost; sent if the client asked for its stream."""
        if self.link.wants(stream, key):
            self._keep(text)
            self._news.set()

    def newest(self, stream: str, key: str) -> None:
        """A stream of which only the newest matters has news."""
        if self.link.wants(stream, key):
            self.outbox.newest(stream, key)
            self._news.set()

    async def messages(self) -> list[str]:
        """What is to be sent next; waits until there is something. Empty: nothing, for ever."""
        while not (self._greeting or self._ends or self.outbox):
            self._news.clear()
            await self._news.wait()
        greeting, self._greeting = self._greeting, []
        return greeting + self.outbox.take()

    def _say(self, said: Said) -> None:
        for text in said.texts:
            self._keep(text)
        self._ends = self._ends or said.ends
        self._news.set()

    def _keep(self, text: str) -> None:
        self.outbox.keep(text)
        if self.outbox.full:
            self.give_up("it takes nothing")
