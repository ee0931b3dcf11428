"""`dryfill doctor`: what stands between a trader and the first order, found and said in words.

Checks go in the order in which one needs the other; after one that fails, those that need it are
said to be not looked at. No check places, changes or closes anything.
"""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from statistics import median

import httpx

from .. import __version__
from ..live.account_choice import check_account, choose
from ..live.hubs.carrier import dialler
from ..live.meaning.models import AccountModel
from ..live.rest.answers import http_date
from ..live.session import ProjectXSession
from ..live.settings import LiveSettings
from ..matching.commands import Command, NewOrder, SetMarket
from ..matching.engines import NATIVE, REFERENCE, chosen, make_engine
from ..matching.reports import Report
from ..matching.rules import Rules
from ..trading.errors import DryfillError
from ..trading.events import MarketEvent
from ..trading.instrument import Instrument
from ..trading.market import Channel
from ..trading.words import OrdType, Side
from .session.journal_file import journal_path

_PINGS = 5
_SLOW_S = 0.5
_CLOCK_S = 2.0  # the gateway's Date has whole seconds, and the way takes its time
_QUOTE_S = 10.0


class Verdict(StrEnum):
    """WELL; WATCH: it works, and somebody should know; ILL: nothing can be traded like this;
    UNKNOWN: not looked at, because something before it is ill."""

    WELL = "well"
    WATCH = "watch"
    ILL = "ill"
    UNKNOWN = "not looked at"


@dataclass(frozen=True)
class Finding:
    """What a check found: its name, the verdict, and in words what is so and what to do."""

    check: str
    verdict: Verdict
    text: str


class Ill(Exception):
    """A check's own word for what is wrong; with what to do."""


@dataclass(kw_only=True)
class Patient:
    """What is examined, and what the checks before have found out of it."""

    settings: LiveSettings
    account: str | None
    instrument: str | None
    journal: str | None
    now_ns: Callable[[], int]
    connect: Callable[[], Awaitable[ProjectXSession]]
    session: ProjectXSession | None = None
    model: AccountModel | None = None
    contract: Instrument | None = None
    date: str = ""
    pings_s: list[float] = field(default_factory=list)


Check = Callable[[Patient], Awaitable[str | Finding]]


async def examine(patient: Patient, told: Callable[[Finding], None]) -> list[Finding]:
    """Make every check that can be made; `told` hears each finding as it comes."""
    found: list[Finding] = []
    ill: set[str] = set()
    try:
        for name, needs, check in CHECKS:
            missing = [each for each in needs if each in ill]
            if missing:
                finding = Finding(name, Verdict.UNKNOWN, f"needs the {missing[0]}")
            else:
                finding = await _made(name, check, patient)
            if finding.verdict in (Verdict.ILL, Verdict.UNKNOWN):
                ill.add(name)
            found.append(finding)
            told(finding)
    finally:
        if patient.session is not None:
            await patient.session.close()
    return found


async def _made(name: str, check: Check, patient: Patient) -> Finding:
    try:
        said = await check(patient)
    except (Ill, DryfillError) as error:
        return Finding(name, Verdict.ILL, str(error))
    if isinstance(said, Finding):
        return said
    return Finding(name, Verdict.WELL, said)


# --- the checks -----------------------------------------------------------------------------------


async def _installation(patient: Patient) -> str:
    dialler(patient.settings.carrier)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"dryfill {__version__} on {python}, hubs over {patient.settings.carrier}"


async def _engine(patient: Patient) -> str:
    """A purchase and the stop that closes it, on the engine that matches paper trades here."""
    name = chosen()
    if name == REFERENCE:
        return f"{REFERENCE}; the native one was not built here: paper runs slower, and fills alike"
    if _round_trip(NATIVE) != _round_trip(REFERENCE):
        raise Ill(
            "the native engine fills otherwise than the reference: its build is damaged or of "
            "another version; install Dryfill anew, and give --engine reference until then"
        )
    return f"{name}; a purchase and its stop fill as they do at the reference"


def _round_trip(name: str) -> list[Report]:
    """What an engine tells of two contracts bought at 101, and stopped out two units lower."""
    engine = make_engine(name, Rules(protection=24))
    told: list[Report] = []
    commands: tuple[Command, ...] = (
        SetMarket(bid=100, ask=101, size=5),
        NewOrder(1, Side.BUY, OrdType.MARKET, 2),
        NewOrder(2, Side.SELL, OrdType.STOP, 2, stop_px=99),
        SetMarket(bid=99, ask=100, size=5),
    )
    for at_ns, command in enumerate(commands):
        engine.submit(at_ns, command)
        told += engine.advance(at_ns)
    return told


