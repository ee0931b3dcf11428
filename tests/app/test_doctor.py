"""The doctor names what was planted, and nothing else, on gateways on real sockets."""

import asyncio
import socket
from random import Random

import pytest
from pydantic import SecretStr
from twin_world import KEY, far_contract, setup_of, tape_of

from dryfill.app.doctor import CHECKS, Patient, Verdict, examine
from dryfill.app.session.real_time import now_ns
from dryfill.live.session import ProjectXSession
from dryfill.live.settings import LiveSettings
from dryfill.matching.engines import NATIVE, REFERENCE, make_engine
from dryfill.sim.gateway.real_time.serve import running_gateway, serving
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.trading.calendar import AlwaysOpen

MARKET = "\n".join(f"{ms} quote 80000x50 80001x70" for ms in range(0, 120_000, 200))
MARKET += "\n0 trade 80000x1 seller"
MARKET = "\n".join(sorted(MARKET.splitlines(), key=lambda line: int(line.split()[0])))
STILL = "0 trade 80000x1 seller\n3600000 quote 80000x5 80001x7"


class Visit:
    """An examination: what is planted, as changes to what is well."""

    def __init__(self, tmp_path):
        self.settings = {"user_name": "ada", "api_key": SecretStr(KEY), "auto_oco": True}
        self.account = None
        self.instrument = "MNQ"
        self.journal = str(tmp_path / "a.journal")
        self.ahead_s = 0
        self.market = MARKET
        self.accounts = None
        self.app = lambda app: app
        self.engines = None

    def found(self):
        """What was found, by check."""

        async def visit():
            listing = list_contract(far_contract(), tape_of(self.market), hours=AlwaysOpen())
            setup = setup_of(listing=listing, accounts=self.accounts)
            async with (
                running_gateway(setup) as running,
                serving(self.app(running.gateway.app), "127.0.0.1", 0) as url,
            ):
                return await self._examined({"rest": url, **self.settings})

        return {each.check: each for each in asyncio.run(visit())}

    async def _examined(self, settings):
        live = LiveSettings(**settings)
        patient = Patient(
            settings=live,
            account=self.account,
            instrument=self.instrument,
            journal=self.journal,
            now_ns=lambda: now_ns() + self.ahead_s * 10**9,
            connect=lambda: ProjectXSession.open(live, now_ns=now_ns, random=Random(1)),
        )
        return await examine(patient, lambda finding: None)


@pytest.fixture
def visit(tmp_path, monkeypatch):
    monkeypatch.setattr("dryfill.app.doctor._QUOTE_S", 0.7)
    monkeypatch.setattr("dryfill.app.doctor._SLOW_S", 0.1)
    return Visit(tmp_path)


def test_a_gateway_that_is_well_is_found_well(visit):
    found = visit.found()
    assert list(found) == [name for name, _, _ in CHECKS]
    assert {name: each for name, each in found.items() if each.verdict is not Verdict.WELL} == {}


def no_listener(visit):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        visit.settings["rest"] = f"http://127.0.0.1:{probe.getsockname()[1]}"


def something_else(visit):
    visit.settings["firm"] = "topstepx"

    def app(inner):
        async def other(scope, receive, send):
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"not here"})

        return other

    visit.app = app


def slow(visit):
    def app(inner):
        async def late(scope, receive, send):
            if scope.get("path") == "/api/Status/ping":
                await asyncio.sleep(0.15)
            await inner(scope, receive, send)

        return late

    visit.app = app


def no_hub(kind):
    def plant(visit):
        def app(inner):
            async def deaf(scope, receive, send):
                if scope.get("path") == f"/hubs/{kind}":
                    await send({"type": "websocket.close", "code": 1011})
                else:
                    await inner(scope, receive, send)

            return deaf

        visit.app = app

    return plant


def setting(name, value):
    def plant(visit):
        visit.settings[name] = value

    return plant


def given(name, value):
    def plant(visit):
        setattr(visit, name, value)

    return plant


class Forgetful:
    """An engine that does not tell its last report of a moment."""

    def __init__(self, engine):
        self.submit = engine.submit
        self._engine = engine

    def advance(self, to_ns):
        return self._engine.advance(to_ns)[:-1]


