"""The shell around a hub session, over a carrier that the test plays: how it comes back."""

import asyncio
from itertools import pairwise
from random import Random

import pytest
from live_hub import Hub
from moving_clock import moves_at_each_reading

from dryfill.live.hubs.carrier import CarrierLost, Denied, dialler
from dryfill.live.hubs.hub_client import HubClient
from dryfill.live.hubs.hub_session import HubSession, HubSettings, Subscription
from dryfill.live.rest.redaction import Secrets
from dryfill.live.settings import LiveSettings
from dryfill.sim.loop.run import run_virtual
from dryfill.trading.errors import Refused, UsageError

ORDERS = Subscription("SubscribeOrders", (1001,))
SETTINGS = LiveSettings(rest="http://127.0.0.1:1")


class Ear:
    """What was told: (name, word), in order, with the time."""

    def __init__(self):
        self.heard = []
        self.fails = False

    def note(self, *what):
        self.heard.append(what)

    def on_up(self, generation):
        self.note("up", generation)

    def on_down(self, why):
        self.note("down", why)

    def on_told(self, target, arguments):
        if self.fails:
            raise RuntimeError("a listener's fault")
        self.note("told", target, *arguments)

    def on_bad(self, bad):
        self.note("bad", bad.sample)

    def on_fault(self, error):
        self.note("fault", str(error))


class Stage:
    def __init__(self):
        self.hub = Hub()
        self.ear = Ear()
        self.tokens = ["t1"]
        self.denials = 0
        self.session = HubSession(HubSettings())
        self.secrets = Secrets()
        self.client = HubClient(
            self.session, self.hub.dial, self.address, self.denied, self.ear, SETTINGS, Random(3),
            self.secrets.hide,
        )  # fmt: skip

    async def address(self):
        return f"ws://hub?access_token={self.tokens[-1]}"

    async def denied(self):
        self.denials += 1
        self.tokens.append(f"t{len(self.tokens) + 1}")

    async def up(self):
        done = self.client.subscribe(ORDERS)
        self.client.start()
        await done
        return self


def play(script):
    async def main():
        stage = Stage()
        try:
            await script(stage)
        finally:
            await stage.client.close()
        return stage

    return run_virtual(main(), origin_ns=0)


def now_s():
    return asyncio.get_running_loop().time()


def test_it_greets_subscribes_and_tells_in_order():
    async def script(at):
        await at.up()
        at.hub.link.call("A", 1)
        at.hub.link.say({"type": 6}, {"type": 1, "target": "B", "arguments": [2]})
        await asyncio.sleep(1)

    stage = play(script)
    assert stage.ear.heard[:3] == [("up", 1), ("told", "A", 1), ("told", "B", 2)]


def test_who_never_catches_up_with_what_arrives_pings_all_the_same():
    """What is at hand is read before any timer rings, and the server drops who says nothing."""

    async def script(at):
        await at.up()
        for n in range(60):
            at.hub.link.call("Quote", n)
        while at.ear.heard[-1] != ("told", "Quote", 59):
            await asyncio.sleep(0)
        assert at.hub.link.sent.count({"type": 6}) > 1

    with moves_at_each_reading(500_000_000):
        play(script)


def test_after_a_loss_it_comes_back_with_the_token_that_stands_and_its_subscriptions():
    async def script(at):
        await at.up()
        at.tokens.append("t2")
        at.hub.link.cut()
        await asyncio.sleep(2)
        assert at.hub.link.url.endswith("=t2")
        assert [f.get("target") for f in at.hub.link.sent[1:]] == ["SubscribeOrders"]

    assert play(script).ear.heard[:3] == [("up", 1), ("down", "cut"), ("up", 2)]


def test_pauses_between_dials_grow_and_end_at_the_most():
    async def script(at):
        at.hub.fails.extend(CarrierLost("no") for _ in range(12))
        at.client.start()
        dials, times = 0, []
        while len(times) < 13:
            if at.client.dials > dials:
                dials = at.client.dials
                times.append(now_s())
            await asyncio.sleep(0.01)
        pauses = [b - a for a, b in pairwise(times)]
        assert 0.25 <= pauses[0] <= 0.55
        assert all(15 <= pause <= 30.1 for pause in pauses[7:])
        assert len({round(pause, 1) for pause in pauses[7:]}) > 2, "jittered"

    heard = play(script).ear.heard
    assert [why for what, why in heard if what == "down"] == ["no", "closed by us"], "told once"


def test_a_server_that_is_down_for_four_seconds_is_found_again():
    async def script(at):
        await at.up()
        await asyncio.sleep(20)
        at.hub.fails.extend(CarrierLost("refused") for _ in range(3))
        at.hub.link.cut()
        began_s = now_s()
        await at.client.ready()
        assert now_s() - began_s < 5

    play(script)


def test_a_token_that_is_not_taken_is_replaced_before_the_next_dial():
    async def script(at):
        at.hub.fails.append(Denied("401"))
        await at.up()
        assert at.denials == 1
        assert at.hub.link.url.endswith("=t2")

    play(script)


