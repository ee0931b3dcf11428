"""The other end of a hub, played: links that a test holds; they greet and confirm by themselves."""

import asyncio
import json
from collections import deque

from dryfill.live.hubs.carrier import CarrierLost

END = "\x1e"


class Link:
    """One connection of a hub, whose other end the test holds."""

    def __init__(self, hub, url):
        self.hub = hub
        self.url = url
        self.sent = []
        self.closed = False
        self._arrived = deque()
        self._news = asyncio.Event()

    # --- the test's end ---

    def say(self, *records):
        """Send records: dicts, or text as it is."""
        text = "".join(r if isinstance(r, str) else json.dumps(r) + END for r in records)
        self.deliver(text)

    def deliver(self, item):
        self._arrived.append(item)
        self._news.set()

    def cut(self, why="cut"):
        self.deliver(CarrierLost(why))

    def call(self, target, *arguments):
        self.say({"type": 1, "target": target, "arguments": list(arguments)})

    # --- the carrier ---

    async def send(self, text):
        if self.closed:
            raise CarrierLost("closed")
        for record in text.split(END)[:-1]:
            fields = json.loads(record)
            self.sent.append(fields)
            self.hub.react(self, fields)

    async def receive(self):
        while not self._arrived:
            self._news.clear()
            await self._news.wait()
        item = self._arrived.popleft()
        if isinstance(item, Exception):
            raise item
        return item

    async def close(self):
        self.closed = True
        self.deliver(CarrierLost("closed"))


class Hub:
    """A hub, played: greets and confirms by itself unless told otherwise."""

    def __init__(self):
        self.links = []
        self.fails = deque()  # what the next dials end in
        self.greets = True
        self.pings = True
        self.confirms = True
        self.refuses = {}  # by method

    @property
    def link(self):
        return self.links[-1]

    async def dial(self, url):
        if self.fails:
            error = self.fails.popleft()
            if error is not None:
                raise error
        self.links.append(Link(self, url))
        return self.link

    def react(self, link, fields):
        if "protocol" in fields:
            if self.greets:
                link.say({})
        elif fields["type"] == 6 and self.pings:
            link.say({"type": 6})
        elif fields["type"] == 1 and self.confirms and "invocationId" in fields:
            done = {"type": 3, "invocationId": fields["invocationId"]}
            error = self.refuses.get(fields["target"])
            link.say(done | ({} if error is None else {"error": error}))
