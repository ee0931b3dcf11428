"""What the command line refuses, and how it ends: one line that says the way out, and a number."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dryfill.app.cli import run

Call = Callable[..., tuple[int, str, str]]

RUNS = {
    "fails.py": (
        1,
        "fails.py:7 in helper: ZeroDivisionError: division by zero",
        """
from dryfill import Strategy
class Fails(Strategy):
    async def on_start(self):
        self.helper()
    def helper(self):
        1 / 0
""",
    ),
    "sends_nonsense.py": (
        1,
        "sends_nonsense.py:5 in on_start: UsageError: quantity is 0",
        """
from dryfill import Buy, Strategy
class Nonsense(Strategy):
    async def on_start(self):
        await self.place(Buy(0))
""",
    ),
    "lost.py": (
        1,
        "lost.py:5 in bad: KeyError: 'x'",
        """
import asyncio
from dryfill import Strategy
async def bad():
    raise KeyError("x")
class Lost(Strategy):
    async def on_start(self):
        self.task = asyncio.create_task(bad())
""",
    ),
    "fails_at_import.py": (
        1,
        "fails_at_import.py:2 in <module>: ZeroDivisionError",
        "\n1 / 0\n",
    ),
    "reads_the_clock.py": (
        2,
        "reads_the_clock.py:5: time.time()",
        """
import time
from dryfill import Strategy
class Clock(Strategy):
    began = time.time()
""",
    ),
    "no_python.py": (2, "no_python.py:2:", "\ndef (:\n"),
    "empty.py": (2, "empty.py holds no strategy; write a subclass", "x = 1\n"),
    "two.py": (
        2,
        "two.py holds One, Two; name one, such as two.py:One",
        """
from dryfill import Strategy
class One(Strategy): pass
class Two(Strategy): pass
""",
    ),
    "waits.py": (
        4,
        "waits.py:5 in on_start",
        """
import asyncio
from dryfill import Strategy
class Waits(Strategy):
    async def on_start(self): await asyncio.get_running_loop().create_future()
""",
    ),
    "spins.py": (
        4,
        "virtual time stands still",
        """
import asyncio
from dryfill import Strategy
class Spins(Strategy):
    async def on_start(self):
        while True:
            await asyncio.sleep(0)
