"""One login at one gateway: REST, the two hubs, the budget, and what stands on them.

    async with await ProjectXSession.open(settings, now_ns=…, random=…) as session:
        broker = await session.broker("50KTC-V2-…")
        es = await session.market.find("ES")

A session gives a broker for each account and one market, and ends with `close`.
"""

import asyncio
from asyncio import Task
from collections.abc import Callable
from datetime import date
from random import Random
from types import TracebackType
from typing import Any, Self

import httpx

from ..trading import instruments
from ..trading.errors import ConnectionLost, DryfillError, SessionExpired
from ..trading.instrument import Instrument
from .account_choice import check_account, choose
from .broker import ProjectXBroker
from .chaining import failed
from .hubs import streams
from .hubs.carrier import Dial, dialler
from .hubs.hub_client import HubClient
from .hubs.hub_session import HubSession, HubSettings
from .hubs.records import Bad
from .market import ProjectXMarket
from .meaning.models import AccountModel
from .questions.answered import read
from .questions.contracts import Contracts, Find
from .questions.last_price import LastPrices
from .questions.lookup import Lookup
from .rest.login import Login
from .rest.rate_budget import RateBudget, RateLimits
from .rest.redaction import Secrets
from .rest.rest import Rest
from .rest.turnstile import Turnstile
from .settings import LiveSettings

_REFRESH_AGAIN_S = 30.0  # after a refresh that failed
_UP_S = 30.0  # how long a hub may take to be up at the start


def _on(name: str, on: date) -> Instrument:
    return instruments.find(name, on=on)


