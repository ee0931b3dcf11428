"""The REST half on HTTP: bodies, tokens, limits, envelope and statuses (gateway-protocol 2-5)."""

import logging
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ....trading.exact_json import wire_json
from .bodies import BadBody, LoginApp, LoginKey, Nothing, read_body
from .endpoints import ENDPOINTS, Desks
from .error_codes import Failed, Failure, code_of
from .rate_windows import RateWindows
from .sessions import Sessions
from .tokens import BadToken

_LOG = logging.getLogger("dryfill.gateway")
_JSON = "application/json"
_BODY_MOST = 1_000_000
_LOGINS: dict[str, type[LoginKey] | type[LoginApp]] = {
    "auth/loginkey": LoginKey,
    "auth/loginapp": LoginApp,
}
_SESSION = ("auth/validate", "auth/logout")
_HISTORY = "history/retrievebars"
_PAYLOADS = {"auth/loginkey": "token", "auth/loginapp": "token", "auth/validate": "newToken"}


class Rest:
    """Every request under `/api/`. `clock_s`: seconds that only ever rise, for the limits; `enter`
    brings the market up to now before a request acts, `left` says that it has acted."""

    def __init__(
        self,
        desks: Desks,
        sessions: Sessions,
        limits: RateWindows,
        clock_s: Callable[[], float],
        *,
        enter: Callable[[], None],
        left: Callable[[], None],
    ) -> None:
        self._desks = desks
        self._sessions = sessions
        self._limits = limits
        self._clock_s = clock_s
        self._enter = enter
        self._left = left

    async def answer(self, request: Request) -> Response:
        """The answer to a request. It never raises: what nobody foresaw is logged, and answered as
        the endpoint's UnknownError."""
        path = request.path_params["path"].strip("/").lower()
        try:
            return await self._answer(request, path)
        except BadBody as bad:
            return _problem(400, str(bad), bad.errors)
        except BadToken:
            return Response(status_code=401)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # noqa: BLE001  the last resort; never a 500, and always in the log
            _LOG.exception("the request for /api/%s failed, which is a fault of the twin", path)
            return failure(path, Failed(Failure.UNKNOWN, "UnknownError"))

    async def _answer(self, request: Request, path: str) -> Response:
        if path == "status/ping":
            return _json(200, "pong") if request.method == "GET" else Response(status_code=405)
        if path not in ENDPOINTS and path not in _LOGINS and path not in _SESSION:
            return _problem(404, f"There is nothing at /api/{path[:80]}.")
        if request.method != "POST":
            return Response(status_code=405)
        raw = await _body(request)
        if isinstance(raw, Response):
            return raw
        if path in _LOGINS:
            return self._login(path, raw)
        token = _bearer(request)
        user = self._sessions.user(token)
        if not self._limits.admit(user, _bucket(path), self._clock_s()):
            return Response(status_code=429)
        if path in _SESSION:
            read_body(raw, Nothing)
            act = self._sessions.validate if path == "auth/validate" else self._sessions.logout
            return success(act(token))
        return self._act(path, user, raw)

    def _login(self, path: str, raw: bytes) -> Response:
        body = read_body(raw, _LOGINS[path])
        # Of nobody we know all logins count together: a made-up name opens no window of its own.
        known = self._desks.venue.people.user(body.user_name)
        if not self._limits.admit(known.name if known else "", "others", self._clock_s()):
            return Response(status_code=429)
        try:
            if isinstance(body, LoginKey):
                return success(self._sessions.login_key(body))
            return success(self._sessions.login_app(body))
        except Failed as failed:
            return failure(path, failed)

    def _act(self, path: str, user: str, raw: bytes) -> Response:
        kind, _, endpoint = ENDPOINTS[path]
        body = read_body(raw, kind)
        self._enter()
        try:
            return success(endpoint(self._desks, user, body))
        except Failed as failed:
            return failure(path, failed)
        finally:
            self._left()


async def _body(request: Request) -> bytes | Response:
    """The body, or why it is not taken."""
    kind = request.headers.get("content-type", _JSON).split(";")[0].strip().lower()
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _BODY_MOST:
            return _problem(413, "The body is too large.")
        parts.append(part)
    is_json = kind in (_JSON, "text/json") or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if size and not is_json:
        return _problem(415, "The body has to be JSON.")
    return b"".join(parts)


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadToken("there is no token")
    return token.strip()


def _bucket(path: str) -> str:
    return "history" if path == _HISTORY else "others"


def success(payload: dict[str, Any]) -> Response:
    """The answer of an endpoint that did what was asked."""
    return _json(200, {**payload, "success": True, "errorCode": 0, "errorMessage": None})


def failure(path: str, failed: Failed) -> Response:
    """The answer of an endpoint, by its path in lower case, that did not."""
    name = ENDPOINTS[path][1] if path in ENDPOINTS else _PAYLOADS.get(path)
    payload = {} if name is None else {name: None}
    envelope = {
        "success": False,
        "errorCode": code_of(path, failed.failure),
        "errorMessage": failed.text,
    }
    return _json(200, {**payload, **failed.payload, **envelope})


def _problem(status: int, title: str, errors: dict[str, list[str]] | None = None) -> Response:
    """RFC 7807, as the real server's framework writes it."""
    problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if errors:
        problem["errors"] = errors
    return _json(status, problem, "application/problem+json")


def _json(status: int, value: Any, kind: str = _JSON) -> Response:
    return Response(wire_json(value), status, media_type=f"{kind}; charset=utf-8")