""",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_strategy_that_cannot_run_ends_in_one_line_and_its_code(
    name: str, dryfill: Call, tmp_path: Path, es_parquet: Path
) -> None:
    code, says, source = RUNS[name]
    path = tmp_path / name
    path.write_text(source, encoding="utf-8")
    ended, out, err = dryfill("backtest", path, es_parquet, "--instrument", "ES")
    assert (ended, out) == (code, "")
    assert says in err
    assert err.startswith("dryfill: ")
    assert err.count("\n") == 1


WRONG = [
    (["missing.py", "{data}"], 2, "missing.py: there is no such file"),
    (["{strategy}:Nope", "{data}"], 2, "once.py has no strategy 'Nope'; it holds BuyOnce"),
    (["{data}", "{data}"], 2, "is no Python file; give FILE.py"),
    (["{strategy}", "missing.csv"], 3, "missing.csv: there is no such file"),
    (["{strategy}", "missing*.csv"], 2, "missing*.csv: no file fits"),
    (["{strategy}", "{data}", "--instrument", "QQQ"], 2, "'QQQ' is no instrument known"),
    (["{strategy}", "{data}", "--venue", "nyse"], 2, "known are cme, projectx-sim"),
    (["{strategy}", "{data}", "--latency", "fast"], 2, "known are zero, calm, live, slow"),
    (["{strategy}", "{data}", "--fees", "none"], 2, "known are topstepx, ib, zero"),
    (["{strategy}", "{data}", "--queue", "x"], 2, "known are front, back, probabilistic"),
    (["{strategy}", "{data}", "--bar-path", "x"], 2, "known are adverse"),
    (["{strategy}", "{data}", "--unknown-size", "x"], 2, "known are all, one, none"),
    (["{strategy}", "{data}", "--stop-trigger", "x"], 2, "known are trade, quote"),
    (["{strategy}", "{data}", "--spread", "0"], 2, "spread is 0"),
    (["{strategy}", "{data}", "--cash", "lots"], 2, "--cash 'lots' is no amount"),
    (["{strategy}", "{data}", "--cash", "nan"], 2, "--cash 'nan' is no amount"),
    (["{strategy}", "{data}", "--seed", "one"], 2, "--seed"),
    (["{strategy}", "{data}", "--clean", "all"], 2, "'all' is no cleaning option"),
    (["{strategy}", "{data}", "--kind", "ticks"], 2, "none of quotes, trades, bars"),
    (["{strategy}", "{data}", "--timezone", "Mars"], 2, "timezone='Mars' is unknown"),
    (["{strategy}", "{data}", "--from", "noon"], 2, "start 'noon' is no moment"),
    (["{strategy}", "{data}", "--to", "2024-03-01"], 2, "is not after start"),
    (["{strategy}", "{data}", "--from", "2025-01-01"], 3, "no rows between start 2025"),
    (["{strategy}", "{data}", "--param", "size"], 2, "--param 'size' is no name=value"),
    (["{strategy}", "{data}", "--param", "speed=3"], 2, "no parameter 'speed'; it has: name"),
    (["{strategy}", "{data}", "--param", "size=big"], 2, "size='big' of BuyOnce is no int"),
    (["{strategy}", "{data}", "--out", "{data}"], 2, "cannot be made"),
    (["{strategy}", "{data}", "--nope"], 2, "No such option"),
    (["{strategy}"], 2, "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), WRONG)
def test_wrong_words_end_in_one_line_with_the_way_out_and_nothing_else(
    arguments: list[str],
    code: int,
    says: str,
    dryfill: Call,
    strategy_file: Path,
    es_parquet: Path,
) -> None:
    places = {"{strategy}": str(strategy_file), "{data}": str(es_parquet)}
    words = [places.get(word, word.replace("{strategy}", str(strategy_file))) for word in arguments]
    if "--instrument" not in words:
        words += ["--instrument", "ES"]
    ended, out, err = dryfill("backtest", *words)
    assert (ended, out) == (code, "")
    assert says in err
    assert err.startswith("dryfill: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_bad_rows_name_file_row_and_value_and_end_as_bad_data(
    dryfill: Call, strategy_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "time,price,size\n2024-03-04T14:30:00Z,5000.25,1\n2024-03-04T14:30:01Z,5000.10,1\n",
        encoding="utf-8",
    )
    code, _, err = dryfill("backtest", strategy_file, path, "--instrument", "ES")
    assert code == 3
    assert "bad.csv" in err
    assert "5000.1" in err


def test_debug_adds_the_traceback(
    dryfill: Call, strategy_file: Path, es_parquet: Path, tmp_path: Path
) -> None:
    path = tmp_path / "fails.py"
    path.write_text(RUNS["fails.py"][2], encoding="utf-8")
    code, _, err = dryfill("backtest", path, es_parquet, "--instrument", "ES", "--debug")
    assert code == 1
    assert "Traceback (most recent call last)" in err
    assert "1 / 0" in err


def test_an_error_of_our_own_is_said_to_be_ours(
    dryfill: Call, strategy_file: Path, es_parquet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError("engine room")

    monkeypatch.setattr(run, "Backtest", broken)
    code, _, err = dryfill("backtest", strategy_file, es_parquet, "--instrument", "ES")
    assert code == 70
    assert "IndexError: engine room; this is a fault of Dryfill's" in err


def test_the_clock_in_a_sibling_is_refused_too(
    dryfill: Call, es_parquet: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_clock.py").write_text(
        "import time\nprint('it ran')\nNOW = time.time()\n", encoding="utf-8"
    )
    path = tmp_path / "main_file.py"
    path.write_text("import my_clock\nasync def main(desk):\n    pass\n", encoding="utf-8")
    code, out, err = dryfill("backtest", path, es_parquet, "--instrument", "ES")
    assert (code, out) == (2, "")
    assert "my_clock.py:3: time.time()" in err


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_control_c_says_what_was_interrupted_and_leaves_no_half_written_file(
    es_parquet: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.py"
    path.write_text(
        "import asyncio, sys\n"
        "async def main(desk):\n"
        "    print('started', flush=True)\n"
        "    n = 0\n"
        "    while True:\n"
        "        n += 1\n",
        encoding="utf-8",
    )
    folder = tmp_path / "out"
    command = [sys.executable, "-c", "from dryfill.app.cli.main import main; main()", "backtest"]
    command += [str(path), str(es_parquet), "--instrument", "ES", "--out", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        assert process.wait(timeout=30) == 130
    assert err == "dryfill: interrupted while running; no half-written file is left\n"
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another thing there")
def test_a_reader_that_goes_away_is_no_error(strategy_file: Path, es_parquet: Path) -> None:
    command = [sys.executable, "-c", "from dryfill.app.cli.main import main; main()", "backtest"]
    command += [str(strategy_file), str(es_parquet), "--instrument", "ES"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
