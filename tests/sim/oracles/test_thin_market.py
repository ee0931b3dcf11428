"""INV-01 and INV-04 where nobody is there to trade with: a market order rests, or is refused."""

import pytest

THIN = """
    0 quote 80000x1 80001x50
    10 trade 80000x1
    60000 quote 80000x50 80001x50
"""


@pytest.mark.parametrize(("kept", "broken"), [(True, 0), (False, 1)])
def test_the_rest_of_a_market_order_covers_as_that_of_a_stop_does(look, kept, broken):
    async def script(client, case):
        await client.enter(qty=2)
        await client.at(1000)
        sent = client.send("9.exit#1", "sell", 2)  # of which one finds nobody to trade with
        await client.at(2000)
        if not kept:
            await client.cancel((await sent).order_id)
        await client.at(8000)

    found = look(script, THIN)
    assert found.premises["INV-01"] > 0
    assert found.counts["INV-01"] == broken


NOBODY = """
    0 quote 80000x50 80001x50
    10 trade 80000x1
    1000 quote -9223372036854775808x0 80001x50
    7000 quote 80000x50 80001x50
    60000 quote 80000x50 80001x50
"""


@pytest.mark.parametrize(
    ("asks", "broken"),
    [((1, 2, 3, 4, 5, 6, 7), 0), ((1, 2, 4, 6, 7), 0), ((1, 2, 5, 6, 7), 1)],
)
def test_whom_nobody_trades_with_asks_on(look, asks, broken):
    async def script(client, case):
        await client.enter(qty=2)
        for n, second in enumerate(asks, 1):
            await client.at(1000 * second)
            client.send(f"9.exit#{n}", "sell", 2)
        await client.at(9000)

    found = look(script, NOBODY)
    assert found.premises["INV-01"] > 0
    assert found.counts["INV-01"] == broken
