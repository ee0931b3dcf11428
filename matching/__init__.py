"""The exchange's side: order books and matching. Pure: no I/O, no asyncio, no clock, no floats.

Prices are integer units, sizes integer contracts, times integer nanoseconds since the epoch.
"""
