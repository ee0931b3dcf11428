"""Two ends without a wire: httpx's mock transport, and a hub's carrier that a script plays."""

import asyncio
import base64
import json
from collections import deque

import httpx

from dryfill.live.carrier import CarrierLost

END = "\x1e"
KEY = "k-canary-0123456789abcdef"
DAY_S = 86_400


def make_token(number, ends_s=2_000_000_000):
    """A token as the gateway makes it: three parts, the second of which says when it ends."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": ends_s}).encode()).decode().rstrip("=")
    return f"canary{number}.{claims}.sig"


class Wire:
    """A gateway's REST side, played: answers by endpoint, and everything that was asked.

    An answer is a dict (members of a success), an `httpx.Response`, an exception, a Future that
    gives one of these, or a function of the request's body that does; a list is played in order,
    its last for ever.
    """

    def __init__(self):
        self.answers = {"Auth/loginKey": self.login, "Auth/validate": {"newToken": make_token(99)}}
        self.asked = []
        self.tokens = []
        self.logins = 0
        self.good = set()

    def login(self, body):
        self.logins += 1
        token = make_token(self.logins)
        self.good = {token}
        return {"token": token}

    def bodies(self, endpoint):
        return [body for asked, body in self.asked if asked == endpoint]

    async def __call__(self, request):
        endpoint = request.url.path.removeprefix("/api/")
        body = json.loads(request.content)
        self.asked.append((endpoint, body))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        if not endpoint.startswith("Auth/") and self.good and token not in self.good:
            return httpx.Response(401)
        return await self.answer(endpoint, body)

    async def answer(self, endpoint, body):
        found = self.answers[endpoint]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if callable(found) and not isinstance(found, type):
            found = found(body)
        if isinstance(found, asyncio.Future):
            found = await found
        if isinstance(found, Exception):
            raise found
        if isinstance(found, dict):
            envelope = {"success": True, "errorCode": 0, "errorMessage": None}
            found = httpx.Response(200, json=envelope | found)
        return found

    def client(self):
        transport = httpx.MockTransport(self)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1")


def refusal(code, text=None, **members):
    return httpx.Response(
        200, json={"success": False, "errorCode": code, "errorMessage": text} | members
    )


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
        elif fields["type"] == 1 and self.confirms and "invocationId" in fields:
            done = {"type": 3, "invocationId": fields["invocationId"]}
            error = self.refuses.get(fields["target"])
            link.say(done | ({} if error is None else {"error": error}))
