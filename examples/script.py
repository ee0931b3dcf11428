"""A strategy as a script: one bracket, step by step, for those who prefer that to handlers."""

import asyncio

from dryfill import Buy, Quote, Ticks


async def main(desk):
    await desk.subscribe_quotes()
    async for event in desk.events():
        if isinstance(event, Quote) and event.ask is not None:
            break

    bracket = await desk.bracket(Buy(2), stop=Ticks(8), target=Ticks(12))
    outcome = await bracket.protected(timeout=5)
    print(f"{desk.now:%H:%M:%S} {outcome}")

    try:
        async with asyncio.timeout(3600):
            await bracket.closed()
    except TimeoutError:
        await desk.flatten(reason="an hour is enough")
    print(f"{desk.now:%H:%M:%S} flat again")
