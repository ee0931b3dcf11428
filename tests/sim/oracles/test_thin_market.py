"""INV-01 where nobody is there to trade with, and a market order rests."""

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
