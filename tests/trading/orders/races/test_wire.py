"""Races that only bytes can show, through the live adapter: RS-38, 39, 41 and 42."""

import asyncio

from racing import race

from dryfill.trading.errors import RefusedByUs
from dryfill.trading.price import Ticks

CALM = """
    0     quote 20000x90 20000.25x90
    1     trade 20000.25x1
    9000  quote 20000x90 20000.25x90
"""
TARGET_HIT = """
    0     quote 20000x40 20000.25x40
    1     trade 20000.25x1
    1050  trade 20010.25x9
    1060  quote 20010x40 20010.25x40
    9000  quote 20010x40 20010.25x40
"""


async def entries_refused(t, until_ms):
    """Try to enter far from the market, again and again; how often we were not let, by when."""
    refused_ms = []
    while t.now_ms < until_ms:
        try:
            await t.desk.place(t.buy(1, limit="19950"))
        except RefusedByUs:
            refused_ms.append(t.now_ms)
        await asyncio.sleep(0.5)
    return refused_ms


@race(
    wire=True,
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "stream-down"
        at = "1000 ms"
        duration = "2 s"
        told = false
    """,
    premises=("INV-03", "INV-19"),
)
async def test_rs_38_the_watchdog_gives_up_a_link_on_which_nothing_comes(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(1000)
    await bracket.closed()
    assert t.now_ms < 11_000, "the fill is looked for long before the link is known to be dead"
    await t.rest(60)
    hub = t.world.session.user_hub
    assert hub.dials == 2
    assert t.incidents("stream_down") == 1
    assert t.flat


@race(
    wire=True,
    market=TARGET_HIT,
    plan="""
        [[fault]]
        kind = "stream-down"
        at = "1000 ms"
        duration = "2 s"
        told = true
        lost = false
    """,
    premises=("INV-19",),
)
async def test_rs_38_the_last_words_of_a_zombie_link_are_nobodys(t):
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(1000)
    await bracket.closed()
    await t.rest(60)
    if t.exact:
        assert t.world.roads["user"].zombies
    assert t.flat
    assert t.filled("target") == 1


RECONNECTED = """
    [[fault]]
    kind = "stream-down"
    at = "1000 ms"
    duration = "300 ms"

    [[fault]]
    kind = "not-subscribed"
    call = "subscribe"
    form = "{form}"
    nth = 5
    times = {times}
"""


async def reconnected_in_vain(t):
    """Filled, cut, reconnected and not subscribed: no entry until the hub is ready."""
    bracket = await t.bracket(t.buy(1), stop="19990", target="20010")
    await t.at(1000)
    await asyncio.sleep(0.3)
    refused_ms = await entries_refused(t, 40_000)
    await bracket.closed()
    await t.rest(60)
    assert t.world.session.user_hub.dials >= 2
    assert refused_ms
    if t.exact:
        assert refused_ms[-1] > 9_000, "it is asked again after ten seconds, and only then ready"
    assert t.held == 0
    assert t.working.get("stop", 0) + t.working.get("target", 0) == 0


@race(
    wire=True,
    market=TARGET_HIT,
    plan=RECONNECTED.format(form="refused", times=4),
    premises=("INV-19",),
)
async def test_rs_39_a_hub_that_refuses_a_subscription_is_not_up(t):
    await reconnected_in_vain(t)


@race(
    wire=True,
    market=TARGET_HIT,
    plan=RECONNECTED.format(form="silent", times=2),
    premises=("INV-19",),
)
async def test_rs_39_a_hub_that_never_confirms_a_subscription_is_not_up(t):
    await reconnected_in_vain(t)


TOKEN_DIES = """
    [[fault]]
    kind = "token-ended"
    call = "place"
    role = "entry"
    after = "{after}"
    form = "{form}"

    [[fault]]
    kind = "server-error"
    call = "login"
    nth = 2

    [[fault]]
    kind = "latency"
    call = "login"
    nth = 3
    response = "775 ms"
"""


async def protected_with_another_token(t):
    """The stop goes out again under its tag, after one login for everybody. Where that takes longer
    than a second of doubt, a substitute has gone out too (INV-08), and one is taken away."""
    logins = t.world.session.login.count
    bracket = await t.bracket(t.buy(1), stop="19990")
    outcome = await bracket.protected()
    await t.rest()
    assert outcome.ok
    assert t.protected
    tags = [sent.request.cl_ord_id for sent in t.placed("stop")]
    assert tags == [f"1.stop#{n}" for n in range(1, len(tags) + 1)]
    assert len(tags) <= 2
    assert t.world.desk.order(None, tags[0]) is not None, "the same tag, after the login"
    assert t.world.session.login.count == logins + 1


@race(
    wire=True,
    market=CALM,
    plan=TOKEN_DIES.format(after="27 ms", form="silent"),
    premises=("INV-01",),
)
async def test_rs_41_a_token_that_expires_within_a_bracket_costs_one_login(t):
    await protected_with_another_token(t)


@race(
    wire=True,
    market=CALM,
    plan=TOKEN_DIES.format(after="27 ms", form="logout"),
    premises=("INV-01", "INV-19"),
)
async def test_rs_41_the_hubs_come_back_with_the_new_token(t):
    user, market = t.world.session.user_hub, t.world.session.market_hub
    before = user.dials
    await protected_with_another_token(t)
    assert user.dials > before
    assert [len(road.links) for road in t.world.roads.values()] == [1, market.dials > 0]


SHAPES = ("flat", "list", "many", "after-id", "text-numbers", "other-case", "unknown", "nulls")
GARBAGE = ("truncated", "types", "nan", "huge", "empty", "bytes", "nonsense")
EVERY_SHAPE = "".join(
    f"""
    [[fault]]
    kind = "{kind}"
    event = "any"
    form = "{form}"
    nth = {nth}
    every = 15
    times = "all"
    """
    for nth, (kind, form) in enumerate(
        [
            *(("reshaped", form) for form in SHAPES[:4]),
            ("garbled", GARBAGE[0]),
            *(("reshaped", form) for form in SHAPES[4:]),
            *(("garbled", form) for form in GARBAGE[1:4]),
        ],
        1,
    )
)
TWICE = """
    [[fault]]
    kind = "duplicate"
    event = "any"
    every = 3
    times = "all"
    copies = 2
    gap = "40 ms"
"""
UP_AND_DOWN = "\n".join(
    [
        "0 quote 20000x90 20000.25x90",
        "1 trade 20000.25x1",
        *(
            f"{2000 + n * 3000} trade {20030.25 if n % 2 else 20000}x9\n"
            f"{2001 + n * 3000} quote {20030 if n % 2 else 20000}x90 "
            f"{20030.25 if n % 2 else 20000.25}x90"
            for n in range(12)
        ),
    ]
)


async def five_round_trips(t):
    """The same end whatever the messages looked like: all that was bought was sold, and nothing is
    held or works, at the broker or in the manager's books."""
    for _ in range(5):
        bracket = await t.bracket(t.buy(2), stop=Ticks(80), target=Ticks(60))
        await bracket.closed()
        await asyncio.sleep(0.5)
    await t.rest(60)
    assert t.flat
    assert t.filled("entry") == t.filled("target") + t.filled("exit") + t.filled("stop") == 10
    assert t.desk.position.qty == 0
    assert t.manager.view.orders() == []
    assert t.world.session.user_hub.dials == 1, "no message costs the link"


@race(
    wire=True,
    market=UP_AND_DOWN,
    plan=EVERY_SHAPE,
    premises=("INV-06", "INV-30"),
)
async def test_rs_42_every_shape_of_message_with_garbage_between(t):
    await five_round_trips(t)
    broker = t.world.session.brokers[1001]
    assert broker.stream.quarantined, "each bad message is counted, with a sample"
    assert broker.stream.samples


@race(
    wire=True,
    market=UP_AND_DOWN,
    plan=TWICE,
    premises=("INV-06",),
)
async def test_rs_42_messages_that_come_three_times_count_once(t):
    await five_round_trips(t)
    assert t.world.session.brokers[1001].stream.quarantined == 0