def another_engine(visit):
    visit.engines = lambda name, rules: (
        Forgetful(make_engine(REFERENCE, rules)) if name == NATIVE else make_engine(name, rules)
    )


PLANTED = {
    "the engine fills otherwise": (
        another_engine,
        "engine",
        "ill",
        "give --engine reference until then",
    ),
    "nobody listens": (no_listener, "address", "ill", "does not answer"),
    "the address is something else's": (
        something_else,
        "address",
        "ill",
        "answers, but not as a ProjectX Gateway does (404)",
    ),
    "it is far away": (slow, "latency", "watch", "trade from nearer by"),
    "the clock is ahead": (given("ahead_s", 120), "clock", "ill", " s ahead of the gateway's"),
    "the clock is behind": (given("ahead_s", -50), "clock", "ill", " s behind the gateway's"),
    "the key is not taken": (
        setting("api_key", SecretStr("k-wrong")),
        "login",
        "ill",
        "Auth/loginKey",
    ),
    "there is no key": (setting("api_key", None), "login", "ill", "there is no API key; set"),
    "the account is not there": (given("account", "50K"), "account", "ill", "PRACTICE-0 (1001)"),
    "the account may not trade": (
        given("accounts", [{"can_trade": False}]),
        "account",
        "ill",
        "has no active account",
    ),
    "the contract is not there": (
        given("instrument", "ES"),
        "contract",
        "ill",
        "no active contract",
    ),
    "the user hub is down": (no_hub("user"), "user hub", "ill", "the user hub is not up after"),
    "the market hub is down": (no_hub("market"), "market hub", "ill", "not up after 0.7 s"),
    "the market is still": (
        given("market", STILL),
        "market hub",
        "watch",
        f"no quote of {far_contract().symbol}",
    ),
    "Auto OCO is not told": (setting("auto_oco", None), "Auto OCO", "watch", "it is not said"),
    "Auto OCO is off": (setting("auto_oco", False), "Auto OCO", "watch", "said to be off"),
    "the journal has no folder": (
        given("journal", "/nowhere/at/all/a.journal"),
        "journal",
        "ill",
        "name another file with --journal",
    ),
}


@pytest.mark.parametrize("fault", list(PLANTED))
def test_what_was_planted_is_named(visit, fault, monkeypatch):
    plant, check, verdict, words = PLANTED[fault]
    monkeypatch.setattr("dryfill.live.session._UP_S", 0.7)
    monkeypatch.delenv("DRYFILL_LIVE_API_KEY", raising=False)
    plant(visit)
    if visit.engines is not None:
        monkeypatch.setattr("dryfill.app.doctor.chosen", lambda: NATIVE)
        monkeypatch.setattr("dryfill.app.doctor.make_engine", visit.engines)
    found = visit.found()
    assert (found[check].verdict, words in found[check].text) == (verdict_of(verdict), True), found[
        check
    ]
    others = {
        name: each.verdict
        for name, each in found.items()
        if name != check and each.verdict not in (Verdict.WELL, Verdict.UNKNOWN)
    }
    assert others == {}
    assert KEY not in str(found)


def verdict_of(word):
    return Verdict.ILL if word == "ill" else Verdict.WATCH


def test_at_least_eight_faults_are_planted():
    assert len({check for _, check, _, _ in PLANTED.values()}) >= 8
    assert {check for _, check, _, _ in PLANTED.values()} == {name for name, _, _ in CHECKS} - {
        "installation"
    }


def test_without_the_native_engine_all_is_well_and_the_price_is_said(monkeypatch):
    monkeypatch.setattr("dryfill.app.doctor.chosen", lambda: REFERENCE)
    (engine,) = [check for name, _, check in CHECKS if name == "engine"]
    assert "not built here: paper runs slower" in asyncio.run(engine(None))


def test_what_needs_something_ill_is_not_said_to_be_well(visit):
    visit.settings["api_key"] = SecretStr("k-wrong")
    found = visit.found()
    for check in ("account", "contract", "user hub", "market hub", "journal"):
        assert found[check].verdict is Verdict.UNKNOWN
        assert found[check].text.startswith("needs the ")
