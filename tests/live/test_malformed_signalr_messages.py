"""Finding 8 at the client: whatever comes over a hub, the connection stands, what can be read is
read, what cannot is counted with a sample, and what it may have said is asked for."""

import asyncio
import json
from random import Random

import pytest
from live_wire import ACCOUNT, MNQ_ID, Venue, fill_json, order_json, position_json, run_live

from dryfill.trading.broker import StreamState
from dryfill.trading.order import Buy, ExecutionReport
from dryfill.trading.orders.manager import OrderManager
from dryfill.trading.price import Ticks

END = "\x1e"


def call(target, *arguments):
    return json.dumps({"type": 1, "target": target, "arguments": list(arguments)}) + END


def order(**changes):
    return call("GatewayUserOrder", order_json(**changes))


RAW_ORDER = json.dumps(order_json())

READ = {  # F15: re-shaped, and read all the same
    "bare": call("GatewayUserOrder", order_json()),
    "wrapped": call("GatewayUserOrder", {"action": 1, "data": order_json()}),
    "as the id and the model": call("GatewayUserOrder", 9001, order_json()),
    "a list in the arguments": call("GatewayUserOrder", [order_json()]),
    "a list of many": call("GatewayUserOrder", [order_json(), order_json(size=3)]),
    "wrapped in a wrapping": call("GatewayUserOrder", [{"data": [{"data": order_json()}]}]),
    "keys in another case": call(
        "GATEWAYUSERORDER", {key.upper(): value for key, value in order_json().items()}
    ),
    "numbers as strings": call(
        "GatewayUserOrder",
        {k: str(v) if isinstance(v, int | float) else v for k, v in order_json().items()},
    ),
    "nulls where nothing is": call(
        "GatewayUserOrder", order_json(limitPrice=None, fillVolume=None, updateTimestamp=None)
    ),
    "unknown fields": call("GatewayUserOrder", order_json(sequence=4, tags={"a": [1]})),
    "cut over several messages": (order()[:40], order()[40:100], order()[100:]),
    "as bytes": order().encode(),
    "many records in one message": order()
    + call("GatewayUserTrade", fill_json())
    + '{"type":6}\x1e',
    "told twice": order() + order(),
    "a voided fill": call("GatewayUserTrade", fill_json(voided=True)),
}

SET_ASIDE = {  # F16, and codes of F15 that nobody knows
    "truncated JSON": '{"type":1,"target":"GatewayUserOrder","arguments":[{"id":90' + END,
    "no JSON": "<html>502</html>" + END,
    "a list": "[1,2,3]" + END,
    "a number": "17" + END,
    "NaN": order().replace("20000.25", "NaN"),
    "1e309": order().replace("20000.25", "1e309"),
    "a huge integer": order(size=10**40),
    "an infinite price as text": call("GatewayUserOrder", order_json(limitPrice="Infinity")),
    "a size of minus one": order(size=-1),
    "wrong types": call("GatewayUserOrder", order_json(size={"a": 1}, side=[0])),
    "a side that nobody knows": order(side=7),
    "a type that nobody knows": order(type=99),
    "a status that nobody knows": order(status=42),
    "an order without an id": call("GatewayUserOrder", order_json() | {"id": None}),
    "more filled than there is": order(fillVolume=9),
    "a price off the grid": order(limitPrice=20000.1),
    "a time that is none": call("GatewayUserTrade", fill_json(creationTimestamp="yesterday")),
    "a position of no side": call("GatewayUserPosition", position_json(kind=9)),
    "an account without a name": call("GatewayUserAccount", ACCOUNT | {"name": None}),
    "no arguments": call("GatewayUserOrder"),
    "null for a model": call("GatewayUserOrder", None),
    "text for a model": call("GatewayUserOrder", "order 9001 filled"),
    "arguments that are no list": '{"type":1,"target":"GatewayUserOrder","arguments":{}}' + END,
    "an unknown method": call("GatewayUserSurprise", order_json()),
    "an unknown type of message": '{"type":99}' + END,
    "deeper than anybody nests": "[" * 100_000 + END,
    "no UTF-8": b"\xff\xfe\x00garbage",
    "a record without an end": "x" * 5_000_000 + END,
}

NOTHING = {  # none of ours, and nothing to ask for
    "empty message": "",
    "empty record": END,
    "only blanks": "  \n" + END,
    "a ping": '{"type":6}' + END,
    "another account's order": order(accountId=77),
    "another account's fill": call("GatewayUserTrade", fill_json(accountId=77)),
    "another account's account": call("GatewayUserAccount", ACCOUNT | {"id": 77}),
    "the answer to nothing we asked": '{"type":3,"invocationId":"x.1"}' + END,
}


def gaps(at):
    return [e for e in at.events if isinstance(e, StreamState)]


