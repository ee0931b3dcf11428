"""The wire: when messages arrive, and which may overtake which."""

import pytest
from msgspec.structs import replace

from dryfill.sim.loop.loop import VirtualLoop
from dryfill.sim.loop.process import Process, current_process
from dryfill.sim.loop.run import run_on
from dryfill.sim.wire.latency import Recorded, latency_profile
from dryfill.sim.wire.wire import Leg, Wire

MS = 1_000_000


def arrivals(profile, sends, *, seed=0):
    """What arrives, in order, of (leg, name) pairs sent 1 ms apart: (name, ms)."""
    loop = VirtualLoop(0)
    wire = Wire(loop, latency_profile(profile), seed)
    found = []

    async def main():
        for n, (leg, name) in enumerate(sends):
            loop.call_at_ns(
                n * MS,
                lambda leg=leg, name=name: wire.send(
                    leg, lambda: found.append((name, loop.now_ns / MS))
                ),
            )
        done = loop.create_future()
        loop.call_at_ns(10_000 * MS, done.set_result, None)
        await done

    run_on(loop, main())
    return found


class Falling:
    """The first message takes 50 ms, each later one 10 ms less."""

    def __init__(self):
        self.left = 60

    def draw(self, rng):
        self.left -= 10
        return self.left * MS


def falling(leg):
    return {"from": "zero", leg.value: Falling()}


def test_each_leg_takes_its_own_time():
    profile = {"request": "1ms", "response": "2ms", "events": "3ms", "feed": "4ms"}
    found = dict(arrivals(profile, [(leg, leg.value) for leg in Leg]))
    assert found == {"request": 1, "response": 3, "events": 5, "feed": 7}


@pytest.mark.parametrize("leg", [Leg.REQUEST, Leg.RESPONSE])
def test_requests_and_responses_may_overtake_each_other(leg):
    found = arrivals(falling(leg), [(leg, "a"), (leg, "b"), (leg, "c")])
    assert found == [("c", 32), ("b", 41), ("a", 50)]


def test_a_late_order_event_holds_up_those_behind_it():
    found = arrivals(falling(Leg.EVENTS), [(Leg.EVENTS, "a"), (Leg.EVENTS, "b"), (Leg.EVENTS, "c")])
    assert found == [("a", 50), ("b", 50), ("c", 50)]


def test_an_order_event_overtakes_the_response_that_was_sent_before_it():
    profile = {"from": "zero", "response": "20ms", "events": "1ms"}
    found = arrivals(profile, [(Leg.RESPONSE, "ack"), (Leg.EVENTS, "fill")])
    assert found == [("fill", 2), ("ack", 20)]


def test_at_one_nanosecond_orders_come_before_reports_and_reports_before_market_data():
    loop = VirtualLoop(0)
    wire = Wire(loop, latency_profile("5ms"), 0)
    found = []

    async def main():
        for leg in (Leg.FEED, Leg.EVENTS, Leg.RESPONSE, Leg.REQUEST):
            wire.send(leg, lambda leg=leg: found.append(leg))
        loop.call_at_ns(5 * MS, found.append, "timer")
        done = loop.create_future()
        loop.call_at_ns(6 * MS, done.set_result, None)
        await done

    run_on(loop, main())
    assert found == [Leg.REQUEST, Leg.EVENTS, Leg.RESPONSE, Leg.FEED, "timer"]


def test_what_one_leg_draws_does_not_shift_another():
    samples = Recorded(tuple(n * MS for n in range(1, 500)))
    profile = replace(latency_profile("zero"), request=samples, response=samples)
    loop = VirtualLoop(0)
    alone, busy = (Wire(loop, profile, 3) for _ in range(2))
    for _ in range(7):
        busy.latency_ns(Leg.REQUEST)
    draws = [[w.latency_ns(Leg.RESPONSE) for _ in range(5)] for w in (alone, busy)]
    assert draws[0] == draws[1]
    assert draws[0] != [alone.latency_ns(Leg.REQUEST) for _ in range(5)]


def test_a_message_arrives_in_no_process_although_a_process_sent_it():
    loop = VirtualLoop(0)
    wire = Wire(loop, latency_profile("1ms"), 0)
    process = Process("strategy", loop)
    found = []

    async def main():
        process.run(wire.send, Leg.REQUEST, lambda: found.append(current_process()))
        done = loop.create_future()
        loop.call_at_ns(2 * MS, done.set_result, None)
        await done

    run_on(loop, main())
    assert found == [None]
