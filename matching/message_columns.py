"""The columns of `Messages` as an order book of either kind reads them."""

import numpy as np
from numpy.typing import NDArray

from .order_book import NOBODY, Messages


def whole_columns(messages: Messages) -> list[NDArray[np.int64]]:
    """All six as rows of 64-bit integers, each in one piece; what is that already is not copied.

    Raises ValueError for a column that is no row of whole numbers, and for unequal lengths.
    """
    columns = {
        name: _whole(name, column)
        for name, column in zip(Messages._fields, messages, strict=True)
        if column is not None
    }
    if missing := [name for name in Messages._fields[:-1] if name not in columns]:
        raise ValueError(f"messages have no column {missing[0]}; only owner may be left out")
    rows = len(columns["kind"])
    columns.setdefault("owner", np.full(rows, NOBODY, dtype=np.int64))
    for name, column in columns.items():
        if len(column) != rows:
            raise ValueError(f"column {name} has {len(column)} rows, kind has {rows}")
    return list(columns.values())


def _whole(name: str, column: object) -> NDArray[np.int64]:
    array = np.asarray(column)
    if array.size and (array.ndim != 1 or not np.can_cast(array.dtype, np.int64)):
        raise ValueError(
            f"column {name} is {array.ndim}-dimensional {array.dtype}; give one row of 64-bit "
            f"integers (prices in whole units: Instrument.units converts exactly)"
        )
    return np.ascontiguousarray(array.reshape(-1), dtype=np.int64)
