"""The twin's own door: pause, step, speed, look at everything, end sessions, cut links, arm faults.

A second application with a token of its own, for a port of its own: no ProjectX client reaches it.
Every call answers the state after it.
"""

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ....scenarios.plan_text import make_plan
from ....trading.errors import ScenarioError, UsageError
from ....trading.exact_json import wire_json
from ....trading.words import TradingStatus
from ...faults.halts import STATES
from ..rest.bodies import BadBody, Body, Number, read_body
from ..words.market_wire import quote_arguments
from .pump import AS_FAST_AS_CAN
from .serve import RunningGateway

_SPEED_MOST = 1000
_STEP_MS_MOST = 86_400_000
_BODY_MOST = 1_000_000
_SIZE_MOST = 1_000_000
_STATUSES = {"open": TradingStatus.OPEN, **STATES}


class Nothing(Body, frozen=True):
    """A call without arguments."""


class Speed(Body, frozen=True):
    """`speed`: times real time, or "max"."""

    speed: int | str


class Step(Body, frozen=True):
    """`ms` of the market; None: to its next moment."""

    ms: int | None = None


class Arm(Body, frozen=True):
    """A plan of faults as in a file (docs/faults.md); without faults, none from now on. What it is
    about is the first account and contract, unless it is said."""

    fault: tuple[Any, ...] = ()
    name: str = ""
    account_id: int | None = None
    contract_id: str | None = None


class Market(Body, frozen=True):
    """A contract's market by hand: its price, with so many contracts bid, asked and traded, and
    then its state."""

    contract_id: str | None = None
    price: Number | None = None
    size: int = 100
    status: str | None = None


class Why(Body, frozen=True):
    """What clients are told."""

    why: str = "The session was ended."


def control_app(running: RunningGateway, token: str) -> Starlette:
    """The control API of a running gateway; `token` is wanted as a bearer on every call."""
    pump, control = running.pump, _Control(running)
    calls: dict[str, tuple[type[Body], Callable[[Any], None]]] = {
        "state": (Nothing, lambda body: None),
        "pause": (Nothing, lambda body: pump.set_speed(0)),
        "speed": (Speed, control.speed),
        "step": (Step, control.step),
        "logout": (Why, control.log_out),
        "cut": (Nothing, control.cut),
        "faults": (Arm, control.arm),
        "market": (Market, control.set_market),
    }
    return Starlette(
        routes=[
            Route(f"/{name}", partial(_answer, control, token, kind, act), methods=["POST"])
            for name, (kind, act) in calls.items()
        ]
    )


class _Control:
    def __init__(self, running: RunningGateway) -> None:
        self._gateway = running.gateway
        self._pump = running.pump
        self._arming = running.arming

    def speed(self, body: Speed) -> None:
        if body.speed == "max":
            if self._gateway.restamps:
                raise UsageError("times are restamped; as fast as it can, a market has none")
            self._pump.set_speed(AS_FAST_AS_CAN)
        elif isinstance(body.speed, int) and 0 <= body.speed <= _SPEED_MOST:
            self._pump.set_speed(body.speed)
        else:
            raise UsageError(f"speed is {body.speed!r}; give 0 to {_SPEED_MOST}, or max")

    def step(self, body: Step) -> None:
        if self._pump.speed:
            raise UsageError("the market moves by itself; pause it first")
        if body.ms is not None and not 1 <= body.ms <= _STEP_MS_MOST:
            raise UsageError(f"ms is {body.ms}; give 1 to {_STEP_MS_MOST}")
        self._pump.step(None if body.ms is None else body.ms * 10**6)

    def log_out(self, body: Why) -> None:
        self._gateway.sessions.tokens.end_all()
        for client in self._gateway.hubs.clients():
            client.log_out(body.why)

    def cut(self, body: Nothing) -> None:
        for client in self._gateway.hubs.clients():
            client.give_up("the control API cut it")

    def arm(self, body: Arm) -> None:
        plan = make_plan(*body.fault, name=body.name)
        self._arming.arm(plan, body.account_id, body.contract_id)

    def set_market(self, body: Market) -> None:
        venue = self._gateway.venue
        ticker = venue.listed(body.contract_id)
        if body.price is None and body.status is None:
            raise UsageError("give a price, a status, or both")
        if body.status is not None and body.status not in _STATUSES:
            raise UsageError(f"status is {body.status!r}; give one of {', '.join(_STATUSES)}")
        if not 1 <= body.size <= _SIZE_MOST:
            raise UsageError(f"size is {body.size}; give 1 to {_SIZE_MOST}")
        self._pump.catch_up()
        if body.price is not None:
            venue.set_market(ticker, body.price, body.size)
        if body.status is not None:
            venue.set_status(ticker, _STATUSES[body.status])
        self._pump.nudge()

    def state(self) -> dict[str, Any]:
        """Everything at a glance."""
        venue, pump, work = self._gateway.venue, self._pump, self._arming.work
        view = venue.view
        return {
            "marketNs": pump.now_ns,
            "shownNs": view.shown_ns(pump.now_ns),
            "endNs": venue.end_ns,
            "speed": "max" if pump.speed == AS_FAST_AS_CAN else pump.speed,
            "quotes": [
                quote_arguments(ticker, view.shown_ns(ticker.told_ns))[1]
                for ticker in venue.tickers.values()
            ],
            "status": {key: venue.status(each).name for key, each in venue.tickers.items()},
            "accounts": [
                {
                    **account.account_model(),
                    "positions": account.position_models(),
                    "orders": [
                        view.order(record, account.id)
                        for record in account.records()
                        if not record.status.terminal
                    ],
                }
                for account in venue.accounts.values()
            ],
            "clients": [
                {
                    "hub": client.kind.value,
                    "user": client.name,
                    "streams": [" ".join(each) for each in client.link.subscribed],
                }
                for client in self._gateway.hubs.clients()
            ],
            "faults": None if work is None else work.told(),
            "digest": venue.digest.hex,
        }


async def _answer(
    control: _Control,
    token: str,
    kind: type[Body],
    act: Callable[[Any], None],
    request: Request,
) -> Response:
    given = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {token}".encode()):
        return Response(status_code=401)
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > _BODY_MOST:
            return Response(status_code=413)
    try:
        act(read_body(raw, kind))
    except (BadBody, ScenarioError, UsageError) as error:
        return Response(str(error), 400)
    return Response(wire_json(control.state()), media_type="application/json")
