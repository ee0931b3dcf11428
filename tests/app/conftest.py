"""A generated hour of ES, runs on it, and the command line called in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from leavings import SECRET

from dryfill import Backtest, Buy, Report, Strategy, Tape, Ticks, synthetic, write_market
from dryfill.app.cli.main import main
from dryfill.trading.instruments import find

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "lean"


class Brackets(Strategy):
    """A bracket every five minutes, if flat; the entry rests and is filled as others trade."""

    size, stop, target = 8, Ticks(8), Ticks(8)

    async def on_start(self) -> None:
        await self.subscribe_quotes()
        await self.subscribe_bars("5m")

    async def on_bar(self, bar: object) -> None:
        quote = self.quote
        if self.position or self.working_orders or quote is None or quote.bid is None:
            return
        entry = Buy(self.size, limit=quote.bid)
        bracket = await self.bracket(entry, stop=self.stop, target=self.target)
        await bracket.protected(timeout=60)
        await self.cancel(bracket.entry)

    async def on_stop(self) -> None:
        await self.flatten(reason="end")


STRATEGY_FILE = '''
"""Buys once, in a bracket."""

from dryfill import Buy, Strategy, Ticks


class BuyOnce(Strategy):
    size, stop, target, name = 2, Ticks(8), Ticks(8), "once"

    async def on_start(self):
        await self.subscribe_bars("1m")
        self.sent = False

    async def on_bar(self, bar):
        if not self.sent:
            self.sent = True
            await self.bracket(Buy(self.size), stop=self.stop, target=self.target)
'''


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def tape() -> Tape:
    return synthetic(find("ES"), seed=5, hours="08:30-09:30")


@pytest.fixture(scope="session")
def report(tape: Tape) -> Report:
    return Backtest(Brackets, tape, instrument="ES", fees="topstepx").run()


@pytest.fixture(scope="session")
def idle_report(tape: Tape) -> Report:
    """A run that did nothing."""
    return Backtest(Strategy, tape, instrument="ES").run()


@pytest.fixture(scope="session")
def es_parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten generated minutes in a file."""
    ten = synthetic(find("ES"), seed=5, hours="08:30-08:40")
    return write_market(ten, find("ES"), tmp_path_factory.mktemp("market") / "es.parquet")


@pytest.fixture
def strategy_file(tmp_path: Path) -> Path:
    path = tmp_path / "once.py"
    path.write_text(STRATEGY_FILE, encoding="utf-8")
    return path


@pytest.fixture
def dryfill(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """The command line, in this process."""

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert not SECRET.search(out + err), "it says a key or a token"
        return Ended(code, out, err)

    return call


@pytest.fixture
def fed_day() -> list[Path]:
    return recorded("es_minute", "20131218_*.zip")


@pytest.fixture
def gold_ticks() -> list[Path]:
    return recorded("gc_tick", "*.zip")


def recorded(folder: str, pattern: str) -> list[Path]:
    files = sorted((RECORDED / folder).glob(pattern))
    if not files:
        pytest.skip("the recorded data is not beside the checkout: ../shared/data/lean")
    return files
