"""One new login, however many calls found the old one expired, and then each call once more.

For adapters of brokers whose sessions end: a 401 is proof that a call did nothing, so that it may
be made again with the same client tag (race-scenarios RS-41). Whoever logged in at once for each
call that failed would lock himself out.
"""

from asyncio import CancelledError, Future, get_running_loop
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from .errors import SessionExpired

T = TypeVar("T")


class Renewal:
    """Makes calls, and renews the session where one ends in `SessionExpired`.

    `renew` logs in: a Future that is done when the new session stands, or fails with why it does
    not; then the calls that wait for it fail with `SessionExpired`, and the next one tries anew.
    """

    def __init__(self, renew: "Callable[[], Future[None]]") -> None:
        self._renew = renew
        self._under_way: Future[None] | None = None
        self._count = 0  # sessions so far: a call may learn late that an old one had expired

    def call(self, make: "Callable[[], Future[T]]") -> "Future[T]":
        """The answer of a call, made again once where the session had expired."""
        answer: Future[T] = get_running_loop().create_future()
        make().add_done_callback(partial(self._ended, answer, make, self._count))
        return answer

    def _ended(
        self,
        answer: "Future[T]",
        make: "Callable[[], Future[T]]",
        session: int,
        done: "Future[T]",
    ) -> None:
        if not isinstance(_error(done), SessionExpired):
            _pass_on(done, answer)
        elif session != self._count:  # another call renewed it meanwhile
            self._again(answer, make)
        else:
            self._renewed().add_done_callback(partial(self._stands, answer, make))

    def _renewed(self) -> "Future[None]":
        if self._under_way is None:
            self._under_way = self._renew()
            self._under_way.add_done_callback(self._over)
        return self._under_way

    def _over(self, renewal: "Future[None]") -> None:
        self._under_way = None
        self._count += _error(renewal) is None

    def _stands(
        self, answer: "Future[T]", make: "Callable[[], Future[T]]", renewal: "Future[None]"
    ) -> None:
        error = _error(renewal)
        if error is None:
            self._again(answer, make)
        elif not answer.done():
            expired = SessionExpired(f"the session expired, and no new one was given: {error}")
            expired.__cause__ = error
            answer.set_exception(expired)

    def _again(self, answer: "Future[T]", make: "Callable[[], Future[T]]") -> None:
        if not answer.done():  # else its caller is gone
            make().add_done_callback(lambda done: _pass_on(done, answer))


def _error(done: "Future[Any]") -> BaseException | None:
    return CancelledError() if done.cancelled() else done.exception()


def _pass_on(done: "Future[T]", answer: "Future[T]") -> None:
    error = _error(done)
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
