"""What a user may rely on. These files also run on an installed copy, from an unrelated folder.

They import `dryfill` only, and nothing from the checkout.
"""

import subprocess
import sys

import pytest

import dryfill

# Each of these takes longer to import than `import dryfill` may take in all.
HEAVY = ("numpy", "polars", "pydantic", "msgspec", "plotly", "pandas", "rich", "typer", "asyncio")


@pytest.mark.parametrize("name", getattr(dryfill, "__all__", []))
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(dryfill, name) is not None


def test_every_public_name_is_offered_to_completion() -> None:
    assert set(getattr(dryfill, "__all__", [])) <= set(dir(dryfill))


def test_an_unknown_name_is_an_attribute_error_that_says_it() -> None:
    name = "no_such_name"
    with pytest.raises(AttributeError, match=name):
        getattr(dryfill, name)


def test_importing_dryfill_loads_no_heavy_library() -> None:
    code = "import sys, dryfill; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "dryfill" in done.stdout.splitlines()
    assert not set(HEAVY) & set(done.stdout.splitlines())


def test_the_version_is_the_one_that_was_installed() -> None:
    code = "from importlib.metadata import version; print(version('dryfill'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == dryfill.__version__


SMALL = """
import sys
import numpy as np
from dryfill import Backtest
from dryfill.trading.tape import QuoteRows, make_tape

async def nothing(desk):
    await desk.subscribe_quotes()

n = np.arange(1, 9)
tape = make_tape(QuoteRows(n, n * 10**9, n, n, n + 1, n))
Backtest(nothing, tape, instrument="ES", stop_trigger="quote", engine=sys.argv[1]).run()
print(*sys.modules)
ours = [module for name, module in sorted(sys.modules.items()) if name.startswith("dryfill.")]
print(*(
    f"{module.__name__}.{name}"
    for module in ours
    for name, made in vars(module).items()
    if hasattr(made, "__dataclass_fields__") and made.__module__ == module.__name__
))
"""

# To make a dataclass takes half a millisecond, a struct of msgspec's a thirtieth of that. These are
# dataclasses because users `replace` fields of them, or because columns have no equality.
DATACLASSES = {
    "dryfill.trading.instrument.Instrument",
    "dryfill.trading.orders.risk.limits.RiskLimits",
    "dryfill.trading.orders.settings.OrderSettings",
    "dryfill.trading.tape.BarRows",
    "dryfill.trading.tape.QuoteRows",
    "dryfill.trading.tape.Tape",
    "dryfill.trading.tape.TradeRows",
}


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_a_plain_backtest_loads_no_more_than_it_needs(engine: str) -> None:
    command = [sys.executable, "-c", SMALL, engine]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    loaded = set(first.split())
    assert "dryfill.sim.backtest" in loaded
    assert not loaded & {"polars", "pydantic", "plotly", "httpx", "ruamel", "structlog"}
    assert not loaded & {"sqlite3", "json", "concurrent.futures.process"}
    rooms = (
        "scenarios.plan",
        "scenarios.plan_kinds",
        "sim.faults.injector",
        "sim.oracles",
        "sim.tracing.tracer",
    )
    pages = ("app.timeline.written", "app.report.page", "app.report.text")
    assert not loaded & {f"dryfill.{name}" for name in (*rooms, *pages)}
    assert set(second.split()) == DATACLASSES
