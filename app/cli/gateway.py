"""What `dryfill gateway` does once it is understood: market, accounts, server, how to log in."""

import asyncio
import ipaddress
import os
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ...scenarios.plan import Plan
from ...scenarios.plan_text import read_plan
from ...sim.armed.plan_at_work import check_carriable
from ...sim.gateway.gateway import GatewaySetup
from ...sim.gateway.real_time.control import control_app
from ...sim.gateway.real_time.pump import AS_FAST_AS_CAN
from ...sim.gateway.real_time.serve import RunningGateway, check_free, running_gateway, serving
from ...sim.gateway.rest.rate_windows import GATEWAY_LIMITS
from ...sim.gateway.venue.accounts import People, one_user, read_people
from ...sim.gateway.words.wire_models import PROFILES, WireProfile
from ...trading.errors import UsageError
from ..session.real_time import interrupts
from ..session.twin_market import TwinMarket, speed_of
from .run import Doing, guarded

KEY_VARIABLE = "DRYFILL_GATEWAY_KEY"
CONTROL_VARIABLE = "DRYFILL_GATEWAY_CONTROL"
_ENVELOPES, _TAPES = ("wrapped", "flat", "mixed"), ("list", "object")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A gateway as the command line asks for it."""

    host: str
    port: int
    any_address: bool
    control_port: int | None
    traded: TwinMarket
    speed: str
    restamp: bool
    accounts: str | None
    user: str
    profile: str
    envelope: str
    tape: str
    limits: bool
    faults: str | None
    keep: str | None


def show_gateway(asked: Asked, *, debug: bool) -> int:
    """Serve until a signal; the exit code."""
    return guarded(lambda: _gateway(asked), None, Doing(), debug)


def _gateway(asked: Asked) -> None:
    key = os.environ.get(KEY_VARIABLE, "")
    _check_address(asked, key)
    if speed_of(asked.speed) == AS_FAST_AS_CAN and asked.restamp:
        raise UsageError("at speed max a market has no time on the wall; add --no-restamp")
    plan = Plan() if asked.faults is None else read_plan(asked.faults)
    check_carriable(plan)  # first: the market takes seconds to make
    setup = _setup(asked, key)
    asyncio.run(_serve(asked, setup, plan, printed_key=not key and asked.accounts is None))


async def _serve(asked: Asked, setup: GatewaySetup, plan: Plan, *, printed_key: bool) -> None:
    ended = asyncio.Event()
    async with AsyncExitStack() as stack:
        stack.enter_context(interrupts(ended.set))
        twin = running_gateway(
            setup,
            host=asked.host,
            port=asked.port,
            speed=speed_of(asked.speed),
            restamp=asked.restamp,
            keep=None if asked.keep is None else Path(asked.keep),
            stopped=ended.set,
        )
        with _at(asked.host, asked.port, "--port"):
            running = await stack.enter_async_context(twin)
        running.arming.arm(plan)
        for line in _greeting(asked, running, printed_key):
            print(line)
        if asked.control_port is not None:
            given = os.environ.get(CONTROL_VARIABLE, "")
            token = given or secrets.token_urlsafe(18)
            app = control_app(running, token)
            with _at(asked.host, asked.control_port, "--control-port"):
                url = await stack.enter_async_context(serving(app, asked.host, asked.control_port))
            print(f"  control     {url}{'' if given else f', token {token}'}")
        print("Ctrl-C ends it.", flush=True)
        await ended.wait()
    print("the gateway has ended")


def _greeting(asked: Asked, running: RunningGateway, printed_key: bool) -> list[str]:
    """What a user needs to log in. A key that was given is never repeated."""
    setup, url = running.gateway.setup, running.url
    key = running.api_key if printed_key else "as given"
    lines = [
        f"dryfill gateway at {url}, profile {asked.profile}, speed {asked.speed}",
        f"  REST        {url}/api    hubs {url}/hubs/user, {url}/hubs/market",
        f"  log in      POST {url}/api/Auth/loginKey, userName {running.user_name}, apiKey {key}",
    ]
    for account in setup.people.accounts:
        mode = "Auto OCO brackets" if account.brackets == "auto-oco" else "Position brackets"
        lines.append(f"  account     {account.id} {account.name}, {account.cash:f}, {mode}")
    for ticker in running.gateway.venue.tickers.values():
        instrument = ticker.instrument
        source = "generated" if asked.traded.generated else "recorded"
        lines.append(f"  contract    {ticker.contract_id} ({instrument.symbol}), {source}")
    if asked.faults is not None:
        lines.append(f"  faults      {asked.faults}, on account {setup.people.accounts[0].id}")
    shown = "the wall's clock" if asked.restamp else "the tape's"
    (engine,) = dict.fromkeys(listing.engine for listing in setup.listings)
    return [*lines, f"  times       {shown}", f"  engine      {engine}"]


def _setup(asked: Asked, key: str) -> GatewaySetup:
    if asked.profile not in PROFILES:
        raise UsageError(f"profile {asked.profile!r} is none of {', '.join(PROFILES)}")
    for value, known, name in (
        (asked.envelope, _ENVELOPES, "envelope"),
        (asked.tape, _TAPES, "tape"),
    ):
        if value not in known:
            raise UsageError(f"{name} {value!r} is none of {', '.join(known)}")
    profile = WireProfile(
        since_2026=PROFILES[asked.profile].since_2026,
        envelope=asked.envelope,  # type: ignore[arg-type]  # checked above
        tape=asked.tape,  # type: ignore[arg-type]
    )
    people = _people(asked, key)  # first: the market takes seconds to make
    for port, option in ((asked.port, "--port"), (asked.control_port, "--control-port")):
        if port is not None:
            with _at(asked.host, port, option):
                check_free(asked.host, port)
    return GatewaySetup(
        listings=asked.traded.listings(),
        people=people,
        profile=profile,
        limits=GATEWAY_LIMITS if asked.limits else None,
    )


def _people(asked: Asked, key: str) -> People:
    if asked.accounts is not None:
        return read_people(asked.accounts)
    return one_user(asked.user, key or secrets.token_urlsafe(18))


def _check_address(asked: Asked, key: str) -> None:
    """Loopback needs nothing. Any other address is open to whoever reaches it, so that it takes a
    flag, and a key of the user's own."""
    if _is_loopback(asked.host):
        return
    if not asked.any_address:
        raise UsageError(
            f"{asked.host} can be reached from other machines; if that is meant, add --any-address"
        )
    if not key and asked.accounts is None:
        raise UsageError(
            f"for {asked.host} give a key of your own: set {KEY_VARIABLE}, or name --accounts"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _at(host: str, port: int, option: str) -> Iterator[None]:
    """An address that cannot be served is the user's to change."""
    try:
        yield
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{host}:{port} cannot be served: {why}; give another {option}") from error
