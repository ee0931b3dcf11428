"""RS-41: a session that expires under many calls is renewed once, and each goes out once more."""

import asyncio

import pytest

from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import NotSent, OutcomeUnknown, SessionExpired
from dryfill.trading.renewal import Renewal


class Gateway:
    """Answers calls when the test says so; a session is good until it is said to have expired."""

    def __init__(self):
        self.made = []
        self.logins = []
        self.renewal = Renewal(self.login)

    def login(self):
        self.logins.append(asyncio.get_running_loop().create_future())
        return self.logins[-1]

    def call(self, tag):
        return self.renewal.call(lambda: self.make(tag))

    def make(self, tag):
        self.made.append((tag, asyncio.get_running_loop().create_future()))
        return self.made[-1][1]

    def expired(self, *numbers):
        for n in numbers:
            self.made[n][1].set_exception(SessionExpired("401"))

    @property
    def tags(self):
        return [tag for tag, _ in self.made]


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def play(script):
    return run_virtual(script(), origin_ns=0)


def test_one_login_for_all_calls_that_failed_and_each_goes_once_more_under_its_tag():
    async def script():
        at = Gateway()
        answers = [at.call(tag) for tag in ("7.stop#1", "7.target#1", "8#1")]
        at.expired(0, 1, 2)
        await settle()
        assert len(at.logins) == 1
        assert len(at.made) == 3, "nothing goes out before the new session stands"
        at.logins[0].set_result(None)
        await settle()
        assert at.tags[3:] == ["7.stop#1", "7.target#1", "8#1"]
        for n in (3, 4, 5):
            at.made[n][1].set_result(n)
        await settle()
        assert [answer.result() for answer in answers] == [3, 4, 5]

    play(script)


def test_a_call_that_learns_late_of_the_old_session_makes_no_second_login():
    async def script():
        at = Gateway()
        at.call("1#1")
        late = at.call("2#1")
        at.expired(0)
        await settle()
        at.logins[0].set_result(None)
        await settle()
        at.expired(1)
        await settle()
        assert len(at.logins) == 1
        assert at.tags == ["1#1", "2#1", "1#1", "2#1"]
        at.made[3][1].set_result("done")
        await settle()
        assert late.result() == "done"

    play(script)


def test_a_call_goes_once_more_and_not_for_ever():
    async def script():
        at = Gateway()
        answer = at.call("1#1")
        at.expired(0)
        await settle()
        at.logins[0].set_result(None)
        await settle()
        at.expired(1)
        await settle()
        with pytest.raises(SessionExpired):
            answer.result()
        assert len(at.made) == 2

    play(script)


def test_a_login_that_fails_fails_what_waits_for_it_and_the_next_call_tries_anew():
    async def script():
        at = Gateway()
        waits = [at.call("1#1"), at.call("2#1")]
        at.expired(0, 1)
        await settle()
        at.logins[0].set_exception(NotSent("503"))
        await settle()
        for answer in waits:
            with pytest.raises(SessionExpired, match="no new one was given: 503"):
                answer.result()
        again = at.call("3#1")
        at.expired(2)
        await settle()
        assert len(at.logins) == 2
        at.logins[1].set_result(None)
        await settle()
        at.made[3][1].set_result("done")
        await settle()
        assert again.result() == "done"

    play(script)


def test_other_ends_pass_as_they_are():
    async def script():
        at = Gateway()
        lost, given_up = at.call("1#1"), at.call("2#1")
        at.made[0][1].set_exception(OutcomeUnknown("no answer"))
        given_up.cancel()
        at.expired(1)
        await settle()
        with pytest.raises(OutcomeUnknown):
            lost.result()
        at.logins[0].set_result(None)
        await settle()
        assert len(at.made) == 2, "nobody waits for it any more"

    play(script)