def reports(at):
    return [e for e in at.events if isinstance(e, ExecutionReport)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("read", name) for name in READ),
        *(("set aside", name) for name in SET_ASIDE),
        *(("nothing", name) for name in NOTHING),
    ],
)
def test_malformed_signalr_messages(wire, kind, name):
    text = {"read": READ, "set aside": SET_ASIDE, "nothing": NOTHING}[kind][name]

    async def script(at):
        await at.session.market.find("MNQ")
        parts = text if isinstance(text, tuple) else (text,)
        for part in parts:
            at.user.link.deliver(part)
        await at.settle()
        stream = at.broker.stream
        if kind == "read":
            assert reports(at)[0].order.order_id == "9001"
        else:
            assert reports(at) == []
        assert stream.quarantined == (kind == "set aside")
        assert len(stream.samples) == stream.quarantined
        assert [(g.up, g.gap) for g in gaps(at)] == [(True, True)] * (kind == "set aside")
        assert all(len(sample) < 500 for sample in stream.samples)
        # The connection stands, and what comes next is read.
        at.tell("GatewayUserOrder", order_json(9002, customTag="8#1"))
        await at.settle()
        assert reports(at)[-1].order.order_id == "9002"
        assert len(at.user.links) == 1
        assert not at.user.link.closed

    run_live(wire, script)


def test_an_event_of_a_contract_that_nobody_looked_up_is_looked_up_and_asked_for(wire):
    async def script(at):
        at.tell("GatewayUserOrder", order_json())
        await asyncio.sleep(2)
        assert at.wire.bodies("Contract/searchById") == [{"contractId": MNQ_ID}]
        assert len(gaps(at)) == 2
        assert at.broker.stream.quarantined == 0
        at.tell("GatewayUserOrder", order_json(9002))
        await at.settle()
        assert len(reports(at)) == 1

    run_live(wire, script)


def test_garbage_without_end_makes_one_gap_a_second(wire):
    async def script(at):
        for _ in range(100):
            at.user.link.say("nonsense" + END)
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        assert 9 <= len(gaps(at)) <= 12
        assert at.broker.stream.quarantined == 100
        assert len(at.broker.stream.samples) == 20
        assert len(at.user.links) == 1

    run_live(wire, script)


def test_a_fifth_of_garbage_between_changes_nothing_of_what_is_read(wire):
    """RS-42."""
    good = [order(fillVolume=0), order(fillVolume=1), order(status=2, fillVolume=2)]
    good += [call("GatewayUserTrade", fill_json(5000 + n, size=1)) for n in range(2)]
    random = Random(5)
    garbage = [text for name, text in SET_ASIDE.items() if "without an end" not in name]

    async def script(at):
        await at.session.market.find("MNQ")
        for text in good:
            at.user.link.deliver(random.choice(garbage))
            at.user.link.deliver(text)
        await at.settle()
        told = [(r.exec_type.name, r.order.cum_qty, r.last_qty) for r in reports(at)]
        assert told == [
            ("NEW", 0, 0),
            ("TRADE", 1, 0),
            ("TRADE", 2, 0),
            ("TRADE", 2, 1),
            ("TRADE", 2, 1),
        ]
        assert at.broker.stream.quarantined == len(good)

    run_live(wire, script)


class Deaf:
    def on_report(self, order, report): ...
    def on_fill(self, order, fill): ...
    def on_position(self, position): ...
    def on_incident(self, incident): ...


@pytest.mark.parametrize("spoilt", ["x", '{"type":1,"target":"GatewayUserTrade","argu'])
def test_a_garbled_only_fill_event_of_an_entry_still_ends_with_its_stop_in_place(wire, spoilt):
    """The order's and the trade's word on the fill are both unreadable; the stop is there within
    the two seconds that a position may be bare (INV-01)."""

    async def script(at):
        instrument = await at.session.market.find("MNQ")
        venue = Venue(at)
        loop = asyncio.get_running_loop()
        manager = OrderManager(at.broker, Deaf(), now_ns=at.now_ns, random=Random(1))
        bracket = manager.bracket(
            instrument, Buy(2, limit="20000.25"), stop=Ticks(40), target=Ticks(80)
        )
        await asyncio.sleep(1)
        venue.tell()
        (entry,) = venue.working()
        venue.fill(entry["id"])
        venue.news.clear()
        filled_s = loop.time()
        at.user.link.say(spoilt + END)
        while not venue.working(kind=4):
            await asyncio.sleep(0.01)
            assert loop.time() - filled_s < 2.0
        (stop,) = venue.working(kind=4)
        assert (stop["size"], stop["side"], stop["stopPrice"]) == (2, 1, 19990.25)
        assert at.broker.stream.quarantined == 1
        assert bracket.position == 2
        manager.close()

    run_live(wire, script)
