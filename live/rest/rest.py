"""The REST half of a session: one request after another through the budget, each with one ending.

A request that did not leave is `NotSent`; from the moment it may have left until its answer was
read it is `OutcomeUnknown`, and nothing here ever sends it again. Two things may be made again,
because they are proof that nothing was done: a 401, once, after a new login and with the same
body, so with the same client tag; and what never left, by whoever asked. httpx's exceptions are
mapped here and nowhere else.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from ...trading.broker import Urgency
from ...trading.errors import DryfillError, NotSent, SessionExpired
from ...trading.exact_json import wire_json
from ...trading.renewal import Renewal
from .answers import judge, lost
from .rate_budget import Bucket
from .redaction import Secrets
from .requests import Body
from .turnstile import Turnstile, Waiting

Answer = dict[str, Any]

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_HISTORY = "History/retrieveBars"


class Rest:
    """Asks the gateway. `token`: the one that stands, None before the first login; `renew`: a new
    login, for all calls that found theirs over. `total_s`: the longest that one exchange takes, for
    a server that sends its answer drop by drop."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        turnstile: Turnstile,
        secrets: Secrets,
        token: Callable[[], str | None],
        renew: "Callable[[], Future[None]]",
        total_s: float,
    ) -> None:
        self.renewal = Renewal(renew)
        self._client = client
        self._turnstile = turnstile
        self._secrets = secrets
        self._token = token
        self._total_s = total_s
        self._under_way: dict[Task[None], None] = {}
        self._calls: dict[_Call, Future[Answer]] = {}
        self._closed = False

    def call(
        self,
        endpoint: str,
        body: Body,
        *,
        urgency: Urgency = Urgency.ORDINARY,
        deadline_s: float | None = None,
    ) -> "Future[Answer]":
        """The members of a successful answer. `endpoint` as in "Order/place".

        `deadline_s`: after so long it ends, in `NotSent` where it has not left, and else in
        `OutcomeUnknown`; what has left goes on, and nobody hears how it ends. Raises through the
        future `Refused` and what derives from it, and `OutcomeUnknown`.
        """
        call = _Call(endpoint, body, urgency, deadline_s)
        answer = self.renewal.call(lambda: self._attempt(call, self._token(), call.gone))
        if deadline_s is not None and not answer.done():
            loop = asyncio.get_running_loop()
            timer = loop.call_later(deadline_s, self._too_late, call, answer)
            answer.add_done_callback(lambda _: timer.cancel())
        self._calls[call] = answer
        answer.add_done_callback(lambda _: self._ended(call))
        return answer

    def bare(self, endpoint: str, body: Body, token: str | None = None) -> "Future[Answer]":
        """As `call`, for what makes sessions: nothing renews anything, and it goes first."""
        call = _Call(endpoint, body, Urgency.RISK_REDUCING, None)
        return self._attempt(call, token, lambda: False)

    async def close(self) -> None:
        """End what is under way, in `OutcomeUnknown`, and the connections."""
        self._closed = True
        self._turnstile.close()
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for call, answer in list(self._calls.items()):
            _fail(answer, NotSent(f"{call.endpoint}: the session was closed; it was not sent"))
        await self._client.aclose()

    # --- how --------------------------------------------------------------------------------------

    def _attempt(
        self, call: "_Call", token: str | None, gone: Callable[[], bool]
    ) -> "Future[Answer]":
        answer: Future[Answer] = asyncio.get_running_loop().create_future()
        call.left = False
        if self._closed:
            answer.set_exception(NotSent(f"{call.endpoint}: the session is closed"))
        elif token is None and not call.endpoint.startswith("Auth/"):
            answer.set_exception(SessionExpired(f"{call.endpoint}: nobody is logged in"))
        else:
            bucket = Bucket.HISTORY if call.endpoint == _HISTORY else Bucket.GENERAL
            go = partial(self._go, call, token, answer, gone)
            call.waiting = self._turnstile.enter(bucket, call.urgency, go)
        return answer

    def _go(
        self,
        call: "_Call",
        token: str | None,
        answer: "Future[Answer]",
        gone: Callable[[], bool],
    ) -> None:
        if gone() or self._closed:
            return
        call.left = True
        task = asyncio.get_running_loop().create_task(self._exchange(call, token, answer))
        self._under_way[task] = None
        task.add_done_callback(self._over)

    def _over(self, task: "Task[None]") -> None:
        del self._under_way[task]

    async def _exchange(self, call: "_Call", token: str | None, answer: "Future[Answer]") -> None:
        turn = call.waiting
        assert turn is not None, "what goes waited for its turn"
        try:
            found = await self._post(call.endpoint, call.body, token)
        except asyncio.CancelledError:
            _fail(answer, lost(call.endpoint, "the session was closed before the answer came"))
            raise
        except DryfillError as error:
            if isinstance(error, NotSent):
                call.left = False
            self._ended_in(error, turn)
            _fail(answer, error)
        else:
            self._turnstile.answered(turn)
            if not answer.done():
                answer.set_result(found)

    def _ended_in(self, error: DryfillError, turn: Waiting) -> None:
        """Let the turnstile know whether a request counts, which failed."""
        limited = isinstance(error, NotSent) and error.limited
        if isinstance(error, NotSent) and not (limited or isinstance(error, SessionExpired)):
            self._turnstile.never_left(turn)
            return
        self._turnstile.answered(turn)
        if isinstance(error, NotSent) and limited:
            self._turnstile.limited(error.retry_after_s)

    async def _post(self, endpoint: str, body: Body, token: str | None) -> Answer:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            async with asyncio.timeout(self._total_s):
                response = await self._client.post(
                    f"/api/{endpoint}", content=wire_json(body), headers=headers
                )
        except _NEVER_LEFT as error:
            # Not `from error`: it holds the request, and with it the token.
            how = self._secrets.hide(f"{type(error).__name__}: {error}")
            raise NotSent(f"{endpoint}: nobody was reached ({how})") from None
        except Exception as error:  # noqa: BLE001  whatever it is, the request may have left
            how = self._secrets.hide(f"{type(error).__name__}: {error}")
            raise lost(endpoint, f"no answer ({how})") from None
        try:
            return judge(endpoint, response.status_code, response.headers, response.content)
        except DryfillError as error:
            error.args = (self._secrets.hide(error),)
            raise

    def _too_late(self, call: "_Call", answer: "Future[Answer]") -> None:
        if call.left:
            how = f"no answer within {call.deadline_s:g} s"
            _fail(answer, lost(call.endpoint, how))
        else:
            text = f"{call.endpoint}: no room within {call.deadline_s:g} s; it was not sent"
            _fail(answer, NotSent(text, limited=True))

    def _ended(self, call: "_Call") -> None:
        """Nobody waits for the answer any more: what has not left does not leave."""
        del self._calls[call]
        call.over = True
        if call.waiting is not None:
            self._turnstile.leave(call.waiting)


class _Call:
    """One call of a port's, over its attempts. `left`: this attempt may have reached somebody."""

    __slots__ = ("body", "deadline_s", "endpoint", "left", "over", "urgency", "waiting")

    def __init__(
        self, endpoint: str, body: Body, urgency: Urgency, deadline_s: float | None
    ) -> None:
        self.endpoint = endpoint
        self.body = body
        self.urgency = urgency
        self.deadline_s = deadline_s
        self.left = False
        self.over = False
        self.waiting: Waiting | None = None

    def gone(self) -> bool:
        return self.over


def _fail(answer: "Future[Answer]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