async def _address(patient: Patient) -> str:
    """The gateway answers a ping that needs no token; five of them tell how long one takes."""
    origin, timeout = patient.settings.rest_origin, patient.settings.connect_s
    try:
        async with httpx.AsyncClient(base_url=origin, timeout=timeout, trust_env=False) as client:
            for _ in range(_PINGS):
                began_s = asyncio.get_running_loop().time()
                answer = await client.get("/api/Status/ping")
                patient.pings_s.append(asyncio.get_running_loop().time() - began_s)
    except httpx.HTTPError as error:
        raise Ill(
            f"{origin} does not answer: {str(error) or type(error).__name__}; is the address right "
            f"(DRYFILL_LIVE_FIRM, DRYFILL_LIVE_REST), and is there a network?"
        ) from error
    if answer.status_code != 200 or "pong" not in answer.text:
        raise Ill(
            f"{origin} answers, but not as a ProjectX Gateway does ({answer.status_code}); "
            f"is the address right (DRYFILL_LIVE_FIRM, DRYFILL_LIVE_REST)?"
        )
    patient.date = answer.headers.get("date", "")
    return f"{origin} answers"


async def _latency(patient: Patient) -> str | Finding:
    took_s = median(patient.pings_s[1:])  # the first one also made the connection
    text = f"a request takes {took_s * 1000:.0f} ms there and back"
    if took_s > _SLOW_S:
        text += "; a stop is worked on for as long after each fill: trade from nearer by"
        return Finding("latency", Verdict.WATCH, text)
    return text


async def _clock(patient: Patient) -> str | Finding:
    theirs = http_date(patient.date)
    if theirs is None:
        return Finding("clock", Verdict.WATCH, "the gateway does not say what time it is")
    ours = datetime.fromtimestamp(patient.now_ns() / 1e9, UTC)
    off_s = (ours - theirs).total_seconds()
    if abs(off_s) > _CLOCK_S + max(patient.pings_s):
        raise Ill(
            f"this machine's clock is {abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'behind'} "
            f"the gateway's; history and the end of the token are asked by it: let the system set "
            f"it (timedatectl set-ntp true)"
        )
    return "this machine's clock agrees with the gateway's"


async def _login(patient: Patient) -> str:
    patient.session = await patient.connect()
    return f"the key of {patient.settings.user_name} is taken"


async def _account(patient: Patient) -> str:
    session = _session(patient)
    model = choose(patient.account, await session.accounts())
    check_account(model, patient.settings.simulated, True)
    patient.model = model
    return f"{model.name} ({model.id}) is simulated and may trade"


async def _contract(patient: Patient) -> str | Finding:
    if patient.instrument is None:
        return Finding("contract", Verdict.UNKNOWN, "name one with --instrument")
    session = _session(patient)
    patient.contract = await session.market.find(patient.instrument)
    text = f"{patient.instrument} is {patient.contract.symbol}"
    if session.notices:
        return Finding("contract", Verdict.WATCH, f"{text}; {session.notices[-1]}")
    return text


async def _user_hub(patient: Patient) -> str:
    assert patient.model is not None
    await _session(patient).broker(patient.model.id)
    return "orders, positions and fills are streamed"


async def _market_hub(patient: Patient) -> str | Finding:
    assert patient.contract is not None
    session, heard = _session(patient), asyncio.Event()

    def hear(event: MarketEvent) -> None:
        heard.set()

    try:
        async with asyncio.timeout(_QUOTE_S):
            await session.market.subscribe(patient.contract, Channel.QUOTES, hear)
    except TimeoutError:
        why = session.market_hub.last_error or "no reason given"
        raise Ill(f"the market hub is not up after {_QUOTE_S:g} s: {why}") from None
    try:
        async with asyncio.timeout(_QUOTE_S):
            await heard.wait()
    except TimeoutError:
        return Finding(
            "market hub",
            Verdict.WATCH,
            f"it is up, and no quote of {patient.contract.symbol} came within {_QUOTE_S:g} s: the "
            f"market is shut, or this user has no market data",
        )
    return f"quotes of {patient.contract.symbol} come"


async def _auto_oco(patient: Patient) -> str | Finding:
    told = patient.settings.auto_oco
    if told:
        return "Auto OCO is said to be on: the gateway keeps the stop and target of an entry"
    said = "not said" if told is None else "said to be off"
    return Finding(
        "Auto OCO",
        Verdict.WATCH,
        f"it is {said}: stops are sent by this program after each fill, and it has to run. Switch "
        f"Auto OCO Brackets on in the account's settings, and say auto_oco = true",
    )


async def _journal(patient: Patient) -> str:
    assert patient.model is not None
    try:
        path = journal_path(patient.journal, patient.model.name)
        probe = path.with_name(path.name + ".probe")
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise Ill(
            f"the journal cannot be written: {error}; name another file with --journal"
        ) from error
    return f"{path} can be written"


def _session(patient: Patient) -> ProjectXSession:
    assert patient.session is not None, "checks that need a session come after the login"
    return patient.session


CHECKS: tuple[tuple[str, tuple[str, ...], Check], ...] = (
    ("installation", (), _installation),
    ("engine", ("installation",), _engine),
    ("address", ("installation",), _address),
    ("latency", ("address",), _latency),
    ("clock", ("address",), _clock),
    ("login", ("address",), _login),
    ("account", ("login",), _account),
    ("contract", ("login",), _contract),
    ("user hub", ("account",), _user_hub),
    ("market hub", ("contract",), _market_hub),
    ("Auto OCO", (), _auto_oco),
    ("journal", ("account",), _journal),
)
"""Name, what has to be well before, and the check."""
