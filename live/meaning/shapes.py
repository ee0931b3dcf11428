"""One place that unwraps what the hubs send: the same message comes in many shapes.

The gateway puts a model into an `arguments` array, bare or as `{"action": n, "data": model}`;
market data come with a contract id before them, as one object or a list; client libraries add
wrappings of their own, and keys in another case. Whatever the wrapping, what is left is the model.
Source: gateway-protocol 10.4 and D15, D16; fault-model F15.
"""

from collections.abc import Iterator
from typing import Any

_DEEPEST = 8  # wrappings in wrappings beyond any that were seen


def models(arguments: Any) -> Iterator[dict[str, Any]]:
    """Every model in an arguments array, in order, keys in lower case.

    >>> [m["id"] for m in models([7, {"Action": 1, "Data": [{"ID": 1}, {"id": 2}]}])]
    [1, 2]
    """
    yield from _unwrap(arguments, _DEEPEST)


def contract_of(arguments: Any) -> str | None:
    """The contract id that stands before market data, wherever it is wrapped; None where there is
    none."""
    found = arguments
    while isinstance(found, list) and found:
        if isinstance(found[0], str):
            return found[0]
        found = found[0]
    return None


def _unwrap(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth < 0:
        return
    if isinstance(value, list):
        for each in value:
            yield from _unwrap(each, depth - 1)
    elif isinstance(value, dict):
        low = {str(key).lower(): each for key, each in value.items()}
        if "data" in low and "id" not in low:
            yield from _unwrap(low["data"], depth - 1)
        else:
            yield low
