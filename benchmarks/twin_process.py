"""A twin in a process of its own, for benchmarks over real sockets: no limits, on a market that
goes up and down at so many quotes a second, with a trade beside each tenth."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from dryfill.sim.gateway.gateway import GatewaySetup
from dryfill.sim.gateway.real_time.serve import running_gateway
from dryfill.sim.gateway.venue.accounts import one_user
from dryfill.sim.gateway.venue.listing import list_contract
from dryfill.trading import instruments
from dryfill.trading.calendar import AlwaysOpen
from dryfill.trading.tape import QuoteRows, Tape, TradeRows, make_tape

USER, KEY = "demo", "key"
SECONDS = 60
MNQ = instruments.find("MNQZ26")
_START = 1_795_186_800_000_000_000


def market(quotes_a_second: int) -> Tape:
    """A minute of quotes that go up and down, with a trade beside each tenth."""
    n = np.arange(quotes_a_second * SECONDS, dtype=np.int64)
    bid = 80_000 + np.abs(n % 40 - 20)
    full = np.full(len(n), 500, np.int64)
    at = _START + n * (10**9 // quotes_a_second)
    tenth = n[::10]
    trades = TradeRows(tenth * 2 + 1, at[::10], bid[::10], full[::10], tenth % 2 + 1)
    return make_tape(QuoteRows(n * 2, at, bid, full, bid + 1, full), trades)


@asynccontextmanager
async def twin_process(quotes_a_second: int) -> AsyncIterator[str]:
    """The address of a twin that runs until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(quotes_a_second),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        await process.wait()


async def _serve(quotes_a_second: int) -> None:
    listing = list_contract(MNQ, market(quotes_a_second), hours=AlwaysOpen())
    setup = GatewaySetup(listings=(listing,), people=one_user(USER, KEY), limits=None)
    async with running_gateway(setup) as running:
        print(running.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
