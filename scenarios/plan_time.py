"""Times in a plan: written as people write them, kept as whole nanoseconds."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
}
_TIME = re.compile(r"\s*(?P<count>\d{1,19}(\.\d{1,9})?)\s*(?P<unit>ns|us|ms|s|min)\s*")


def read_time(value: object) -> int:
    """Whole ns of "500 ms", "2s" or "15 min". Raises an error of pydantic's for anything else."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    ns = Decimal(match["count"]) * _UNITS_NS[match["unit"]] if match else None
    if ns is None or ns != int(ns):
        raise PydanticCustomError(
            "time", "write a number and ns, us, ms, s or min, like '500 ms'", {}
        )
    return int(ns)


def time_text(ns: int) -> str:
    """The shortest way to write a time exactly.

    >>> [time_text(ns) for ns in (0, 1_500_000_000, 90_000_000_000, 900_000_000_000)]
    ['0 ns', '1500 ms', '90 s', '15 min']
    """
    fitting = [unit for unit, size in _UNITS_NS.items() if ns % size == 0]
    unit = fitting[-1] if ns else "ns"
    return f"{ns // _UNITS_NS[unit]} {unit}"


Nanoseconds = Annotated[int, BeforeValidator(read_time), PlainSerializer(time_text)]
"""A field that is written as a time and kept in ns."""
