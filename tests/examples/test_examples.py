"""Every example runs as it stands, and so do the README's."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dryfill import instruments, synthetic, write_market

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
FENCED = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

BREAKOUT = """from dryfill import Buy, Strategy, Ticks

class Breakout(Strategy):
    size, stop, target = 2, Ticks(16), Ticks(32)

    async def on_start(self):
        self.bars = await self.subscribe_bars("5m", warmup=20)

    async def on_bar(self, bar):
        if self.position or self.working_orders:
            return
        if bar.close > self.bars.high[-21:-1].max():
            bracket = await self.bracket(Buy(self.size), stop=self.stop, target=self.target)
            outcome = await bracket.protected(timeout=5)
            if not outcome.ok:
                await self.flatten(reason=outcome)
"""


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated morning that breaks out after its first twenty bars of five minutes."""
    es = instruments.find("ES")
    tape = synthetic(es, seed=8, hours="08:30-11:00", kind="trend")
    return write_market(tape, es, tmp_path_factory.mktemp("market") / "es.parquet")


def python(*arguments: str, folder: Path) -> str:
    """What a fresh Python prints; its errors are shown when it fails."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_trades_a_generated_market(path: Path, market: Path, tmp_path: Path) -> None:
    end = ["--to", "2024-03-04T14:34"] if path.stem == "passive_quoter" else []
    command = ["from dryfill.app.cli.main import main; main()", "backtest", str(path), str(market)]
    told = json.loads(python("-c", *command, "--instrument", "ES", "--json", *end, folder=tmp_path))
    assert told["fills"] > 0
    assert told["open_position"] == 0 or path.stem == "breakout"
    assert told["incidents"] == 0


def test_the_examples_are_the_ones_that_are_promised() -> None:
    names = [path.stem for path in EXAMPLES]
    assert names == ["breakout", "dip_buyer", "ma_cross", "passive_quoter", "script"]


def test_breakout_is_the_example_that_is_shown_everywhere() -> None:
    standing = ast.dump(ast.parse((ROOT / "examples" / "breakout.py").read_text("utf-8")))
    assert standing == ast.dump(ast.parse(BREAKOUT))


def test_the_readmes_python_runs_as_shown(market: Path, tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("README.md is not part of this copy")
    blocks = FENCED.findall(readme.read_text(encoding="utf-8"))
    strategy = next(block for block in blocks if block.startswith("# breakout.py"))
    snippet = next(block for block in blocks if "from breakout import Breakout" in block)
    (tmp_path / "breakout.py").write_text(strategy, encoding="utf-8")
    assert ast.dump(ast.parse(strategy)) == ast.dump(ast.parse(BREAKOUT))
    (tmp_path / "es.parquet").write_bytes(market.read_bytes())
    (tmp_path / "snippet.py").write_text(snippet, encoding="utf-8")
    shown = python("snippet.py", folder=tmp_path)
    assert "Breakout on ES" in shown
    assert "Without a working stop" in shown
    assert "entry_time" in shown
    assert (tmp_path / "breakout.html").stat().st_size > 1_000_000


def test_the_readmes_other_python_runs_too(tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("README.md is not part of this copy")
    blocks = FENCED.findall(readme.read_text(encoding="utf-8"))
    others = [b for b in blocks if "breakout" not in b]
    for n, block in enumerate(others):
        # Two days are shown; one hour says as much of how they are written.
        (tmp_path / f"block{n}.py").write_text(
            block.replace("days=2", 'hours="08:30-09:30"'), encoding="utf-8"
        )
        python(f"block{n}.py", folder=tmp_path)
    assert (tmp_path / "es.parquet").exists() == any("es.parquet" in b for b in others)


def test_the_readmes_commands_run(market: Path, tmp_path: Path) -> None:
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("README.md is not part of this copy")
    lines = readme.read_text(encoding="utf-8").splitlines()
    commands = [line.split()[1:] for line in lines if line.startswith("dryfill ")]
    served = {"paper", "live", "doctor"}  # they need a gateway: tests/app runs them at one
    assert {command[0] for command in commands} == {"demo", "backtest", "rehearse", *served}
    commands = [command for command in commands if command[0] not in served]
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "breakout.py").write_text(BREAKOUT, encoding="utf-8")
    (tmp_path / "es.parquet").write_bytes(market.read_bytes())
    for n, command in enumerate(commands):
        called = f"from dryfill.app.cli.main import main; main({command!r})"
        (tmp_path / f"command{n}.py").write_text(called, encoding="utf-8")
        says = {"--list": "rs_01", "RS-01": "all as they are to be"}
        wanted = next((says[word] for word in command if word in says), "digest")
        assert wanted in python(f"command{n}.py", folder=tmp_path)
    assert (tmp_path / "report" / "report.html").exists()
    assert (tmp_path / "dryfill-demo" / "report.html").exists()
