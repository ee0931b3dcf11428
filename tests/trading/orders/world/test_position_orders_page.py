"""The examples of docs/position-orders.md run as written."""

import re

import pytest
from tidy import ROOT

from dryfill.trading.strategy import Strategy

PAGE = (ROOT / "docs" / "position-orders.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MARKET = "\n".join(
    f"{n * 100} quote {mid}x50 {mid + 1}x50\n{n * 100 + 10} trade {mid}x1"
    for n in range(100)
    for mid in [80_000 + (n > 60) * 60]
)


def strategies():
    found = {}
    for text in EXAMPLES:
        names = {}
        exec(compile(text, "docs/position-orders.md", "exec"), names)
        for name, value in names.items():
            if isinstance(value, type) and issubclass(value, Strategy) and value is not Strategy:
                found[name] = value
    return found


@pytest.mark.parametrize("name", ["Guarded", "Closing", "Stopped"])
def test_the_example_runs_as_written_and_leaves_nothing(name, run):
    record = run(MARKET, strategies()[name])
    assert not record.notes
    assert record.open_position == 0
    assert record.fill_count > 0