class ProjectXSession:
    """See the module. Made by `open`.

    `now_ns` is the wall clock, for tokens, windows of history and nothing else: deadlines and
    watchdogs go by the loop's own. `notices` collects what a trader should read, the newest last.
    """

    def __init__(
        self,
        settings: LiveSettings,
        *,
        now_ns: Callable[[], int],
        random: Random,
        transport: httpx.AsyncBaseTransport | None = None,
        dial: Dial | None = None,
        limits: RateLimits | None = None,
        hub_settings: HubSettings | None = None,
        find: Find = _on,
    ) -> None:
        self.settings = settings
        self.secrets = Secrets()
        self.notices: list[str] = []
        self.brokers: dict[int, ProjectXBroker] = {}
        self._now_ns = now_ns
        self._stale: str | None = None  # a token that the hubs do not take any more
        self._tasks: list[Task[None]] = []
        self._opening = asyncio.Lock()
        self.login = Login(
            settings.user_name,
            settings.key,
            self.secrets,
            lambda: now_ns() / 1e9,
            renew_before_s=settings.renew_before_s,
            renew_least_s=settings.renew_least_s,
            refused_s=settings.login_refused_s,
        )
        self.turnstile = Turnstile(RateBudget(limits or RateLimits()))
        client = httpx.AsyncClient(
            base_url=settings.rest_origin,
            transport=transport,
            trust_env=False,
            # Without TLS no certificates are needed, and reading them costs 0.1 s.
            verify=settings.rest_origin.startswith("https:"),
            follow_redirects=False,
            timeout=httpx.Timeout(
                connect=settings.connect_s,
                write=settings.write_s,
                read=settings.read_s,
                pool=settings.pool_s,
            ),
        )
        self.rest = Rest(
            client,
            self.turnstile,
            self.secrets,
            lambda: self.login.token,
            self.login.renew,
            settings.total_s,
        )
        self.login.ask = self.rest.bare
        self.contracts = Contracts(find)
        self.lookup = Lookup(self.rest, self.contracts, now_ns, self._notice)
        dial, hubs = dial or dialler(settings.carrier), hub_settings or HubSettings()
        self.user_hub = self._hub("user", hubs, dial, _UserHub(self), random)
        self.market = ProjectXMarket(self.rest, self.lookup, now_ns, settings)
        self.market_hub = self._hub("market", hubs, dial, self.market, random)
        self.market.hub = self.market_hub
        self.market.logged_out, self.market.notice = self.log_out, self._notice
        self.last_prices: LastPrices = self.market.last_prices

    @classmethod
    async def open(cls, settings: LiveSettings, **given: Any) -> "ProjectXSession":
        """A session that is logged in; arguments as of the class. Raises `Refused` where the key is
        not taken, and whatever a first request may end in."""
        session = cls(settings, **given)
        try:
            await session.login.renew()
        except BaseException:
            await session.close()
            raise
        session._tasks.append(asyncio.get_running_loop().create_task(session._keep_fresh()))
        return session

    async def accounts(self) -> list[AccountModel]:
        """The accounts of this user that are active."""
        endpoint = "Account/search"
        answer = await self.rest.call(endpoint, {"onlyActiveAccounts": True})
        return read(AccountModel, endpoint, answer, "accounts")

    async def broker(
        self, account: str | int | None = None, *, needs_cancel: bool = True
    ) -> ProjectXBroker:
        """The broker of an account, by its name or id; None: the only one there is.

        Its stream is up when this returns. Raises `UsageError` for an account that is not there or
        may not trade, and for one that is not simulated: the gateway documents no cancel for those,
        so that only a strategy that needs none (`needs_cancel=False`) may trade there.
        """
        model = choose(account, await self.accounts())
        check_account(model, self.settings.simulated, needs_cancel)
        async with self._opening:  # two brokers of one account would each hear half
            if model.id not in self.brokers:
                await self._begin(model)
        return self.brokers[model.id]

    async def close(self) -> None:
        """End everything: hubs, requests that are under way, connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for broker in self.brokers.values():
            await broker.close()
        await self.user_hub.close()
        await self.market_hub.close()  # before the market, which it would go on telling
        await self.market.close()
        await self.login.close()
        await self.rest.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def log_out(self, why: str) -> None:
        """The gateway ended the session: the token counts as gone, and both hubs come back with
        another."""
        self._stale = self.login.token
        self._notice(f"the gateway logged us out: {self.secrets.hide(why)}")
        for hub in (self.user_hub, self.market_hub):
            hub.hang_up("the gateway logged us out")

    # --- how --------------------------------------------------------------------------------------

    async def _begin(self, model: AccountModel) -> None:
        broker = ProjectXBroker(
            model, self.rest, self.lookup, self.last_prices, self._now_ns, self.settings
        )
        await broker.questions.begin(self._now_ns())
        self.brokers[model.id] = broker  # before its streams begin: nothing of them is lost
        wanted = [self.user_hub.subscribe(each) for each in streams.of_account(model.id)]
        self.user_hub.start()
        try:
            async with asyncio.timeout(_UP_S):
                await asyncio.gather(*wanted)
        except BaseException as error:
            del self.brokers[model.id]
            self._end_streams(model.id)
            await broker.close()
            if not isinstance(error, TimeoutError):
                raise
            why = self.user_hub.last_error or "no reason given"
            raise ConnectionLost(f"the user hub is not up after {_UP_S:g} s: {why}") from None

    def _end_streams(self, account_id: int) -> None:
        """Nobody trades this account: while its streams were wanted and not confirmed, no other
        account's hub would be up."""
        kept = streams.of_account(next(iter(self.brokers))) if self.brokers else ()
        for each in streams.of_account(account_id):
            if each not in kept:
                self.user_hub.unsubscribe(each)

    def _hub(
        self, name: str, settings: HubSettings, dial: Dial, listener: Any, random: Random
    ) -> HubClient:
        used: list[str] = []  # the token of the newest dial

        async def address() -> str:
            used[:] = [await self._token()]
            origin = self.settings.hub_origin.replace("http", "ws", 1)
            return f"{origin}/hubs/{name}?access_token={used[0]}"

        async def denied() -> None:
            self._stale = used[0]

        session = HubSession(settings)
        hide = self.secrets.hide
        return HubClient(session, dial, address, denied, listener, self.settings, random, hide)

    async def _token(self) -> str:
        """The token that stands; another one where this one is known to be gone. However many ask,
        hubs and requests together, there is one login."""
        return await self.rest.renewal.call(self._stands)

    def _stands(self) -> "asyncio.Future[str]":
        token = self.login.token
        if token is None or token == self._stale:
            return failed(SessionExpired("the token is gone"))
        stands: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stands.set_result(token)
        return stands

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(self.login.refresh_in_s)
            try:
                await self.login.refresh()
            except DryfillError as error:
                self._notice(f"the session was not renewed: {error}")
                await asyncio.sleep(_REFRESH_AGAIN_S)

    def _notice(self, text: str) -> None:
        self.notices.append(text)
        del self.notices[:-100]


class _UserHub:
    """Who hears the user hub: every account's broker, each of which takes what is its own."""

    def __init__(self, session: ProjectXSession) -> None:
        self._session = session

    @property
    def _brokers(self) -> list[ProjectXBroker]:
        return list(self._session.brokers.values())

    def on_up(self, generation: int) -> None:
        for broker in self._brokers:
            broker.on_up()

    def on_down(self, why: str) -> None:
        for broker in self._brokers:
            broker.on_down(why)

    def on_told(self, target: str, arguments: list[Any]) -> None:
        if target.lower() == "gatewaylogout":
            self._session.log_out(str(arguments[0]) if arguments else "no reason given")
            return
        for broker in self._brokers:
            broker.on_told(target, arguments)

    def on_bad(self, bad: Bad) -> None:
        for broker in self._brokers:
            broker.on_bad(bad.why, bad.sample)

    def on_fault(self, error: Exception) -> None:
        for broker in self._brokers:
            broker.on_bad(f"a listener failed: {error!r}", "")