def test_a_link_that_says_nothing_for_thirty_seconds_is_given_up():
    """RS-38: no end of it was told, and what is sent seems to arrive."""

    async def script(at):
        at.hub.pings = False
        await at.up()
        await asyncio.sleep(29)
        assert len(at.hub.links) == 1
        assert {"type": 6} in at.hub.link.sent, "we say that we live"
        await asyncio.sleep(4)
        assert at.hub.links[0].closed
        assert len(at.hub.links) == 2

    heard = play(script).ear.heard
    assert ("down", "nothing arrived for 30 s") in heard


def test_what_an_old_connection_still_brings_is_not_told():
    """F17: the zombie's last words were on their way when it was given up."""

    async def script(at):
        await at.up()
        await asyncio.sleep(1)
        old = at.hub.link
        at.client.hang_up("by us")
        old.call("A", "from the grave")
        await asyncio.sleep(2)
        old.call("A", "later still")
        at.hub.link.call("A", "alive")
        await asyncio.sleep(1)
        assert at.client.zombies == 1

    heard = play(script).ear.heard
    assert [h[2] for h in heard if h[0] == "told"] == ["alive"]


def test_reconnected_but_not_subscribed_is_not_up():
    """RS-39."""

    async def script(at):
        await at.up()
        at.hub.confirms = False
        at.hub.link.cut()
        await asyncio.sleep(5)
        assert at.ear.heard == [("up", 1), ("down", "cut")]
        at.hub.confirms = True
        await asyncio.sleep(11)
        assert at.ear.heard[-1] == ("up", 2)

    play(script)


def test_a_subscription_that_the_hub_refuses_is_refused_and_the_rest_is_up():
    async def script(at):
        at.hub.refuses["SubscribeContractQuotes"] = "no such contract"
        await at.up()
        with pytest.raises(Refused, match="SubscribeContractQuotes: no such contract"):
            await at.client.subscribe(Subscription("SubscribeContractQuotes", ("X",)))
        await at.client.ready()
        at.hub.link.cut()
        await asyncio.sleep(2)
        assert [f.get("target") for f in at.hub.link.sent[1:]] == ["SubscribeOrders"]

    play(script)


def test_a_stream_is_there_when_it_is_confirmed_whatever_becomes_of_the_others():
    silent, more = (Subscription("SubscribeContractQuotes", (name,)) for name in "XY")

    async def script(at):
        await at.up()
        at.hub.confirms = False
        waits = at.client.subscribe(silent)
        await asyncio.sleep(1)
        at.hub.confirms = True
        async with asyncio.timeout(1):
            await at.client.subscribe(more)
            await at.client.subscribe(ORDERS)
        assert not waits.done()
        at.hub.link.cut()
        await asyncio.sleep(0.1)
        again = at.client.subscribe(ORDERS)  # on the next connection
        assert not again.done()
        await asyncio.sleep(5)
        assert again.done()
        assert waits.done()

    play(script)


def test_a_stream_that_is_unsubscribed_before_it_is_confirmed_is_waited_for_no_more():
    async def script(at):
        waits = at.client.subscribe(ORDERS)
        at.client.unsubscribe(ORDERS)
        with pytest.raises(Refused, match="SubscribeOrders: unsubscribed before it was confirmed"):
            await waits

    play(script)


def test_a_listener_that_fails_costs_its_message_and_not_the_connection():
    async def script(at):
        await at.up()
        at.ear.fails = True
        at.hub.link.call("A", 1)
        await asyncio.sleep(0.1)
        at.ear.fails = False
        at.hub.link.call("B", 2)
        await asyncio.sleep(0.1)
        assert len(at.hub.links) == 1

    heard = play(script).ear.heard
    assert heard[1:3] == [("fault", "a listener's fault"), ("told", "B", 2)]


def test_a_server_that_wants_us_no_more_is_asked_again_but_not_soon():
    async def script(at):
        await at.up()
        at.hub.link.say({"type": 7, "error": "bye", "allowReconnect": False})
        await asyncio.sleep(25)
        assert len(at.hub.links) == 1
        await asyncio.sleep(10)
        assert len(at.hub.links) == 2

    play(script)


def test_a_fault_of_ours_ends_the_connection_and_not_the_hub():
    async def script(at):
        await at.up()
        await asyncio.sleep(1)
        received = at.session.received

        def broken(*given):
            at.session.received = received
            raise ZeroDivisionError("a fault of ours")

        at.session.received = broken
        at.hub.link.call("A", 1)
        await asyncio.sleep(3)
        at.hub.link.call("B", 2)
        await asyncio.sleep(1)

    heard = play(script).ear.heard
    assert [what for what, *_ in heard] == ["up", "down", "up", "told", "down"]


def test_a_dial_that_hangs_is_given_up():
    async def script(at):
        hanging = asyncio.get_running_loop().create_future()

        async def hangs(url):
            return await hanging

        at.client._dial = hangs
        at.client.start()
        await asyncio.sleep(12)
        assert hanging.cancelled()

    assert ("down", "no connection within 10 s") in play(script).ear.heard


def test_more_messages_at_hand_do_not_keep_others_from_running():
    async def script(at):
        await at.up()
        for n in range(100):
            at.hub.link.call("A", n)
        turns = 0
        while len(at.ear.heard) < 101:
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 50

    play(script)


def test_a_carrier_whose_library_is_not_there_is_said():
    with pytest.raises(UsageError, match=r"pip install 'dryfill\[smoke\]'"):
        dialler("smoke")
    assert dialler("websockets").__module__.endswith("websockets_carrier")
