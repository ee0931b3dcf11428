"""The market of an incident, cut out of its recording: one file, a recording's own form, with
nothing in it but quotes, trades and their times."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ...trading.errors import UsageError
from ...trading.recording import FORMAT, FileKind, Head
from ...trading.recording_file import write_part
from ..session.recorded_session import MADE_BY

_SOURCE = "the market of an incident"


def market_of(read: Sequence[tuple[Head, pl.DataFrame]], symbol: str) -> tuple[Head, pl.DataFrame]:
    """All rows of a market that were recorded, in the order in which they came; their head says
    nothing of where that was. Raises `UsageError` where there are none."""
    frames = [frame for _, frame in read if frame.height]
    if not frames:
        raise UsageError(
            f"no quotes and trades of {symbol} were recorded, and without a market nothing replays"
        )
    first = read[0][0]
    head = Head(
        format=FORMAT, kind=FileKind.MARKET, source=_SOURCE, made_by=MADE_BY, symbol=first.symbol,
        expiry=first.expiry, unit=first.unit, tick=first.tick,
    )  # fmt: skip
    return head, pl.concat(frames).sort("arrival", maintain_order=True)


def write_cut(
    path: Path, market: tuple[Head, pl.DataFrame], from_ns: int, to_ns: int, moved_ns: int
) -> Path:
    """Write the rows that came from `from_ns` to before `to_ns`, moved back in time by `moved_ns`.
    Raises `UsageError` where the file cannot be written."""
    head, frame = market
    arrival = pl.col("arrival").to_physical()
    part = frame.filter((arrival >= from_ns) & (arrival < to_ns))
    if moved_ns:
        part = part.with_columns(
            (pl.col(name).to_physical() - moved_ns).cast(pl.Datetime("ns", "UTC"))
            for name in ("time", "arrival")
        )
    try:
        path.unlink(missing_ok=True)
        write_part(path, part, head)
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise UsageError(
            f"{path} cannot be written: {why}; name a folder that is yours with --out"
        ) from exc
    return path


def has_sizes(market: tuple[Head, pl.DataFrame]) -> bool:
    """Whether its quotes say how many contracts are shown."""
    quotes = market[1].filter(pl.col("kind") == "quote")
    priced = quotes.filter(pl.col("bid_units").is_not_null())
    return not priced["bid_size"].null_count()


def ends_ns(market: tuple[Head, pl.DataFrame]) -> int:
    """When its last row came."""
    return int(market[1]["arrival"].to_physical()[-1])


def has_trades(market: tuple[Head, pl.DataFrame]) -> bool:
    """Whether trades are among its rows, which set stops off."""
    return bool((market[1]["kind"] == "trade").any())
