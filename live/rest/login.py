"""Who we are to the gateway: one login by key, kept fresh, and made once however many need it.

A token lives for a day; logging in again ends none before it (gateway-protocol 4). A while before
its end it is validated, which gives a new one; where that fails, and on a 401, the key logs in. A
key that was refused is not tried again for a while: the order manager asks every second, and who
tries a wrong key as often locks the trader out.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Callable
from typing import Protocol

from ...trading.errors import DryfillError, NotSent, Refused
from .redaction import Secrets
from .rest import Answer
from .token import expires_s

_PAUSES_S = (0.25, 0.5, 1.0)
"""Before the second try of a login that nobody answered, and so on. It moves no money: it may be
repeated, and what waits for it may be a stop."""


class Asks(Protocol):
    """Sends what makes sessions: see `Rest.bare`."""

    def __call__(
        self, endpoint: str, body: dict[str, object], token: str | None = None
    ) -> "Future[Answer]": ...


class Login:
    """The token of a session. `ask` sends a request without one; `now_s`: seconds since the epoch.

    `renew_before_s`: how long before its end a token is validated, and no more often than each
    `renew_least_s`; `refused_s`: how long a key that
    was refused is not tried again.
    """

    ask: Asks

    def __init__(
        self,
        user_name: str,
        api_key: Callable[[], str],
        secrets: Secrets,
        now_s: Callable[[], float],
        *,
        renew_before_s: float,
        renew_least_s: float,
        refused_s: float,
    ) -> None:
        self.token: str | None = None
        self.count = 0
        self._ends_s = 0.0
        self._user_name = user_name
        self._api_key = api_key
        self._secrets = secrets
        self._now_s = now_s
        self._renew_before_s = renew_before_s
        self._renew_least_s = renew_least_s
        self._refused_s = refused_s
        self._refusal: tuple[float, Refused] | None = None
        self._under_way: Task[None] | None = None

    def renew(self) -> "Future[None]":
        """Log in by key; who asks while that is under way waits for the same answer."""
        if self._under_way is None or self._under_way.done():
            self._under_way = asyncio.get_running_loop().create_task(self._by_key())
        return asyncio.shield(self._under_way)

    async def refresh(self) -> None:
        """Have a new token of the gateway before this one ends; by key where it gives none."""
        token = self.token
        if token is None:
            await self.renew()
            return
        try:
            answer = await self.ask("Auth/validate", {}, token)
        except DryfillError:
            await self.renew()
            return
        fresh = answer.get("newToken")
        if self.token == token:  # else a login was quicker
            self._take(fresh if isinstance(fresh, str) and fresh else token)

    @property
    def refresh_in_s(self) -> float:
        """How long until `refresh` is due; no less than `renew_least_s`: by a clock that is a day
        ahead every token is about to end."""
        return max(self._ends_s - self._renew_before_s - self._now_s(), self._renew_least_s)

    async def close(self) -> None:
        """Give up a login that is under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)

    # --- how --------------------------------------------------------------------------------------

    async def _by_key(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._refusal is not None and now_s < self._refusal[0]:
            raise self._refusal[1]
        key = self._api_key()
        self._secrets.add(key)
        answer = await self._ask_patiently({"userName": self._user_name, "apiKey": key})
        token = answer.get("token")
        if not isinstance(token, str) or not token:
            raise Refused("Auth/loginKey: success without a token")
        self._refusal = None
        self._take(token)

    async def _ask_patiently(self, body: dict[str, object]) -> Answer:
        for pause_s in (*_PAUSES_S, None):
            try:
                return await self.ask("Auth/loginKey", body)
            except DryfillError as error:
                if isinstance(error, Refused) and not isinstance(error, NotSent):
                    until_s = asyncio.get_running_loop().time() + self._refused_s
                    self._refusal = until_s, error
                    raise
                if pause_s is None or (isinstance(error, NotSent) and error.limited):
                    raise
            await asyncio.sleep(pause_s)
        raise AssertionError("the last try returns or raises")

    def _take(self, token: str) -> None:
        self._secrets.add(token)
        self.token = token
        self.count += 1
        self._ends_s = expires_s(token, self._now_s())
