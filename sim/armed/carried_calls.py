"""A plan's faults of calls on real sockets: requests that end as the plan will have it."""

import asyncio
from typing import Any

import httpx

from ..gateway.rest.bodies import BadBody, Body, read_body
from ..gateway.rest.endpoints import ENDPOINTS
from ..network.application import Answer, Message, Receive, Send, ask
from ..network.rest import Course, Ends
from .behind import Behind
from .break_off import break_off
from .market_timers import MarketTimers
from .plan_at_work import PlanAtWork

_BODY_MOST = 1_000_000
_API = "/api/"


class _Filter(Body, frozen=True):
    account_id: int | None = None


class _About(Body, frozen=True):
    """What tells whose request it is."""

    account_id: int | None = None
    filter: _Filter | None = None
    user_name: str | None = None


async def carry_call(
    work: PlanAtWork, behind: Behind, scope: dict[str, Any], receive: Receive, send: Send
) -> None:
    """Serve one request of REST: as the application does, unless the plan has it otherwise."""
    path = str(scope["path"]).lower().removeprefix(_API).strip("/")
    course = None
    if scope["method"] == "POST" and (path in ENDPOINTS or path.startswith("auth/")):
        body, receive = await _heard(receive)
        if _concerns(work, behind, path, scope, body):
            course = _course_of(work, behind, path, body)
    if course is None:
        await behind.app(scope, receive, send)
    else:
        await _run(course, behind, scope, body, receive, send)


async def hold(receive: Receive) -> None:
    """Let a client wait until it gives up."""
    while "disconnect" not in (await receive())["type"]:
        pass


async def _until(timers: MarketTimers, at_ns: int) -> None:
    """Until the market has gone on to a moment."""
    if at_ns > timers.now_ns:
        over = asyncio.Event()
        timers.call_at_ns(at_ns, over.set)
        await over.wait()


async def _run(
    course: Course,
    behind: Behind,
    scope: dict[str, Any],
    body: bytes,
    receive: Receive,
    send: Send,
) -> None:
    timers = behind.timers
    sent_ns = timers.now_ns
    arrives_ns = sent_ns + course.request_ns
    await _until(timers, arrives_ns)
    found: Ends | None = course.ends
    if course.arrives:
        answer = await _acted(course, behind, scope, body)
        found = answer if found is None else found
    if course.silent or found is None:
        await hold(receive)
        return
    late_ns = course.ends_after_ns
    await _until(timers, arrives_ns + course.response_ns if late_ns is None else sent_ns + late_ns)
    if isinstance(found, Answer):
        await _answer(found, course.cut, scope, send)
        if course.cut is not None:
            break_off(scope, reset=False)
            await hold(receive)
        return
    # A client times out by its own clock; the plan's time is when the server lets go of it.
    break_off(scope, reset=not isinstance(found, httpx.TimeoutException))
    await hold(receive)


async def _acted(course: Course, behind: Behind, scope: dict[str, Any], body: bytes) -> Answer:
    if course.instead is None:
        return await ask(behind.app, scope, body)
    with behind.acting():
        return course.instead()


async def _answer(answer: Answer, cut: int | None, scope: dict[str, Any], send: Send) -> None:
    named = [(name, value) for name, value in answer.headers if name != b"content-length"]
    length = (b"content-length", b"%d" % len(answer.body))
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": [*named, length]}
    )
    part = {"type": "http.response.body", "body": answer.body[:cut]}
    await send(part | {"more_body": cut is not None})


def _course_of(work: PlanAtWork, behind: Behind, path: str, body: bytes) -> Course | None:
    try:
        with behind.acting():
            return work.courses.of(httpx.Request("POST", f"http://twin{_API}{path}"), body)
    except BadBody:  # the endpoint says what is wrong with it
        return None


def _concerns(
    work: PlanAtWork, behind: Behind, path: str, scope: dict[str, Any], body: bytes
) -> bool:
    """Whether a request is of the account's client: by its token, or by the name that logs in."""
    try:
        about = read_body(body, _About)
    except BadBody:
        return False
    logs_in = path.startswith("auth/login")
    user = (about.user_name or "") if logs_in else behind.user_of_request(scope)
    named = about.account_id if about.filter is None else about.filter.account_id
    return user.lower() == work.user.lower() and named in (None, work.account.id)


async def _heard(receive: Receive) -> tuple[bytes, Receive]:
    """A request's body, and a `receive` that tells it again. Of one that is too large for any
    endpoint only the beginning."""
    heard: list[Message] = []
    body = b""
    more = True
    while more and len(body) <= _BODY_MOST:
        message = await receive()
        heard.append(message)
        body += message.get("body", b"")
        more = bool(message.get("more_body", False))

    async def again() -> Message:
        return heard.pop(0) if heard else await receive()

    return body, again
